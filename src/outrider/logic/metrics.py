"""The metrics of the history: what each is, and how it is read off what was counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from outrider.logic.book import OBSERVED, PROGRESS, STATE, rolled
from outrider.model.history import Amounts, Series, Share, Stretch
from outrider.model.state import State

LEVELS_MS = (0, 60_000, 900_000, 21_600_000)
"""Lengths of the stretches that are kept: as counted, a minute, a quarter of an hour, six hours."""
STEPS_MS = (15_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000)
POINTS, MOST_POINTS = 400, 3000
_HOUR_MS = 3_600_000
_STATES = tuple(state.value for state in State)

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """`lines` are the names of what is drawn; `read` gives their values of one stretch and its length (ms)."""

    unit: str
    help: str
    lines: tuple[str, ...]
    read: Callable[[Amounts, int], Values]


def _agents(amounts: Amounts, step_ms: int) -> Values:
    observed = amounts.get(OBSERVED, 0)
    return tuple(amounts.get(STATE + state, 0) / observed if observed else None for state in _STATES)


def _time(amounts: Amounts, step_ms: int) -> Values:
    return tuple(amounts.get(STATE + state, 0) / 1000 for state in _STATES)


def _took(name: str, unit_ms: float) -> Callable[[Amounts, int], Values]:
    def read(amounts: Amounts, step_ms: int) -> Values:
        count = amounts.get(f"{name}_n", 0)
        if not count:
            return (None, None)
        return amounts.get(f"{name}_ms", 0) / count / unit_ms, amounts.get(f"{name}_max_ms", 0) / unit_ms

    return read


def _per_hour(*names: str) -> Callable[[Amounts, int], Values]:
    return lambda amounts, step_ms: tuple(amounts.get(name, 0) * _HOUR_MS / step_ms for name in names)


def _sum(*names: str) -> Callable[[Amounts, int], Values]:
    return lambda amounts, step_ms: tuple(amounts.get(name, 0) for name in names)


METRICS: Mapping[str, Metric] = {
    "agents": Metric("agents", "Living agents by state, on average.", _STATES, _agents),
    "time_in_state": Metric("s", "Seconds that agents spent in each state.", _STATES, _time),
    "waiting": Metric("s", "How long a question waited for its answer.", ("mean", "longest"), _took("waited", 1000.0)),
    "commands": Metric(
        "per hour",
        "Commands that came to an end.",
        ("sent", "failed", "uncertain"),
        _per_hour("sent", "failed", "uncertain"),
    ),
    "latency": Metric("ms", "From a command's acceptance until it was sent.", ("mean", "longest"), _took("took", 1.0)),
    "errors": Metric("errors", "How often an agent came to be in error.", ("errors",), _sum("errors")),
    "tokens": Metric("tokens", "Tokens that agents spent, where they tell.", ("tokens",), _sum("tokens")),
    "cost": Metric("USD", "What agents cost, where they tell.", ("cost",), _sum("cost_usd")),
    "progress": Metric("%", "How far one agent was (needs session).", ("progress",), lambda a, _: (a.get(PROGRESS),)),
}


def step_for(since_ms: int, until_ms: int, floor_ms: int) -> int:
    """The shortest step that gives no more points than are worth drawing, and that is not shorter than `floor_ms`."""
    long_enough = (step for step in STEPS_MS if step >= floor_ms and (until_ms - since_ms) / step <= POINTS)
    return next(long_enough, STEPS_MS[-1])


def series(name: str, stretches: Sequence[Stretch], step_ms: int, since_ms: int, until_ms: int) -> Series:
    """The metric over that time, from what was counted for one agent or the node. Moments at which nothing was counted are there."""
    metric = METRICS[name]
    first = since_ms - since_ms % step_ms
    moments = range(first, max(first + step_ms, until_ms), step_ms)
    counted = {each.at_ms: each.amounts for each in rolled(stretches, step_ms)}
    rows = [metric.read(counted[at], step_ms) if at in counted else None for at in moments]
    lines = {
        line: [None if row is None else _rounded(row[place]) for row in rows] for place, line in enumerate(metric.lines)
    }
    return Series(name, metric.unit, step_ms, since_ms, until_ms, tuple(moments), lines)


def share(session: str, amounts: Amounts) -> Share:
    """What one agent did, from all that was counted for it."""
    return Share(
        session,
        {state: amounts[STATE + state] / 1000 for state in _STATES if STATE + state in amounts},
        amounts.get("tokens", 0),
        amounts.get("cost_usd", 0),
        amounts.get("sent", 0),
        amounts.get("errors", 0),
        amounts.get("waited_ms", 0) / 1000,
    )


def _rounded(value: float | None) -> float | None:
    return value if value is None else round(value, 4)
