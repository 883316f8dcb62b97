"""Waiting for conditions, never for times."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
STEP_S = 0.02


def until(condition: Callable[[], T | None], timeout: float = 40.0, *, what: str = "", step: float = STEP_S) -> T:
    """The condition's first true value; AssertionError with `what` (and its last value) after `timeout` seconds."""
    ends = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > ends:
            raise AssertionError(
                f"not within {timeout:g} s: {what or getattr(condition, '__name__', 'condition')} ({value!r})"
            )
        time.sleep(step)
