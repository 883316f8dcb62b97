"""How many attempts at typing a database has begun, written beside it: an older copy of the file, put back by hand, has begun fewer.

What waited in such a copy may have been typed since it was made. The tally is written before the first key of an attempt, and after
the attempt itself is on the disk: a kill in between makes no sound database look old.
"""

import os
import sqlite3
from pathlib import Path

FILE = "typed.tally"
"""Not named for the database: who copies `outrider.db*` must not copy it along."""


class Tally:
    """The tally of one data directory."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def read(self, incarnation: str) -> int:
        """How many that database had begun; 0 where nothing was noted of it."""
        try:
            told, count = self._path.read_text(encoding="ascii").split()
            return int(count) if told == incarnation else 0
        except (OSError, ValueError):
            return 0

    def note(self, incarnation: str, count: int) -> None:
        """So many by now. Where it cannot be written it stays as it was: it is a second line, and must not stop the first."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.pwrite(descriptor, f"{incarnation} {count:020}\n".encode(), 0)  # in one write, always as long
        except OSError:
            return
        finally:
            os.close(descriptor)


def begun(connection: sqlite3.Connection) -> int:
    """How many attempts the database has begun."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'typed'").fetchone()
    return 0 if row is None else int(row[0])


def count(connection: sqlite3.Connection) -> int:
    """One more; how many that are."""
    number = begun(connection) + 1
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('typed', ?)", (str(number),))
    return number
