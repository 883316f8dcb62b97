"""Events: what happened, in the order of the journal, as everybody is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventName(StrEnum):
    """Names of events on the WebSocket and in the journal."""

    STATE_CHANGE = "state_change"
    PROGRESS = "progress"
    AGENT_SPAWNED = "agent_spawned"
    AGENT_ADOPTED = "agent_adopted"
    AGENT_STUCK = "agent_stuck"
    AGENT_ERROR = "agent_error"
    AGENT_COMPLETE = "agent_complete"
    AGENT_WAITING = "agent_waiting"
    APPROVAL_ANSWERED = "approval_answered"
    AGENT_EXITED = "agent_exited"
    AGENT_KILLED = "agent_killed"
    AGENT_FORGOTTEN = "agent_forgotten"
    CLEANUP_ANNOUNCED = "cleanup_announced"
    CLEANUP_WITHDRAWN = "cleanup_withdrawn"
    AGENT_ARCHIVED = "agent_archived"
    COMMAND_QUEUED = "command_queued"
    COMMAND_SENT = "command_sent"
    COMMAND_FAILED = "command_failed"
    COMMAND_UNCERTAIN = "command_uncertain"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened and is not in the journal yet. `data` is JSON-shaped and goes beside the common fields."""

    name: EventName
    session: str
    at_ms: int
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A journalled fact: `seq` is its place, growing without gap or repeat on one node."""

    seq: int
    node: str
    fact: Fact
