"""The trial: whether bubblewrap, where it is installed, may make a sandbox on this machine. Some kernels and containers forbid it."""

import asyncio
import time
from collections.abc import Mapping

from outrider.logic import sandbox
from outrider.worktrees.process import finish, printed

FRESH_S = 60.0
ANSWER_S = 10.0
_SHOWN = 300


class Trial:
    """Tries it, with the walls that agents get; what worked counts for a minute."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._worked: dict[tuple[str, bool], float] = {}

    async def refused(self, program: str, environ: Mapping[str, str], *, network: bool = True) -> str:
        """Why `program` makes none, in its own words; empty where it does."""
        key = (program, network)
        if time.monotonic() - self._worked.get(key, -FRESH_S) < FRESH_S:
            return ""
        try:
            with printed() as out:
                process = await asyncio.create_subprocess_exec(
                    *sandbox.trial(program, network=network),
                    env=environ,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=out,
                    start_new_session=True,
                )
                await finish(process, self._answer_s)
                out.seek(0)
                said = out.read()
        except TimeoutError:
            return f"{program} gave no answer for {self._answer_s:g} s"
        except OSError as error:
            return f"{program}: {error.strerror}"
        if process.returncode == 0:
            self._worked[key] = time.monotonic()
            return ""
        words = " ".join(said.decode(errors="replace").split())[:_SHOWN]
        return words or f"{program} ended with exit code {process.returncode} and without a word"
