"""The archive: a folder for each agent that was ended and archived, `<session>-<when, ms>`, with what it was and what it showed last."""

import json
import re
import shutil
from pathlib import Path

import structlog

from outrider.logic.retention import Kept, excess
from outrider.store.directory import check_directory

log = structlog.get_logger()

FOLDER = "archive"
_NAME = re.compile(r".+-(\d{1,16})", re.DOTALL)
_FILES = frozenset({"agent.json", "output.txt"})


def put(archive: Path, session: str, told: dict[str, object], output: tuple[str, ...], now_ms: int) -> Path:
    """Archives an agent: what is told of it, and the rows of its pane; the folder. StoreError or OSError where it cannot."""
    folder = archive / f"{session.replace('/', '_')}-{now_ms}"  # tmux lets a session's name be a path
    check_directory(archive)
    folder.mkdir(mode=0o700)
    folder.joinpath("agent.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    folder.joinpath("output.txt").write_text("\n".join((*output, "")), encoding="utf-8", errors="replace")
    return folder


def prune(archive: Path, *, before_ms: int, most: float) -> int:
    """Takes away what is from before that time, and the oldest until at most `most` bytes are left; how many went.

    Only folders that hold nothing but what was put there.
    """
    gone = 0
    for name in excess(_kept(archive), before_ms=before_ms, most=most):
        try:
            shutil.rmtree(archive / name)
            gone += 1
        except OSError as error:
            log.warning("an archived agent could not be removed", name=name, why=str(error))
    return gone


def _kept(archive: Path) -> list[Kept]:
    if not archive.is_dir():
        return []
    found = []
    for folder in archive.iterdir():
        named = _NAME.fullmatch(folder.name)
        if named is None or folder.is_symlink() or not folder.is_dir():
            continue
        files = list(folder.iterdir())
        if {file.name for file in files} <= _FILES:
            found.append(Kept(folder.name, int(named[1]), sum(file.lstat().st_size for file in files)))
    return found
