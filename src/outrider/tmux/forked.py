"""The fallback where no control client can be kept: one forked tmux for each batch of questions.

The questions go through standard input (`source-file -`), read by the same parser as a control client's, so that no text
of anybody shows in a process list. A marker printed after each tells their answers apart.
"""

import asyncio
from collections.abc import Mapping, Sequence

from outrider.errors import TerminalAway, TimedOut
from outrider.tmux.protocol import Reply
from outrider.tmux.quote import Question, question


class ForkedTmux:
    """Asks like a ControlClient. Of several questions in one batch it cannot tell which failed: those without an answer."""

    def __init__(self, program: str, socket: Sequence[str], *, env: Mapping[str, str], marker: str) -> None:
        self._argv = (program, "-u", "-N", *socket, "source-file", "-")
        self._env = env
        self._marker = marker
        self.spent = 0.0

    @property
    def alive(self) -> bool:
        """There is nothing to lose."""
        return True

    async def ask(self, questions: Sequence[Question], *, limit_s: float) -> list[Reply]:
        """One reply a question, in order; errors as those of ControlClient."""
        mark = question("display-message", "-p", self._marker).line
        source = "".join(f"{each.line}\n{mark}\n" for each in questions)
        out, err = await self._run(source.encode("utf-8", "surrogateescape"), limit_s)
        bodies = out.split(f"{self._marker}\n".encode())
        if len(bodies) != len(questions) + 1:
            raise TerminalAway(f"tmux cannot be asked: {err.decode('utf-8', 'replace').strip() or 'it gave no answer'}")
        return [
            Reply(0, number, True, True, body) if body or not err else Reply(0, number, True, False, err)
            for number, body in enumerate(bodies[:-1])
        ]

    async def close(self) -> None:
        """Nothing is open."""

    async def _run(self, source: bytes, limit_s: float) -> tuple[bytes, bytes]:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._argv, env=self._env, cwd="/", stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        try:
            async with asyncio.timeout(limit_s):
                return await process.communicate(source)
        except TimeoutError as error:
            raise TimedOut(f"tmux did not answer within {limit_s:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
