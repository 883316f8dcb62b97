"""Alerts: what is to be told when it goes on for too long, or goes too far."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `on` names its condition (`logic.alerts.CONDITIONS` says in which unit `above` is); `reason` and `kind` narrow it
    to agents stuck for that reason, or of that kind. `ways` are names of ways out to people; `snoozed_ms` is until when it is silent."""

    id: str
    on: str
    above: float
    reason: str | None = None
    kind: str | None = None
    ways: tuple[str, ...] = ()
    enabled: bool = True
    snoozed_ms: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the hours of the day (`22:00-07:00`, the daemon's own time) in which none fires; '' for none."""

    rules: tuple[Rule, ...] = ()
    quiet: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """An agent as alerts see it. `moved_ms` is when its progress last changed; `errors_ms` are when it came to be in error."""

    session: str
    kind: str
    state: str
    since_ms: int
    reason: str | None = None
    progress: float | None = None
    moved_ms: int = 0
    errors_ms: tuple[int, ...] = ()
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The node as alerts see it: since when (ms) a tmux server is away, and the room (MB) on the disk of the database; None: not known.

    `nodes` are other nodes of its fleet that are away, since when (ms).
    """

    away_since_ms: int | None = None
    free_mb: float | None = None
    nodes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fired for an agent (session '' is this node, `NAME/` another): when, what was measured, when it was the case last."""

    rule: str
    session: str
    at_ms: int
    value: float
    last_ms: int


@dataclass(frozen=True, slots=True)
class Preview:
    """When a rule would have fired (oldest first), from `since_ms` on; `note` says what could not be looked up."""

    since_ms: int
    fired: tuple[Firing, ...] = ()
    note: str | None = None


Alight = Mapping[tuple[str, str], Firing]
"""What fires now, by rule and session."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a look made of it: what fires from now on, and what of that is new."""

    alight: Alight = field(default_factory=dict)
    fired: tuple[Firing, ...] = ()
