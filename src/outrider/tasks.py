"""Ending tasks."""

import asyncio
from collections.abc import Iterable

AGAIN_S = 0.3


async def ended(tasks: Iterable[asyncio.Task[object]], *, again_s: float = AGAIN_S) -> None:
    """Cancels them until all have ended; what they ended with is for their owner.

    Once is not enough: a cancellation that meets the end of a time limit is lost in `asyncio.wait_for` before Python 3.12, and
    in what libraries build like it.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
