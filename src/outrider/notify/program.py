"""Programs that are run for a notice: an argument list, something on standard input, a time limit, no shell."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile

from outrider.notify.way import Refused, Unclear, Unsent

SAID = 300


async def run(argv: Sequence[str], stdin: bytes, environ: Mapping[str, str], timeout_s: float) -> tuple[int, str]:
    """Runs it in a session of its own; its exit code and what it printed. What it leaves in the background goes on.

    Unsent where there is no room for its input, Unclear where it takes too long (it and what it started are then killed), Refused
    where there is no such program.
    """
    try:
        return await _run(argv, stdin, environ, timeout_s)
    except OSError as error:
        raise Unsent(f"{argv[0]} could not be run: {error.strerror or error}.") from None


async def _run(argv: Sequence[str], stdin: bytes, environ: Mapping[str, str], timeout_s: float) -> tuple[int, str]:
    # Files and not pipes: a program need not read its input, and what it leaves behind may keep its output open.
    with TemporaryFile() as given, TemporaryFile() as printed:
        given.write(stdin)
        given.seek(0)
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=given,
                stdout=printed,
                stderr=asyncio.subprocess.STDOUT,
                env=environ,
                cwd=environ.get("HOME") or "/",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise Refused(f"{argv[0]} cannot be run: {why}.") from None
        try:
            async with asyncio.timeout(timeout_s):
                code = await process.wait()
        except TimeoutError:
            raise Unclear(f"{argv[0]} was not done within {timeout_s:g} s and was killed.") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        printed.seek(0)
        return code, printed.read(1 << 20).decode("utf-8", "replace").strip()


async def succeed(argv: Sequence[str], stdin: bytes, environ: Mapping[str, str], timeout_s: float) -> None:
    """As `run`; Unsent, with the end of what it printed, where it exits with anything but 0."""
    code, said = await run(argv, stdin, environ, timeout_s)
    if code != 0:
        raise Unsent(f"{argv[0]} exited with {code}{': ' if said else ''}{said[-SAID:]}.")
