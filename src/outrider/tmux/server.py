"""One tmux server: where its socket is, whether anybody listens there, and the way to ask it.

A watched server is never started and never kept alive by us: where only our own hidden session is left, it is left too.
"""

import asyncio
import os
import socket as sockets
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from outrider.errors import TerminalAway, TerminalError, TimedOut, Unavailable
from outrider.tmux.client import ControlClient
from outrider.tmux.forked import ForkedTmux
from outrider.tmux.protocol import Notification, Output, Reply
from outrider.tmux.quote import Question, question
from outrider.tmux.rows import HIDDEN
from outrider.tmux.version import ABSENT, Version, version

log = structlog.get_logger()

_START_LIMIT_S = 10.0
_CRASHES = 3
_CRASH_WINDOW_S = 10.0
_FALLBACK_S = 60.0

# What our own server is set to at every connection; nothing of the user's configuration is read there.
_OWN_OPTIONS = (
    ("-s", "exit-empty", "off"),
    ("-s", "escape-time", "10"),
    ("-s", "focus-events", "on"),
    ("-s", "default-terminal", "tmux-256color"),
    ("-g", "history-limit", "50000"),
    ("-g", "set-titles", "off"),
    ("-g", "destroy-unattached", "off"),
    ("-gw", "remain-on-exit", "on"),
    ("-gw", "automatic-rename", "off"),
)


class ServerGone(TerminalAway):
    """Nobody listens on the server's socket, or it has no session."""


def socket_path(name: str, env: Mapping[str, str]) -> Path:
    """Where tmux has the socket of that name; an absolute path is one already."""
    if name.startswith("/"):
        return Path(name)
    return Path(env.get("TMUX_TMPDIR") or "/tmp", f"tmux-{os.getuid()}", name)  # noqa: S108


class Channel(Protocol):
    """A way to ask: a control client, or forks."""

    spent: float

    @property
    def alive(self) -> bool:
        """Whether questions can be asked."""
        ...

    async def ask(self, questions: Sequence[Question], *, limit_s: float) -> list[Reply]:
        """One reply a question, in order."""
        ...

    async def close(self) -> None:
        """Ends it in good order."""
        ...


