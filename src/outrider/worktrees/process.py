"""A program that was started in a group of its own, up to its end."""

import asyncio
import contextlib
import os
import signal


async def finish(process: asyncio.subprocess.Process, limit_s: float) -> None:
    """Waits until it has ended; TimeoutError where that takes longer. Whatever comes in between, its group has ended afterwards."""
    try:
        async with asyncio.timeout(limit_s):
            await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
