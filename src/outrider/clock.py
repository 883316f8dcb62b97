"""The clock that everything is told the time by."""

import time
from collections.abc import Callable


def clock_from(wall_ms: int, monotonic_s: float) -> Callable[[], int]:
    """Unix milliseconds that never go backwards while the daemon runs, whatever becomes of the system's clock."""
    return lambda: wall_ms + round((time.monotonic() - monotonic_s) * 1000)
