"""Notices: what people are told, by which way out, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from outrider.model.approval import Approval
from outrider.model.event import Event, EventName

TEST = "test"
"""The rule that tests go by; they are tried once."""


class Urgency(StrEnum):
    """How loudly people are told; `high` does not wait for the end of quiet hours, `low` makes no sound where a way can do that."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class NoticeStatus(StrEnum):
    """Where a notice stands. `sent` is what the other side confirmed; `uncertain` says that it cannot be told whether it arrived.

    `dropped` was not sent, on purpose: what it asked was answered before, or there is no such way out any more.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Which events are told by which ways out. `agents` are patterns of session names; empty `kinds` are all kinds.

    `quiet` are hours of the day (`22:00-07:00`, the daemon's own time) in which it waits. A question that nobody has answered is told
    again every `repeat_minutes`, and to `escalate_to` after `escalate_minutes`; 0 for never. What comes within `digest_s`
    after a notice of the same rule and way goes as one; with 0 each goes by itself.
    """

    name: str
    on: frozenset[EventName]
    ways: tuple[str, ...]
    agents: tuple[str, ...] = ("*",)
    kinds: frozenset[str] = frozenset()
    urgency: Urgency = Urgency.NORMAL
    quiet: str = ""
    repeat_minutes: int = 0
    escalate_minutes: int = 0
    escalate_to: tuple[str, ...] = ()
    digest_s: int = 10


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people want to be told: the rules in their order, and for every way out the places it leads to ('' where it is one).

    `source` begins the id of every notice: no two databases have the same.
    """

    rules: tuple[NoticeRule, ...] = ()
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: in Unix ms, and as the minute of the day where the daemon is, for quiet hours."""

    ms: int
    minute: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One event in a notice. `approval` is the dialog that it is about, as it was when it was sent, long texts in it cut.
    `closed_ms` is when nobody was needed for it any more, and `outcome` says how that came."""

    event: Event
    approval: Approval | None = None
    closed_ms: int | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt at sending, written down before it is made; `error` says why it was none, or why that cannot be told."""

    number: int
    started_ms: int
    ended_ms: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One message by one way out to one of its targets. It has several items where several events were to be told at once.

    `rule` is the name of the rule that wanted it. `due_ms` is when it may be sent. `round` counts how often the same was told.
    `receipt` is what the other side calls it. `stale`: what was sent is not what is true now, and the way can mend that.
    """

    id: str
    way: str
    target: str
    rule: str
    created_ms: int
    changed_ms: int
    due_ms: int
    items: tuple[Item, ...] = ()
    more: int = 0
    """How many events it is about beside its items: of a flood not all are kept."""
    text: str = ""
    """What it says where it is about no event: a test, or that nothing can be written down."""
    status: NoticeStatus = NoticeStatus.QUEUED
    urgency: Urgency = Urgency.NORMAL
    round: int = 1
    escalated: bool = False
    tries: tuple[Try, ...] = ()
    error: str | None = None
    receipt: str | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class WayState:
    """A way out as it is now: its type, where it leads (no secret in it), what is wrong with it ('' where nothing is known to be)."""

    name: str
    type: str
    about: str
    why: str = ""
    queued: int = 0
