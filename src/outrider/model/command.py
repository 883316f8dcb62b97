"""A command: a text for an agent, on its way to being typed exactly once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """Where a command stands. `sent` is proven; `uncertain` says that it cannot be told whether it arrived."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"


# Every step a command may take. Back from sending to queued only where it is certain that no key was typed.
STEPS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.QUEUED: frozenset({Status.SENDING, Status.FAILED, Status.CANCELLED, Status.EXPIRED}),
        Status.SENDING: frozenset({Status.SENT, Status.FAILED, Status.UNCERTAIN, Status.QUEUED}),
        Status.SENT: frozenset(),
        Status.FAILED: frozenset(),
        Status.CANCELLED: frozenset(),
        Status.EXPIRED: frozenset(),
        Status.UNCERTAIN: frozenset(),
    }
)
FINAL: frozenset[Status] = frozenset(status for status, after in STEPS.items() if not after)


class When(StrEnum):
    """When a command may go in: once the agent is ready, at once (kinds that queue by themselves), or after an interrupt."""

    READY = "ready"
    NOW = "now"
    INTERRUPT = "interrupt"


class Form(StrEnum):
    """What a command is: text for the agent to read, one of the program's own slash commands, or named keys, blanks between them."""

    TEXT = "text"
    SLASH = "slash"
    KEYS = "keys"


class Stage(StrEnum):
    """How far an attempt got; each is written down *before* what it names is done.

    `opened`: nothing typed. `typing`: the text goes into the composer, without Enter. `entering`: the text was seen in the
    composer and Enter is pressed. `closed`: the attempt is over.
    """

    OPENED = "opened"
    TYPING = "typing"
    ENTERING = "entering"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at typing a command, times in ms; `proof` says how the outcome is known, `screen` is kept when it is not.

    While it is under way, `screen` holds a person's draft that is put aside for it.
    """

    number: int
    stage: Stage
    started_ms: int
    ended_ms: int | None = None
    outcome: str | None = None
    proof: str | None = None
    screen: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A text for an agent. `seq` orders commands of one agent among equals of `priority` (higher goes first).

    `actor` is who authenticated, never what a body said. `key` is the caller's idempotency key. `not_before_ms` and
    `expires_ms` bound when it may start. `error` says why it failed; `waits`, what a queued one waits for at this moment (it is not
    stored).
    """

    id: str
    seq: int
    agent: str
    session: str
    text: str
    status: Status
    actor: str
    created_ms: int
    changed_ms: int
    when: When = When.READY
    priority: int = 0
    not_before_ms: int | None = None
    expires_ms: int | None = None
    key: str | None = None
    error: str | None = None
    attempts: tuple[Attempt, ...] = ()
    form: Form = Form.TEXT
    waits: str | None = None


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """What a person asks to have typed; `key` makes asking twice the same as asking once.

    `id` is set where another node gave it one already: asking again with that is asking once, too.
    """

    text: str
    when: When = When.READY
    priority: int = 0
    delay_s: float = 0.0
    expires_s: float | None = None
    key: str | None = None
    form: Form = Form.TEXT
    id: str | None = None
