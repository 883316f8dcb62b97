"""Room on a disk: git does not always say why it could not write a file."""

import os
import shutil
from pathlib import Path

from outrider.worktrees.git import Git


async def shortage(git: Git, commit: str, folder: Path) -> str:
    """What keeps the files of that commit from going into that folder's disk, a clause to go behind git's words; empty where they fit."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    listed = await git.ask("ls-tree", "-r", "-l", "-z", "--full-tree", commit)
    sizes = (entry.split("\t", 1)[0].split()[-1] for entry in listed.out.split("\0") if entry)
    needed = sum(int(size) for size in sizes if size.isdecimal())
    if listed.code or needed <= free:
        return ""
    return (
        f"; its files take {needed / 1_000_000:.1f} MB, and the disk of {os.fspath(folder)} has {free / 1_000_000:.1f} MB free: "
        "make room there, or have worktrees made elsewhere (spawn.worktrees)"
    )
