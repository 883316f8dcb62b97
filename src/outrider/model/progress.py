"""How far agents are: the items of a spec, samples of the progress over time, and an agent's own list of what it has to do."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing on the agent's own list; `id` is the agent's, unique on the list."""

    id: str
    text: str
    done: bool


@dataclass(frozen=True, slots=True)
class TranscriptMark:
    """How much of a conversation's transcript has been counted: bytes from the beginning of the file at `path`.

    One answer stands on several lines with the same figures: `message` is the id of the last one, `tokens` what was counted of it.
    `anew_ms` is since when (Unix ms) the agent has been writing down afresh what was said before; 0 where it is not.
    """

    path: str
    offset: int = 0
    message: str = ""
    tokens: int = 0
    anew_ms: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """An agent's progress (0–100, None where nothing said so) at a moment (ms); `done` of `total` items where those are known."""

    agent: str
    at_ms: int
    progress: float | None
    source: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class ProgressItem:
    """One thing to do. `number` counts from 1; `line` is where it stands in the spec, 0 on an agent's own list.

    `weight` is its own among its neighbours; `phase` is the heading it stands under; `depth` counts the items that it is a part
    of, from 0.
    """

    number: int
    text: str
    done: bool
    line: int = 0
    weight: float = 1.0
    phase: str | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """Everything that is known of an agent's progress. `history` is in the order of time; `eta_ms` is the moment (ms) at which it
    will be done at the pace so far. `problem` says why the spec cannot be read now; the figures are then the last good ones.
    """

    progress: float | None
    source: str
    done: int = 0
    total: int = 0
    items: Sequence[ProgressItem] = ()
    history: Sequence[Sample] = ()
    eta_ms: int | None = None
    problem: str | None = None
