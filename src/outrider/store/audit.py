"""The audit: rows are added and read, never changed."""

import json
import sqlite3

from outrider.model.audit import AuditRow


def add(connection: sqlite3.Connection, row: AuditRow) -> None:
    """Writes one row; its data must be JSON-shaped."""
    data = json.dumps(dict(row.data), separators=(",", ":"))
    connection.execute(
        "INSERT INTO audit (at_ms, actor, action, session, data) VALUES (?, ?, ?, ?, ?)",
        (row.at_ms, row.actor, row.action, row.session, data),
    )


def newest(connection: sqlite3.Connection, session: str | None, limit: int) -> tuple[AuditRow, ...]:
    """At most `limit` rows, of one session or of all, newest first."""
    where = "" if session is None else "WHERE session = ? "
    values = (limit,) if session is None else (session, limit)
    query = f"SELECT at_ms, actor, action, session, data FROM audit {where}ORDER BY id DESC LIMIT ?"  # noqa: S608
    rows = connection.execute(query, values)
    return tuple(AuditRow(at_ms, actor, action, name, json.loads(data)) for at_ms, actor, action, name, data in rows)
