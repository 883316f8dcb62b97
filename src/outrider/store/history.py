"""History: stretches as they were counted, longer ones made of them, and how far the journal has been counted.

A longer stretch is always made anew from all shorter ones within it, so that making it again changes nothing.
"""

import itertools
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from functools import partial

from outrider.logic.book import rolled
from outrider.model.history import Mark, Standing, Stretch
from outrider.store.database import Database

STEP = 2000
_MARK, _ROLLED = "history_mark", "history_rolled"


class History:
    """The history in a database. `levels` are the lengths that are kept (ms), ascending, 0 first; each is a multiple of the one
    before. Every method may raise StoreError."""

    def __init__(self, database: Database, levels: Sequence[int]) -> None:
        self._database = database
        self._levels = levels

    async def add(self, stretches: Sequence[Stretch], mark: Mark) -> None:
        """Keeps what was counted up to the mark, and the mark, whole or not at all."""
        await self._database.write(lambda connection: add(connection, stretches, mark, self._levels))

    async def mark(self) -> Mark | None:
        """Where counting is to go on; None where it never began."""
        return await self._database.read(mark)

    async def between(self, step_ms: int, since_ms: int, until_ms: int, session: str | None) -> list[Stretch]:
        """What was counted in that time, in stretches no longer than `step_ms`, of which `since_ms` is a multiple.

        Of one session ('' is the node), or of all agents where it is None.
        """
        levels = [level for level in self._levels if level <= step_ms]
        return await self._database.read(lambda connection: between(connection, levels, since_ms, until_ms, session))

    async def trim(self, keep_ms: Sequence[int], now_ms: int) -> None:
        """Removes what is older than `keep_ms`, one a level, a little at a time."""
        for level, keep in zip(self._levels, keep_ms, strict=True):
            while await self._database.write(partial(trim, step_ms=level, before_ms=now_ms - keep)):
                pass


def add(connection: sqlite3.Connection, stretches: Iterable[Stretch], mark: Mark, levels: Sequence[int]) -> None:
    """Writes what was counted and how far, and makes the longer stretches that are over by then; all in one transaction."""
    _write(connection, 0, stretches)
    shown = {session: astuple(each) for session, each in mark.standing.items()}
    _put(connection, _MARK, json.dumps({"seq": mark.seq, "at_ms": mark.at_ms, "standing": shown}))
    until = rolled_until(connection, levels)
    for short, long in itertools.pairwise(levels):
        end = mark.at_ms - mark.at_ms % long
        if end > until[long]:
            _write(connection, long, rolled(_read(connection, short, until[long], end), long))
            until[long] = end
    _put(connection, _ROLLED, json.dumps({str(level): end for level, end in until.items()}))


def mark(connection: sqlite3.Connection) -> Mark | None:
    """How far it was counted; None where it never was."""
    text = _get(connection, _MARK)
    if text is None:
        return None
    found = json.loads(text)
    return Mark(found["seq"], found["at_ms"], {name: Standing(*each) for name, each in found["standing"].items()})


def between(
    connection: sqlite3.Connection, levels: Sequence[int], since_ms: int, until_ms: int, session: str | None
) -> list[Stretch]:
    """What was counted from `since_ms` on (a multiple of the last level), in stretches of these levels: the longest there are, and
    shorter ones for the time that they do not cover yet. Of one session, or of all but the node where it is None."""
    found: list[Stretch] = []
    ends = rolled_until(connection, levels)
    begin = since_ms
    for level in reversed(levels):
        end = min(until_ms, ends[level]) if level else until_ms
        if end > begin:
            counted = _read(connection, level, begin, end, session)
            found += counted if session is not None else [each for each in counted if each.session]
            begin = end
    return found


def rolled_until(connection: sqlite3.Connection, levels: Sequence[int]) -> dict[int, int]:
    """Until when (ms) there are stretches of each level."""
    known = json.loads(_get(connection, _ROLLED) or "{}")
    return {level: int(known.get(str(level), 0)) for level in levels}


def trim(connection: sqlite3.Connection, step_ms: int, before_ms: int) -> bool:
    """Removes some stretches of that length that are older. True if there may be more."""
    done = connection.execute(
        "DELETE FROM history WHERE (step_ms, session, at_ms) IN "
        "(SELECT step_ms, session, at_ms FROM history WHERE step_ms = ? AND at_ms < ? LIMIT ?)",
        (step_ms, before_ms, STEP),
    )
    return done.rowcount == STEP


def _write(connection: sqlite3.Connection, step_ms: int, stretches: Iterable[Stretch]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO history (step_ms, at_ms, session, amounts) VALUES (?, ?, ?, ?)",
        [(step_ms, each.at_ms, each.session, json.dumps(each.amounts, separators=(",", ":"))) for each in stretches],
    )


def _read(
    connection: sqlite3.Connection, step_ms: int, since: int, until: int, session: str | None = None
) -> list[Stretch]:
    where = "session = ?" if session is not None else "session >= ?"
    rows = connection.execute(
        f"SELECT at_ms, session, amounts FROM history WHERE step_ms = ? AND at_ms >= ? AND at_ms < ? AND {where} ORDER BY at_ms",  # noqa: S608
        (step_ms, since, until, session or ""),
    )
    return [Stretch(at, name, json.loads(amounts)) for at, name, amounts in rows]


def _put(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def _get(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])
