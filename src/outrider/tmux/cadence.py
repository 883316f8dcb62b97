"""How often to look: pure decisions, times in ms.

tmux tells with every list of panes the second of the last output in each window. A screen captured in a later second
than that cannot have changed since: it needs no capture to be known. What remains is captured every `busy_ms`, more
seldom where captures show nothing new, and the whole is stretched so that it costs no more than its share of a core, but
for what moves only until it would be seen too late.
"""

from dataclasses import dataclass

RECHECK_MS = 5000
"""Every followed screen is captured at least this often, whatever tmux says of its activity."""
LATE_MS = 300
"""Panes that move are looked at this often whatever it costs: of 200 that flip every one to three seconds, none is missed."""
_PATIENCE = 5
"""Captures that show nothing new before a pane that goes on writing is captured more seldom."""
_STEPS = 8
"""Doublings of the time between captures, at most."""
_QUIET_SHARE = 0.03
"""Part of the CPU budget that is spent while nothing moves."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What was set: the shortest and the longest time between looks, and the share of one core that looking may cost."""

    busy_ms: int
    quiet_ms: int
    cpu_budget: float

    def next_ms(self, *, moving: bool, before_ms: float, cost_s: float) -> float:
        """The time until the next sweep, after one that cost `cost_s` of CPU (a moving average)."""
        if moving:
            latest = max(min(LATE_MS, self.quiet_ms), self.busy_ms)
            return min(max(self.busy_ms, cost_s * 1000 / self.cpu_budget), latest)
        slowest = min(self.quiet_ms, max(self.busy_ms, cost_s * 1000 / (self.cpu_budget * _QUIET_SHARE)))
        return min(max(self.busy_ms, before_ms * 1.5), slowest)


@dataclass(slots=True)
class Seen:
    """What the last capture of a pane gave: its bytes, when (ms), and the second of tmux's clock it began in.

    `active` and `cursor` are what the list before it told; `same` counts captures in a row that brought nothing new;
    `urged` asks for one at once.
    """

    body: bytes
    at_ms: float
    second: int
    active: int
    size: tuple[int, int]
    cursor: tuple[int, int]
    same: int = 0
    urged: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list of panes told of one: the second of the last output in its window, its size and its cursor."""

    active: int
    size: tuple[int, int]
    cursor: tuple[int, int]


def stands(seen: Seen, now: Listed) -> bool:
    """Whether the screen is certainly as it was captured, and the cursor where it was said to be.

    The list is asked for before the captures: what is written in between is on the screen, with the cursor of before it.
    """
    return now.active < seen.second and now.size == seen.size and now.cursor == seen.cursor and not seen.urged


def due(seen: Seen, now: Listed, now_ms: float, pace: Pace) -> bool:
    """Whether to capture this pane now."""
    age = now_ms - seen.at_ms
    if seen.urged or now.size != seen.size or age >= RECHECK_MS:
        return True
    if stands(seen, now):
        return False
    # Output in a new second counts as a fresh start: a pane that was still for an hour is captured at once.
    steps = 0 if now.active > seen.active or now.cursor != seen.cursor else min(max(0, seen.same - _PATIENCE), _STEPS)
    # A little early counts as due, or a tick that comes a millisecond short would cost a whole one.
    return age >= min(pace.busy_ms << steps, pace.quiet_ms) * 0.8
