"""Watching over a daemon: what its signs of life, its memory and its ends call for."""

from dataclasses import dataclass
from enum import Enum


class Call(Enum):
    """What is to be done about a daemon."""

    NOTHING = "nothing"
    REPLACE = "replace"
    """It is large: another takes its place, without losing a request."""
    ABORT = "abort"
    """It does not start or does not answer any more: it is to say where it stands, and end."""
    KILL = "kill"
    """It is too large: every moment counts."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a daemon is held to; `stable_s` is how long it must have run for its crash to count as the first again."""

    memory_mb: float
    memory_soft_mb: float
    watchdog_s: float
    start_s: float
    backoff_s: float
    backoff_most_s: float
    stable_s: float = 60.0
    replace_every_s: float = 600.0
    """A daemon that needs that much is not to be replaced over and over."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A daemon as it is at `now_s`; moments in seconds of one clock, `memory_mb` None where it cannot be told."""

    now_s: float
    started_s: float
    ready: bool
    heard_s: float
    memory_mb: float | None
    replaced_s: float | None = None
    """When one was last replaced for its size."""


def judge(seen: Sighting, bounds: Bounds) -> tuple[Call, str]:
    """What to do, and the sentence that says why; an empty one with NOTHING."""
    if seen.memory_mb is not None and seen.memory_mb > bounds.memory_mb:
        return Call.KILL, f"it used {seen.memory_mb:.0f} MB, more than {bounds.memory_mb:g}"
    if not seen.ready:
        if seen.now_s - seen.started_s > bounds.start_s:
            return Call.ABORT, f"it was not ready after {bounds.start_s:g} s"
        return Call.NOTHING, ""
    if seen.now_s - seen.heard_s > bounds.watchdog_s:
        return Call.ABORT, f"it gave no sign of life for {bounds.watchdog_s:g} s"
    large = seen.memory_mb is not None and seen.memory_mb > bounds.memory_soft_mb
    lately = seen.replaced_s is not None and seen.now_s - seen.replaced_s < bounds.replace_every_s
    if large and not lately:
        return Call.REPLACE, f"it used {seen.memory_mb:.0f} MB, more than {bounds.memory_soft_mb:g}"
    return Call.NOTHING, ""


def pause_s(crashes: int, bounds: Bounds) -> float:
    """Seconds before the daemon is started again after that many crashes in a row."""
    if crashes < 1:
        return 0.0
    return min(bounds.backoff_most_s, bounds.backoff_s * 2.0 ** min(crashes - 1, 30))


def in_a_row(crashes: int, ran_s: float, bounds: Bounds) -> int:
    """How many crashes in a row there are after one more, of a daemon that ran for so long."""
    return 1 if ran_s >= bounds.stable_s else crashes + 1
