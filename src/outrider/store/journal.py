"""The journal: facts in the order in which they were committed."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from outrider.model.event import Event, EventName, Fact

STEP = 500
"""How many rows one write of `trim` removes at most, so that nobody waits long behind it."""

_ROW_BYTES = 60
"""What a row takes beside its texts: its other columns, its place in the table and in the index."""

_KNOWN = frozenset(name.value for name in EventName)


def append(connection: sqlite3.Connection, node: str, facts: Sequence[Fact]) -> list[Event]:
    """Journals the facts in order; the events carry their seq, which grows by one each and is never used again."""
    return [Event(_insert(connection, node, fact), node, fact) for fact in facts]


def _insert(connection: sqlite3.Connection, node: str, fact: Fact) -> int:
    # ASCII JSON, so that text with lone surrogates (a broken pane) can be stored like any other.
    data = json.dumps(fact.data, separators=(",", ":"), default=_plain)
    row = (node, fact.name.value, fact.session, fact.at_ms, data)
    cursor = connection.execute("INSERT INTO journal (node, name, session, at_ms, data) VALUES (?, ?, ?, ?, ?)", row)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _plain(value: object) -> object:
    if isinstance(value, Mapping):  # mapping proxies
        return dict(value)
    raise TypeError(f"An event's data must be JSON-shaped, not {type(value).__name__}.")


def after(
    connection: sqlite3.Connection,
    since: int,
    limit: int,
    sessions: frozenset[str] = frozenset(),
    names: frozenset[str] = frozenset(),
) -> tuple[Event, ...]:
    """At most `limit` events with a seq over `since`, oldest first; an empty filter lets everything through that this program knows."""
    rows = _rows(connection, since, limit, sessions, names)
    if not names and any(name not in _KNOWN for _, _, name, *_ in rows):  # a newer Outrider was here
        rows = _rows(connection, since, limit, sessions, _KNOWN)
    return tuple(map(_event, rows))


def _rows(
    connection: sqlite3.Connection, since: int, limit: int, sessions: frozenset[str], names: frozenset[str]
) -> list["_Row"]:
    where, values = ["seq > ?"], [since, *sorted(sessions), *sorted(names)]
    if sessions:
        where.append(f"session IN ({_marks(sessions)})")
    if names:
        where.append(f"name IN ({_marks(names)})")
    query = (
        f"SELECT seq, node, name, session, at_ms, data FROM journal WHERE {' AND '.join(where)} ORDER BY seq LIMIT ?"  # noqa: S608
    )
    return connection.execute(query, (*values, limit)).fetchall()


def _marks(values: frozenset[str]) -> str:
    return ", ".join("?" * len(values))


_Row = tuple[int, str, str, str, int, str]


def _event(row: _Row) -> Event:
    seq, node, name, session, at_ms, data = row
    return Event(seq, node, Fact(EventName(name), session, at_ms, json.loads(data)))


def first_seq(connection: sqlite3.Connection) -> int:
    """The seq of the oldest event that is kept; one more than the last where none is."""
    (seq,) = connection.execute("SELECT min(seq) FROM journal").fetchone()
    return last_seq(connection) + 1 if seq is None else int(seq)


def last_seq(connection: sqlite3.Connection) -> int:
    """The highest seq ever given, also when that event is no longer kept; 0 in a new journal."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
    return 0 if row is None else int(row[0])


def seq_at(connection: sqlite3.Connection, at_ms: int) -> int:
    """The seq of the first event at that time or later, as the journal has them; one more than the last where there is none."""
    low, high = first_seq(connection), last_seq(connection) + 1
    while low < high:  # events are journalled in the order of time, and clocks hardly step back
        middle = (low + high) // 2
        row = connection.execute("SELECT at_ms FROM journal WHERE seq = ?", (middle,)).fetchone()
        low, high = (middle + 1, high) if row is not None and row[0] < at_ms else (low, middle)
    return low


def overweight(connection: sqlite3.Connection, most: float) -> int:
    """The seq of the newest event that has to go, so that the events take at most about `most` bytes; 0 where none has."""
    (pages,), (size,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    if pages * size <= most:
        return 0
    weight = f"length(CAST(data AS BLOB)) + length(session) + {_ROW_BYTES}"
    row = connection.execute(
        f"SELECT seq FROM (SELECT seq, sum({weight}) OVER (ORDER BY seq DESC) AS total FROM journal) "  # noqa: S608
        "WHERE total > ? ORDER BY seq DESC LIMIT 1",
        (most,),
    ).fetchone()
    return 0 if row is None else int(row[0])


def trim(connection: sqlite3.Connection, *, before_ms: int, keep: int, upto: int = 0) -> bool:
    """Removes some of the oldest events: those before `before_ms`, those over the newest `keep`, and those with a seq up to
    `upto`. True if there may be more.

    What is left is always the journal's end, without holes.
    """
    over = max(last_seq(connection) - keep, upto)
    oldest = connection.execute("SELECT seq, at_ms FROM journal ORDER BY seq LIMIT ?", (STEP,)).fetchall()
    last = 0
    for seq, at_ms in oldest:
        if seq > over and at_ms >= before_ms:
            break
        last = seq
    connection.execute("DELETE FROM journal WHERE seq <= ?", (last,))
    return len(oldest) == STEP and last == oldest[-1][0]
