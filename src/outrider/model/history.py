"""History: what was counted over stretches of time, and the series that are drawn of it. Times are Unix ms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Amounts = Mapping[str, float]
"""What was counted in one stretch, by name (`logic.book` has the names)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was counted for one agent, or for the node (session ''), in the stretch that begins at `at_ms`."""

    at_ms: int
    session: str
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the journal has been counted, so that nothing is counted twice or left out: everything up to `seq`, the time up to
    `at_ms`. `standing` is what each living agent was doing then."""

    seq: int = 0
    at_ms: int = 0
    standing: Mapping[str, "Standing"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an agent is doing and since when; `tokens` and `cost_usd` are what it had spent when that was last counted."""

    state: str
    since_ms: int
    tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over time: one value a name and moment, None where nothing was observed. A step is `step_ms` long."""

    metric: str
    unit: str
    step_ms: int
    since_ms: int
    until_ms: int
    at_ms: Sequence[int]
    lines: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Strips:
    """What agents were mostly doing: by session one state a step, from `first_ms` on; None where it was not there."""

    step_ms: int
    first_ms: int
    states: Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Share:
    """What one agent did in a stretch: seconds by state, and what was counted."""

    session: str
    states_s: Mapping[str, float]
    tokens: float
    cost_usd: float
    commands: float
    errors: float
    waited_s: float
