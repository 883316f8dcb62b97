"""The audit: rows are added, chained and read, never changed. Secrets are blanked before a row is written."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from outrider.logic import chain
from outrider.logic.chain import Head
from outrider.logic.secrets import cleaned
from outrider.model.audit import AuditEntry, AuditQuery, AuditRow

_COLUMNS = "id, at_ms, actor, action, session, data, digest"


def add(connection: sqlite3.Connection, row: AuditRow) -> None:
    """Writes one row behind the newest; its data must be JSON-shaped."""
    before = head(connection)
    # Not one more than the newest row: where rows were taken away, their numbers must stay missing.
    entry = AuditEntry(last_id(connection) + 1, replace(row, data=cast("dict[str, object]", cleaned(row.data))), "")
    connection.execute(
        f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            entry.id,
            row.at_ms,
            row.actor,
            row.action,
            row.session,
            chain.data_text(entry.row),
            chain.digest_of(before.digest, entry),
        ),
    )


def head(connection: sqlite3.Connection) -> Head:
    """The newest row's number and digest."""
    found = connection.execute("SELECT id, digest FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return Head(*found) if found else Head()


def last_id(connection: sqlite3.Connection) -> int:
    """The newest number that was ever given, 0 where there was none."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    return int(found[0]) if found else 0


def select(connection: sqlite3.Connection, query: AuditQuery) -> tuple[AuditEntry, ...]:
    """The rows that are asked for."""
    conditions = {
        "session = ?": query.session, "actor = ?": query.actor, "action = ?": query.action, "id > ?": query.since
    }  # fmt: skip
    given = {condition: value for condition, value in conditions.items() if value is not None}
    where = f"WHERE {' AND '.join(given)} " if given else ""
    order = "DESC" if query.since is None else "ASC"
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM audit {where}ORDER BY id {order} LIMIT ?",  # noqa: S608
        (*given.values(), query.limit),
    )
    return tuple(_entry(row) for row in rows)


def every(connection: sqlite3.Connection) -> Iterator[AuditEntry]:
    """All rows, in their order."""
    return (_entry(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY id"))  # noqa: S608


def _entry(row: tuple[int, int, str, str, str, str, str]) -> AuditEntry:
    number, at_ms, actor, action, session, data, digest = row
    return AuditEntry(number, AuditRow(at_ms, actor, action, session, json.loads(data)), digest)
