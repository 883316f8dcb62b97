"""The notices, one row each, and how far the journal has been read for them."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from outrider.logic.notices import Place, is_live
from outrider.model.notice import Notice, NoticeStatus
from outrider.store.database import Database

CURSOR = "notices_seq"
_SHAPE = TypeAdapter(Notice)
_TRIMMED = 500


class Notices:
    """The notices in a database. Every method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, notices: Sequence[Notice], cursor: int | None = None) -> None:
        """Writes the notices, over what was known of them, and how far the journal was read, whole or not at all; on the disk when it
        returns where there are notices."""
        await self._database.write(lambda connection: _keep(connection, notices, cursor), durable=bool(notices))

    async def cursor(self) -> int | None:
        """The seq of the last event that was read; None where none ever was."""
        return await self._database.read(_cursor)

    async def live(self) -> tuple[Notice, ...]:
        """Those of which anything may still become, oldest first; what this program cannot read is left out."""
        return await self._database.read(_live)

    async def latest(self, since_ms: int) -> Mapping[Place, int]:
        """When (ms) the newest notice of each place was made, of those made since then."""
        return await self._database.read(lambda connection: _latest(connection, since_ms))

    async def find(self, notice_id: str) -> Notice | None:
        """That one, or None."""
        query = "SELECT document FROM notices WHERE id = ?"
        return await self._database.read(lambda connection: _one(connection, query, (notice_id,)))

    async def by_receipt(self, way: str, receipt: str) -> Notice | None:
        """The one that the other side of this way calls so, or None."""
        query = "SELECT document FROM notices WHERE way = ? AND receipt = ? ORDER BY created_ms DESC LIMIT 1"
        return await self._database.read(lambda connection: _one(connection, query, (way, receipt)))

    async def listed(
        self, *, way: str | None = None, status: NoticeStatus | None = None, limit: int = 50
    ) -> tuple[Notice, ...]:
        """Newest first, of one way and status or of all."""
        return await self._database.read(lambda connection: _listed(connection, way, status, limit))

    async def trim(self, before_ms: int) -> None:
        """Removes those over which nothing more can come, and that were changed last before then, a little at a time."""
        while await self._database.write(lambda connection: _trim(connection, before_ms)):
            pass


def _keep(connection: sqlite3.Connection, notices: Sequence[Notice], cursor: int | None) -> None:
    connection.executemany(
        "INSERT INTO notices (id, way, rule, status, created_ms, changed_ms, live, receipt, document) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status, "
        "changed_ms = excluded.changed_ms, live = excluded.live, receipt = excluded.receipt, document = excluded.document",
        [
            (
                each.id,
                each.way,
                each.rule,
                each.status.value,
                each.created_ms,
                each.changed_ms,
                is_live(each),
                each.receipt,
                # ASCII, so that text with lone surrogates (a broken pane) can be stored like any other.
                json.dumps(asdict(each), separators=(",", ":")),
            )
            for each in notices
        ],
    )
    if cursor is not None:
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (CURSOR, str(cursor)))


def _cursor(connection: sqlite3.Connection) -> int | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (CURSOR,)).fetchone()
    return None if row is None else int(row[0])


def _live(connection: sqlite3.Connection) -> tuple[Notice, ...]:
    rows = connection.execute("SELECT document FROM notices WHERE live = 1 ORDER BY created_ms, id").fetchall()
    return tuple(notice for (document,) in rows if (notice := _decode(document)) is not None)


def _latest(connection: sqlite3.Connection, since_ms: int) -> dict[Place, int]:
    rows = connection.execute("SELECT document FROM notices WHERE created_ms >= ? ORDER BY created_ms", (since_ms,))
    found = (notice for (document,) in rows.fetchall() if (notice := _decode(document)) is not None)
    return {(notice.rule, notice.way, notice.target): notice.created_ms for notice in found}


def _one(connection: sqlite3.Connection, query: str, values: tuple[str, ...]) -> Notice | None:
    row = connection.execute(query, values).fetchone()
    return None if row is None else _decode(row[0])


def _listed(
    connection: sqlite3.Connection, way: str | None, status: NoticeStatus | None, limit: int
) -> tuple[Notice, ...]:
    conditions = {"way = ?": way, "status = ?": status.value if status else None}
    given = {condition: value for condition, value in conditions.items() if value is not None}
    where = f"WHERE {' AND '.join(given)} " if given else ""
    query = f"SELECT document FROM notices {where}ORDER BY created_ms DESC, id DESC LIMIT ?"  # noqa: S608
    rows = connection.execute(query, (*given.values(), limit)).fetchall()
    return tuple(notice for (document,) in rows if (notice := _decode(document)) is not None)


def _trim(connection: sqlite3.Connection, before_ms: int) -> bool:
    cursor = connection.execute(
        "DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE live = 0 AND changed_ms < ? LIMIT ?)",
        (before_ms, _TRIMMED),
    )
    return cursor.rowcount == _TRIMMED


def _decode(document: str) -> Notice | None:
    try:
        return _SHAPE.validate_python(json.loads(document))
    except (ValidationError, ValueError):
        return None
