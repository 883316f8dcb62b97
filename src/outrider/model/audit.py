"""Audit: who had what done to an agent, when, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit. `action` is a verb (`spawn`, `command`, `attempt`, `kill`); `data` is JSON-shaped."""

    at_ms: int
    actor: str
    action: str
    session: str
    data: Mapping[str, object] = field(default_factory=dict)
