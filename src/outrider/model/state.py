"""States of an agent, and what a verdict on them is made of.

Times are Unix milliseconds (UTC).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """What an agent is doing; the meaning of each is the table in docs/states.md."""

    INITIALIZING = "initializing"
    READING = "reading"
    THINKING = "thinking"
    WORKING = "working"
    TESTING = "testing"
    WAITING = "waiting"
    IDLE = "idle"
    COMPLETE = "complete"
    STUCK = "stuck"
    ERROR = "error"


class Coarse(StrEnum):
    """Classes of states for scoring; `gone` is an agent that is not alive."""

    BUSY = "busy"
    IDLE = "idle"
    WAITING = "waiting"
    ERROR = "error"
    STARTING = "starting"
    GONE = "gone"


COARSE: Mapping[State, Coarse] = MappingProxyType(
    {
        State.INITIALIZING: Coarse.STARTING,
        State.READING: Coarse.BUSY,
        State.THINKING: Coarse.BUSY,
        State.WORKING: Coarse.BUSY,
        State.TESTING: Coarse.BUSY,
        State.WAITING: Coarse.WAITING,
        State.IDLE: Coarse.IDLE,
        State.COMPLETE: Coarse.IDLE,
        State.STUCK: Coarse.IDLE,
        State.ERROR: Coarse.ERROR,
    }
)

BUSY: frozenset[State] = frozenset(state for state, coarse in COARSE.items() if coarse is Coarse.BUSY)


class Source(StrEnum):
    """Who said so, strongest first."""

    PROCESS = "process"
    HOOK = "hook"
    SESSION_FILE = "session_file"
    TRANSCRIPT = "transcript"
    ANNOUNCEMENT = "announcement"
    TITLE = "title"
    SCREEN = "screen"
    MOTION = "motion"


class Confidence(StrEnum):
    """How well a verdict is supported; `low` means that nothing supports it."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ErrorClass(StrEnum):
    """What kind of failure an `error` state is."""

    RATE_LIMIT = "rate_limit"
    USAGE_LIMIT = "usage_limit"
    AUTH = "auth"
    BILLING = "billing"
    CONTEXT_FULL = "context_full"
    SERVER = "server"
    NETWORK = "network"
    INVALID_REQUEST = "invalid_request"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Detail:
    """What exactly an agent is doing or waiting for; only what a source said is set.

    `reason` is the reason of `stuck`, of an interruption or of an exit, one word; `message` is text for a person.
    `resets_at_ms` is when a usage limit ends. `retrying` is true while the agent tries again by itself.
    """

    tool: str | None = None
    command: str | None = None
    file: str | None = None
    question: str | None = None
    options: tuple[str, ...] = ()
    error: ErrorClass | None = None
    retrying: bool | None = None
    resets_at_ms: int | None = None
    reason: str | None = None
    message: str | None = None


NO_DETAIL = Detail()


@dataclass(frozen=True, slots=True)
class Reading:
    """One source's word on one agent, and the moment (ms) at which it was true.

    `rule` names what spoke: a rule id of the kind's file, `hook:Stop`, `session_file:busy`, `process:exited`.
    `text` is what it was read from, one line of at most 200 characters. `then` is what is true once the dialog that it tells of is
    gone, where nothing more is told of a yes.
    """

    source: Source
    state: State
    rule: str
    text: str
    at_ms: int
    detail: Detail = NO_DETAIL
    then: "Reading | None" = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A reading that did not decide, and why not, in a sentence."""

    reading: Reading
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an agent is doing, since when (ms), and what says so.

    `alive` tells whether the agent's own process is there; `exit_status` is set once it is known to have exited. `unheard` says, in
    sentences, which of its words cannot be heard that its kind would give.
    """

    state: State
    alive: bool
    since_ms: int
    confidence: Confidence
    exit_status: int | None = None
    detail: Detail = NO_DETAIL
    evidence: tuple[Reading, ...] = ()
    rejected: tuple[Rejected, ...] = field(default=())
    unheard: tuple[str, ...] = ()
