"""When an agent will be done: from its own history alone, and only where that says enough."""

from collections.abc import Sequence

from outrider.model.progress import Sample

ITEMS = 3
"""So many items must have been seen done before a pace is spoken of."""


def eta(history: Sequence[Sample], now_ms: int) -> int | None:
    """The moment (ms) at which everything is done at the pace so far; None where that is not known.

    The pace is that of the last stretch of the history in which nothing was undone and the source stayed the same. It slows
    with every minute in which nothing gets done.
    """
    stretch = _last_stretch(history)
    if len(stretch) < 2:
        return None
    first, last = stretch[0], stretch[-1]
    if first.progress is None or last.progress is None or last.done - first.done < ITEMS:
        return None
    gained, passed = last.progress - first.progress, max(now_ms, last.at_ms) - first.at_ms
    if gained <= 0 or passed <= 0 or last.progress >= 100:
        return None
    return max(now_ms, last.at_ms) + round((100 - last.progress) * passed / gained)


def _last_stretch(history: Sequence[Sample]) -> Sequence[Sample]:
    start = 0
    for place in range(1, len(history)):
        before, after = history[place - 1], history[place]
        if after.source != before.source or after.done < before.done:
            start = place
    return history[start:]
