"""Directories by the beginning of their path, for whoever types one."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

MOST = 50
LOOKED_AT = 5000


async def directories(typed: str, home: Path) -> Sequence[str]:
    """The directories whose path begins with what was typed (`~` is the home), in order, at most MOST; none where nothing can
    be read. Hidden ones only where a dot was typed. Of a directory with very many entries the first LOOKED_AT are looked at."""
    return await asyncio.to_thread(_found, typed, home)


def _found(typed: str, home: Path) -> Sequence[str]:
    path = str(home) + typed[1:] if typed == "~" or typed.startswith("~/") else typed
    if not path.startswith("/") or "\0" in path:
        return ()
    folder, _, beginning = path.rpartition("/")
    names: list[str] = []
    try:
        with os.scandir(folder or "/") as entries:
            for place, entry in enumerate(entries):
                if place >= LOOKED_AT:
                    break
                if entry.name.startswith(beginning) and _shown(entry, beginning):
                    names.append(entry.name)
    except OSError:
        return ()
    return tuple(f"{folder}/{name}" for name in sorted(names)[:MOST])


def _shown(entry: os.DirEntry[str], beginning: str) -> bool:
    if entry.name.startswith(".") and not beginning.startswith("."):
        return False
    try:
        return entry.is_dir()
    except OSError:
        return False
