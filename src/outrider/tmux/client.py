"""A control client of one tmux server: questions are written in one go, replies come back in order.

The one that asks stands in a session of its own, `ignore-size` and `no-output`, so that it changes nobody's window and gets
no program's output; a viewer's stands in the session that is watched (`mirror.py`). None uses `pause-after` (tmux 3.3a
crashes when such clients are killed). A client is closed by closing its standard input.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from outrider.errors import TerminalAway, TimedOut
from outrider.tmux.protocol import Item, Notification, Output, Parser, Reply
from outrider.tmux.quote import Question
from outrider.tmux.rows import HIDDEN

ASKING = (
    *("new-session", "-A", "-E", "-s", HIDDEN, "-x", "20", "-y", "5"),
    *("-f", "ignore-size,no-output", "--", "env", "cat"),
)
_STDIN, _STDOUT, _STDERR = 0, 1, 2


@dataclass(slots=True)
class _Batch:
    """Questions written together; stays in line for its replies also when nobody waits for them any more."""

    left: deque[Question]
    answered: Callable[[list[Reply] | TimedOut], None]
    replies: list[Reply] = field(default_factory=list)
    # Replies of one question that has several: all but the last are dropped, unless it wants every one.
    seen: int = 0

    def take(self, reply: Reply) -> bool:
        """Counts a reply; true once all are there."""
        self.seen += 1
        if reply.ok and self.seen < self.left[0].replies:
            if self.left[0].every:
                self.replies.append(reply)
            return False
        self.left.popleft()
        self.seen = 0
        self.replies.append(reply)
        return not self.left


class ControlClient(asyncio.SubprocessProtocol):
    """The connection. `notified` and `closed` are called from the event loop, `notified` also with what programs wrote;
    `spent` sums the CPU seconds of reading."""

    def __init__(
        self, *, notified: Callable[[Notification | Output], None], closed: Callable[[], None], cpu: Callable[[], float]
    ) -> None:
        self._notified = notified
        self._closed = closed
        self._cpu = cpu
        self._parser = Parser()
        self._batches: deque[_Batch] = deque()
        self._number = -1
        self._why = ""
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self._exited = asyncio.Event()
        self._attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended = False
        self.spent = 0.0

    @classmethod
    async def open(
        cls,
        program: str,
        socket: Sequence[str],
        *,
        env: Mapping[str, str],
        attach: Sequence[str] = ASKING,
        notified: Callable[[Notification | Output], None],
        closed: Callable[[], None],
        cpu: Callable[[], float],
        limit_s: float,
    ) -> "ControlClient":
        """Starts the client on a server that is running; it never starts one (`-N`).

        TerminalAway where it cannot attach within `limit_s`, FileNotFoundError without tmux.
        """
        client = cls(notified=notified, closed=closed, cpu=cpu)
        # A session of its own for the process, or Ctrl-C at the daemon's terminal would reach it too.
        await asyncio.get_running_loop().subprocess_exec(
            lambda: client, program, "-u", "-N", *socket, "-C", *attach, env=env, cwd="/", start_new_session=True
        )
        # What is written earlier may run before the client has a session, and a program then gets our PATH, not its own.
        try:
            async with asyncio.timeout(limit_s):
                await client._attached
        except (TimeoutError, TerminalAway) as error:
            await client.close()
            raise TerminalAway(f"tmux lets no control client attach: {client.why}") from error
        return client

    @property
    def alive(self) -> bool:
        """Whether questions can be asked."""
        return self._stdin is not None and not self._stdin.is_closing()

    @property
    def pid(self) -> int | None:
        """The process of the client."""
        return self._transport.get_pid() if self._transport else None

    @property
    def why(self) -> str:
        """What tmux said when it ended the connection."""
        return self._why or "tmux closed the connection"

    async def ask(self, questions: Sequence[Question], *, limit_s: float) -> list[Reply]:
        """One reply a question, in order; all are written in one go.

        TerminalAway where nothing was written; TimedOut where it was, and no answer came: it cannot be told what was done.
        """
        answer: asyncio.Future[list[Reply]] = asyncio.get_running_loop().create_future()

        def answered(said: list[Reply] | TimedOut) -> None:
            if answer.done():
                return
            if isinstance(said, TimedOut):
                answer.set_exception(said)
            else:
                answer.set_result(said)

        self.tell(questions, answered)
        try:
            async with asyncio.timeout(limit_s):
                return await answer
        except TimeoutError as error:
            raise TimedOut(f"tmux did not answer within {limit_s:g} s") from error

    def tell(self, questions: Sequence[Question], answered: Callable[[list[Reply] | TimedOut], None]) -> None:
        """Asks without waiting: `answered` is called in the order of the stream, before anything that came behind the replies.

        TerminalAway where nothing was written.
        """
        if self._stdin is None or not self.alive:
            raise TerminalAway(f"tmux cannot be asked: {self.why}")
        data = "".join(question.line + "\n" for question in questions).encode("utf-8", "surrogateescape")
        self._batches.append(_Batch(deque(questions), answered))
        self._stdin.write(data)

    async def close(self, *, grace_s: float = 2.0) -> None:
        """Closes standard input and waits for the client to leave; kills it where it does not."""
        if self._stdin is not None:
            self._stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                await self._exited.wait()
        except TimeoutError:
            if self._transport is not None:
                self._transport.kill()
                await self._exited.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self._stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(_STDIN))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Called by asyncio."""
        before = self._cpu()
        if fd == _STDERR:
            self._why = data.decode("utf-8", "replace").strip() or self._why
        else:
            for item in self._parser.feed(data):
                self._take(item)
        self.spent += self._cpu() - before

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Called by asyncio."""
        if fd in (_STDIN, _STDOUT):
            self._lose()

    def process_exited(self) -> None:
        """Called by asyncio."""
        self._exited.set()
        self._lose()

    def _take(self, item: Item) -> None:
        if isinstance(item, Output):
            self._notified(item)
        elif isinstance(item, Notification):
            if item.name in ("begin", "end", "error"):
                self._damaged()
            elif item.name == "exit":
                self._why = item.args or self._why
            self._notified(item)
        elif not item.asked:
            self._why = self._why if item.ok else item.text
            self._answer_attach(ok=item.ok)
        elif item.number <= self._number or not self._batches:
            self._damaged()
        else:
            self._number = item.number
            batch = self._batches[0]
            if batch.take(item):
                self._batches.popleft()
                batch.answered(batch.replies)

    def _answer_attach(self, *, ok: bool) -> None:
        if self._attached.done():
            return
        if ok:
            self._attached.set_result(None)
        else:
            self._attached.set_exception(TerminalAway(self.why))

    def _damaged(self) -> None:
        """The replies no longer fit the questions: this connection cannot be believed any more."""
        self._why = "tmux's answers went out of step"
        if self._stdin is not None:
            self._stdin.close()
        self._lose()

    def _lose(self) -> None:
        if self._ended:
            return
        self._ended = True
        if self._stdin is not None:
            self._stdin.close()
        self._answer_attach(ok=False)
        batches, self._batches = self._batches, deque()
        for batch in batches:
            batch.answered(TimedOut(f"tmux went away before it answered: {self.why}"))
        self._closed()