class Server:
    """A tmux server and our one connection to it, made when it is needed and made anew when it was lost.

    `name` is a socket name as for `-L`, or an absolute path.
    """

    def __init__(
        self,
        name: str,
        *,
        own: bool,
        program: str,
        env: Mapping[str, str],
        cpu: Callable[[], float],
        limit_s: float,
    ) -> None:
        self.name = name
        self.starter: Sequence[str] = ()
        """Words before the program, when our own server is started."""
        self.limit_s = limit_s
        """How long tmux may take to answer before it counts as away."""
        self.own = own
        self.noticed: Callable[[], None] = _nobody
        """Called when something there calls for a look; whoever looks sets it."""
        self.started = 0
        """The `started` of the panes of this run of the server."""
        self.started_s = 0
        self.version = ""
        self.fallback = ""
        """Why forks are used instead of a control client; empty where they are not."""
        self._program = program
        self._env = {key: value for key, value in env.items() if key not in ("TMUX", "TMUX_PANE")}
        self._cpu = cpu
        self._channel: Channel | None = None
        self._connecting = asyncio.Lock()
        self._tmux: Version | None = None
        self._lost_at: list[float] = []
        self._forks_until = 0.0

    @property
    def connected(self) -> bool:
        """Whether it can be asked without connecting first."""
        return self._channel is not None and self._channel.alive

    @property
    def release(self) -> str:
        """What the tmux program calls its version; empty before it was asked."""
        return self._tmux.text if self._tmux is not None else ""

    @property
    def spent(self) -> float:
        """CPU seconds spent on reading what the present connection said."""
        return self._channel.spent if self._channel is not None else 0.0

    @property
    def client_pid(self) -> int | None:
        """The process of our control client."""
        return self._channel.pid if isinstance(self._channel, ControlClient) else None

    @property
    def path(self) -> Path:
        """The socket, as tmux finds it."""
        return socket_path(self.name, self._env)

    async def ask(self, *questions: Question) -> list[Reply]:
        """One reply a question. TerminalAway or ServerGone where nothing was asked, TimedOut where no answer came."""
        channel = await self.connect()
        return await channel.ask(questions, limit_s=self.limit_s)

    async def connect(self) -> Channel:
        """The connection, made where there is none; after it `started` and `version` are right."""
        async with self._connecting:
            if self._channel is not None and self._channel.alive:
                return self._channel
            try:
                return await self._open()
            except FileNotFoundError as error:
                raise TerminalAway(ABSENT) from error
            except TimedOut as error:
                raise TerminalAway(error.message) from error

    async def start(self) -> None:
        """Starts the server where nobody listens, without any configuration file; ours only."""
        async with self._connecting:
            await self._installed()
            if self._listening():
                return
            options = [word for option in _OWN_OPTIONS for word in (";", "set-option", *option)]
            words = ("-f", "/dev/null", *self._socket(), "start-server", *options)
            status, said = await self._run(*words, before=self.starter)
            if status != 0 and self.starter:
                log.warning("agents stand within the service: its memory limit is theirs too", why=said)
                status, said = await self._run(*words)
            if status != 0:
                raise TerminalAway(f"tmux server {self.name!r} cannot be started: {said}")

    async def close(self) -> None:
        """Leaves; the server stays."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def _open(self) -> Channel:
        await self._check()
        channel = await self._new_channel()
        try:
            replies = await channel.ask(self._greeting(), limit_s=self.limit_s)
            started_s, pid, release = (*replies[0].text.split(" ", 2), "", "")[:3]
            if not (started_s.isdigit() and pid.isdigit()):
                raise TerminalAway(f"tmux server {self.name!r} gave no start time and pid but {replies[0].text!r}")
        except (TerminalError, TimedOut):
            await channel.close()
            raise
        started = incarnation(int(started_s), int(pid))
        if self.started != started:
            self._lost_at = []
        self.started, self.started_s, self.version, self._channel = started, int(started_s), release, channel
        return channel

    async def _check(self) -> None:
        await self._installed()
        if not self._listening():
            raise ServerGone(f"no tmux server on socket {self.name!r}")
        if not self.own:
            # A server on its way out, or kept without sessions, is not held up by a session of ours.
            status, said = await self._run("-N", *self._socket(), "list-sessions", "-F", "#{session_name}")
            if status != 0 or not [name for name in said.split("\n") if name not in ("", HIDDEN)]:
                raise ServerGone(f"tmux server {self.name!r} has no sessions")

    async def _installed(self) -> None:
        if self._tmux is not None:
            return
        try:
            tmux = await version(self._program, env=self._env)
            tmux.check()
        except Unavailable as error:
            raise TerminalAway(error.message) from error
        self._tmux = tmux

    async def _new_channel(self) -> Channel:
        now = asyncio.get_running_loop().time()
        self._lost_at = [at for at in self._lost_at if now - at < _CRASH_WINDOW_S]
        if len(self._lost_at) >= _CRASHES:
            self._lost_at, self._forks_until = [], now + _FALLBACK_S
            self.fallback = (
                f"the control client of tmux server {self.name!r} was lost {_CRASHES} times in {_CRASH_WINDOW_S:g} s"
            )
        if now < self._forks_until:
            marker = f"={os.getpid()}:{id(self)}="
            return ForkedTmux(self._program, self._socket(), env=self._env, marker=marker)
        self.fallback = ""
        return await ControlClient.open(
            self._program,
            self._socket(),
            env=self._env,
            notified=self._notified,
            closed=self._lost,
            cpu=self._cpu,
            limit_s=self.limit_s,
        )

    def _greeting(self) -> list[Question]:
        identify = question("display-message", "-p", "#{start_time} #{pid} #{version}")
        if self.own:
            return [identify, *(question("set-option", *option) for option in _OWN_OPTIONS)]
        if self.fallback:
            return [identify]
        return [identify, question("set-option", "-t", f"={HIDDEN}:", "destroy-unattached", "on")]

    async def attach(
        self, words: Sequence[str], *, notified: Callable[[Notification | Output], None], closed: Callable[[], None]
    ) -> ControlClient:
        """One more control client, for whoever watches; `words` are its tmux command. TerminalAway where it cannot attach."""
        return await ControlClient.open(
            self._program,
            self._socket(),
            env=self._env,
            attach=words,
            notified=notified,
            closed=closed,
            cpu=self._cpu,
            limit_s=self.limit_s,
        )

    def _notified(self, item: Notification | Output) -> None:
        # Sessions and windows that come, go and change names; what happens within a pane is for the captures.
        if isinstance(item, Notification) and item.name.startswith(("session", "window", "unlinked-window")):
            self.noticed()

    def _lost(self) -> None:
        self._lost_at.append(asyncio.get_running_loop().time())
        self.noticed()

    def _socket(self) -> tuple[str, str]:
        return ("-S" if self.name.startswith("/") else "-L", self.name)

    def _listening(self) -> bool:
        with sockets.socket(sockets.AF_UNIX) as probe:
            probe.setblocking(False)
            try:
                probe.connect(str(self.path))
            except BlockingIOError:
                return True
            except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
                return False
            except OSError as error:
                raise TerminalAway(f"the socket {self.path} cannot be used: {error.strerror or error}") from error
        return True

    async def _run(self, *arguments: str, before: Sequence[str] = ()) -> tuple[int, str]:
        """One forked tmux, behind the words of who starts it: its exit status and what it printed."""
        return await asyncio.to_thread(self._forked, [*before, self._program, *arguments])

    def _forked(self, argv: Sequence[str]) -> tuple[int, str]:
        # Not asyncio's subprocess: uvloop's hands its own ends of the pipes on to the child, the tmux server keeps them, and the
        # end of the output never comes.
        try:
            done = subprocess.run(
                argv,
                env=self._env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                timeout=_START_LIMIT_S,
                check=False,
            )
        except FileNotFoundError as error:
            raise TerminalAway(ABSENT) from error
        except subprocess.TimeoutExpired as error:
            raise TerminalAway(f"tmux server {self.name!r} does not answer") from error
        return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def incarnation(started_s: int, pid: int) -> int:
    """One number for one run of a tmux server: its `start_time` has whole seconds, and another may start within the same one.

    Below 2**53, so that it is exact in JSON; process ids have at most 22 bits on Linux, fewer elsewhere.
    """
    return started_s << 22 | pid


def _nobody() -> None:
    """Nobody looks yet."""
