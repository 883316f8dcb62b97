"""Audit: who had what done to an agent, when, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from typing_extensions import TypedDict


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit. `action` is a verb (`spawn`, `command`, `attempt`, `kill`); `data` is JSON-shaped."""

    at_ms: int
    actor: str
    action: str
    session: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line as it is kept: its number, and the digest that ties it to every line before it (`logic.chain`)."""

    id: int
    row: AuditRow
    digest: str


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which lines: of this session, actor, action (None: of all); after the line `since` in their order, or the newest first."""

    session: str | None = None
    actor: str | None = None
    action: str | None = None
    since: int | None = None
    limit: int = 100


class AuditJSON(TypedDict):
    """Who had what done to an agent, when. `digest` is made of this line and of the digest of the line before it."""

    id: int
    at: int
    actor: str
    action: str
    session: str
    data: dict[str, object]
    digest: str


def audit_json(entry: AuditEntry) -> AuditJSON:
    """The line as it is shown."""
    row = entry.row
    return {
        "id": entry.id,
        "at": row.at_ms,
        "actor": row.actor,
        "action": row.action,
        "session": row.session,
        "data": dict(row.data),
        "digest": entry.digest,
    }
