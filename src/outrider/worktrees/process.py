"""A program that was started in a group of its own, up to its end, and the file that it prints to."""

import asyncio
import contextlib
import os
import signal
import tempfile
from typing import IO

from outrider.errors import Unavailable


def printed() -> IO[bytes]:
    """A file without a name for what a program prints: a pipe would be held open by what the program leaves running.

    In memory where the system has that: on a full disk the answer would be lost, and its loss taken for another answer.
    Unavailable where there can be none.
    """
    try:
        if hasattr(os, "memfd_create"):
            return os.fdopen(os.memfd_create("outrider"), "w+b")
        return tempfile.TemporaryFile()
    except OSError as error:
        raise Unavailable(f"no program can be asked: there is no file for its answer: {error.strerror}") from error


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
