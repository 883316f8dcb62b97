"""Commands for agents of other nodes, and what other nodes had done here."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace

from outrider.errors import Conflict
from outrider.model.audit import AuditRow
from outrider.model.command import CommandRequest, Form, When
from outrider.model.fleet import OPEN, Delivery, Parcel
from outrider.store import audit as audits
from outrider.store.database import Database

STEP = 200
LAST = 2**63 - 1
_OPEN = ", ".join(f"'{status}'" for status in sorted(OPEN))
_COLUMNS = "n, id, node, session, status, mark, expires_ms, changed_ms, document"
_Row = tuple[int, str, str, str, str, str | None, int, int, str]


class Outbox:
    """The parcels in a database. Every method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, parcel: Parcel, audit: AuditRow, most: int) -> Parcel | None:
        """Accepts it: it and its audit are on the disk when this returns, with its place. None where `most` are open already.

        With a key that its agent was given before, the parcel of that time; Conflict where that had another text.
        """
        return await self._database.write(lambda connection: _add(connection, parcel, audit, most), durable=True)

    async def open(self) -> tuple[Parcel, ...]:
        """Those of which it is not known what came of them, in their order."""
        query = f"SELECT {_COLUMNS} FROM outbox WHERE status IN ({_OPEN}) ORDER BY n"  # noqa: S608
        return await self._database.read(lambda connection: _select(connection, query))

    async def find(self, parcel_id: str) -> Parcel | None:
        """That one, or None."""
        query = f"SELECT {_COLUMNS} FROM outbox WHERE id = ?"  # noqa: S608
        found = await self._database.read(lambda connection: _select(connection, query, parcel_id))
        return found[0] if found else None

    async def newest(self, limit: int, before: int = LAST) -> tuple[Parcel, ...]:
        """The newest, newest first, of those whose place `n` is before that one."""
        query = f"SELECT {_COLUMNS} FROM outbox WHERE n < ? ORDER BY n DESC LIMIT ?"  # noqa: S608
        return await self._database.read(lambda connection: _select(connection, query, before, limit))

    async def hand_over(self, parcel_id: str, mark: str, incarnation: str) -> str | None:
        """Before it is sent, with a mark that says so: for which database of its node. That of the first time stays, and is returned;
        None where it does not wait to be sent any more."""
        return await self._database.write(lambda connection: _hand_over(connection, parcel_id, mark, incarnation))

    async def mark(self, parcel_id: str, mark: str) -> bool:
        """How the broker knows its letter from now on; False where it does not wait to be sent any more."""
        query = "UPDATE outbox SET mark = ? WHERE id = ? AND status = ?"
        return await self._database.write(
            lambda connection: connection.execute(query, (mark, parcel_id, Delivery.WAITING.value)).rowcount == 1
        )

    async def settle(self, parcel_id: str, status: Delivery, error: str | None, at_ms: int) -> bool:
        """What came of it; False, and nothing is changed, where that was known before."""
        return await self._database.write(
            lambda connection: _settle(connection, parcel_id, status, error, at_ms), durable=True
        )

    async def take_back(self, parcel: Parcel, status: Delivery, error: str | None, at_ms: int) -> bool:
        """As `settle`, for one whose node has not seen it; False also where it was sent (again) since `parcel` was read."""
        return await self._database.write(
            lambda connection: _is_marked(connection, parcel) and _settle(connection, parcel.id, status, error, at_ms),
            durable=True,
        )

    async def trim(self, before_ms: int) -> None:
        """Removes what came to its end before then, or is in doubt since then, a little at a time."""
        query = (
            "DELETE FROM outbox WHERE n IN (SELECT n FROM outbox WHERE status <> 'waiting' AND changed_ms < ? LIMIT ?)"
        )
        while await self._database.write(
            lambda connection: connection.execute(query, (before_ms, STEP)).rowcount == STEP
        ):
            pass


