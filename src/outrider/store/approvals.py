"""The approvals, one row each; a closed one stays for as long as commands do."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from outrider.model.approval import UNANSWERED, Approval, ApprovalStatus

_SHAPE = TypeAdapter(Approval)
_STANDING = tuple(sorted(status.value for status in UNANSWERED))
_TRIMMED = 500


def save(connection: sqlite3.Connection, approval: Approval) -> None:
    """Writes it, over what was known of it by its id."""
    connection.execute(
        "INSERT INTO approvals (id, agent, session, status, asked_ms, changed_ms, document) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET session = excluded.session, status = excluded.status, "
        "changed_ms = excluded.changed_ms, document = excluded.document",
        (
            approval.id,
            approval.agent,
            approval.session,
            approval.status.value,
            approval.asked_ms,
            approval.changed_ms,
            json.dumps(asdict(approval), separators=(",", ":")),
        ),
    )


def by_id(connection: sqlite3.Connection, approval_id: str) -> Approval | None:
    """That one, or None."""
    row = connection.execute("SELECT document FROM approvals WHERE id = ?", (approval_id,)).fetchone()
    return _decode(row[0]) if row is not None else None


def unanswered(connection: sqlite3.Connection) -> tuple[Approval, ...]:
    """All that wait for an answer or are being answered, oldest first."""
    rows = connection.execute(
        "SELECT document FROM approvals WHERE status IN (?, ?) ORDER BY asked_ms, id", _STANDING
    ).fetchall()
    return _readable(rows)


def listed(
    connection: sqlite3.Connection, session: str | None, status: ApprovalStatus | None, limit: int
) -> tuple[Approval, ...]:
    """At most `limit`, of one session or of all, newest first."""
    wheres, values = [], []
    if session is not None:
        wheres.append("session = ?")
        values.append(session)
    if status is not None:
        wheres.append("status = ?")
        values.append(status.value)
    where = f"WHERE {' AND '.join(wheres)} " if wheres else ""
    query = f"SELECT document FROM approvals {where}ORDER BY asked_ms DESC, id LIMIT ?"  # noqa: S608
    return _readable(connection.execute(query, (*values, limit)))


def trim(connection: sqlite3.Connection, *, before_ms: int) -> bool:
    """Removes some that were closed before then; whether there may be more."""
    cursor = connection.execute(
        "DELETE FROM approvals WHERE id IN "
        "(SELECT id FROM approvals WHERE status NOT IN (?, ?) AND changed_ms < ? LIMIT ?)",
        (*_STANDING, before_ms, _TRIMMED),
    )
    return cursor.rowcount == _TRIMMED


def _readable(rows: Iterable[tuple[str]]) -> tuple[Approval, ...]:
    found = (_decode(document) for (document,) in rows)
    return tuple(each for each in found if each is not None)


def _decode(document: str) -> Approval | None:
    """None for one of a newer Outrider that this program cannot read: it must start all the same."""
    try:
        return _SHAPE.validate_python(json.loads(document))
    except (ValidationError, ValueError):
        return None
