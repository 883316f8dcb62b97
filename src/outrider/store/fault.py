"""SQLite's errors as sentences: what failed, where, and what a person can do."""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from outrider.errors import StoreError
from outrider.store.directory import DATABASE

# Primary result codes that speak of the file or the disk, not of one statement.
_SENTENCES: Mapping[int, str] = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: "The disk that holds {path} is full: nothing was saved. Free some space; no restart is needed.",
        sqlite3.SQLITE_READONLY: "The database {path} cannot be written: make the file and its directory writable for this user.",
        sqlite3.SQLITE_IOERR: "The disk that holds {path} failed a read or write ({error}): check the disk, its space and quota.",
        sqlite3.SQLITE_CANTOPEN: "The database {path} cannot be opened ({error}): check that its directory is there and writable.",
        sqlite3.SQLITE_PERM: "The database {path} cannot be opened: this user may not.",
        sqlite3.SQLITE_CORRUPT: "The database {path} is damaged ({error}){fate}.",
        sqlite3.SQLITE_NOTADB: "The file {path} is not a database{fate}.",
        sqlite3.SQLITE_BUSY: "The database {path} is held by another program: find it with `fuser {path}`.",
    }
)
_ROOM = 64 * 1024
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code of the error; 0 where the error did not come from SQLite itself."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF if isinstance(code, int) else 0


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, so that trying again cannot help."""
    return primary(error) in _DAMAGE


def is_storage(error: sqlite3.Error) -> bool:
    """Whether the file or the disk is at fault, and not the statement."""
    return primary(error) in _SENTENCES


def translate(error: sqlite3.Error, path: Path) -> StoreError:
    """The error as a caller sees it; what becomes of a damaged file is said of a daemon's own one only."""
    code = primary(error)
    if code == sqlite3.SQLITE_IOERR and not _has_room(path):  # so SQLite says where the log's index cannot grow
        code = sqlite3.SQLITE_FULL
    sentence = _SENTENCES.get(code, "The database {path} refused the request: {error}.")
    fate = ": it will be put aside at the next start" if path.name == DATABASE else ""
    return StoreError(sentence.format(path=path, error=error, fate=fate))


def _has_room(path: Path) -> bool:
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return True
    return disk.f_bavail * disk.f_frsize >= _ROOM