class Inbox:
    """What other nodes asked for, by its id. Every method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def outcome(self, letter_id: str) -> str | None:
        """What came of it; None where it was never asked for."""
        return await self._database.read(lambda connection: _outcome(connection, letter_id))

    async def keep(self, letter_id: str, outcome: str, at_ms: int) -> bool:
        """Writes it down, on the disk when this returns; False, and nothing is changed, where it stands there already."""
        query = "INSERT OR IGNORE INTO inbox (id, at_ms, outcome) VALUES (?, ?, ?)"
        return await self._database.write(
            lambda connection: connection.execute(query, (letter_id, at_ms, outcome)).rowcount == 1, durable=True
        )

    async def trim(self, before_ms: int) -> None:
        """Forgets what was asked for before then."""
        query = "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE at_ms < ? LIMIT ?)"
        while await self._database.write(
            lambda connection: connection.execute(query, (before_ms, STEP)).rowcount == STEP
        ):
            pass


def _add(connection: sqlite3.Connection, parcel: Parcel, audit: AuditRow, most: int) -> Parcel | None:
    key = parcel.request.key
    if key is not None:
        query = f"SELECT {_COLUMNS} FROM outbox WHERE node = ? AND session = ? AND key = ?"  # noqa: S608
        for known in _select(connection, query, parcel.node, parcel.session, key):
            if known.request.text != parcel.request.text:
                raise Conflict(
                    f"The idempotency key {key!r} was used for another command ({known.id}): use a new key for a new text."
                )
            return known
    (count,) = connection.execute(f"SELECT count(*) FROM outbox WHERE status IN ({_OPEN})").fetchone()  # noqa: S608
    if count >= most:
        return None
    document = {
        "request": asdict(parcel.request),
        "actor": parcel.actor,
        "created_ms": parcel.created_ms,
        "error": parcel.error,
        "incarnation": parcel.incarnation,
    }
    cursor = connection.execute(
        "INSERT INTO outbox (id, node, session, key, status, mark, expires_ms, changed_ms, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            parcel.id, parcel.node, parcel.session, key, parcel.status.value, parcel.mark, parcel.expires_ms, parcel.changed_ms,
            json.dumps(document),
        ),
    )  # fmt: skip
    audits.add(connection, audit)
    assert cursor.lastrowid is not None
    return replace(parcel, n=cursor.lastrowid)


def _hand_over(connection: sqlite3.Connection, parcel_id: str, mark: str, incarnation: str) -> str | None:
    # What was sent before this was written down is for whoever has the name, as it was then.
    first = "CASE WHEN mark IS NULL THEN ? ELSE json_extract(document, '$.incarnation') END"
    told = f"mark = ?, document = json_set(document, '$.incarnation', {first})"
    query = f"UPDATE outbox SET {told} WHERE id = ? AND status = ?"  # noqa: S608
    if not connection.execute(query, (mark, incarnation, parcel_id, Delivery.WAITING.value)).rowcount:
        return None
    query = "SELECT json_extract(document, '$.incarnation') FROM outbox WHERE id = ?"
    return str(connection.execute(query, (parcel_id,)).fetchone()[0] or "")


def _settle(connection: sqlite3.Connection, parcel_id: str, status: Delivery, error: str | None, at_ms: int) -> bool:
    told = "status = ?, changed_ms = ?, document = json_set(document, '$.error', ?)"
    query = f"UPDATE outbox SET {told} WHERE id = ? AND status IN ({_OPEN})"  # noqa: S608
    return connection.execute(query, (status.value, at_ms, error, parcel_id)).rowcount == 1


def _is_marked(connection: sqlite3.Connection, parcel: Parcel) -> bool:
    query = "SELECT 1 FROM outbox WHERE id = ? AND mark IS ?"
    return connection.execute(query, (parcel.id, parcel.mark)).fetchone() is not None


def _outcome(connection: sqlite3.Connection, letter_id: str) -> str | None:
    row = connection.execute("SELECT outcome FROM inbox WHERE id = ?", (letter_id,)).fetchone()
    return None if row is None else str(row[0])


def _select(connection: sqlite3.Connection, query: str, *values: object) -> tuple[Parcel, ...]:
    rows: Sequence[_Row] = connection.execute(query, values).fetchall()
    return tuple(map(_parcel, rows))


def _parcel(row: _Row) -> Parcel:
    n, id_, node, session, status, mark, expires_ms, changed_ms, document = row
    told = json.loads(document)
    asked = told["request"]
    request = CommandRequest(**{**asked, "when": When(asked["when"]), "form": Form(asked["form"])})
    return Parcel(
        n, id_, node, session, request, told["actor"], told["created_ms"], changed_ms, expires_ms, Delivery(status),
        told["error"], mark, told.get("incarnation"),
    )  # fmt: skip
