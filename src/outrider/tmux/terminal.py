"""The Terminal port on real tmux servers: our own, where agents are spawned, and others that are watched.

One control client a server does everything: the sweeps of `watch.py` and what the verbs below ask. `run` has to run for
`sights` to give anything; the verbs work without it too.
"""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from outrider.errors import Conflict, InvalidInput, PaneGone, TerminalAway, TerminalError, TimedOut
from outrider.logic import keys as key_names
from outrider.model.pane import ANY, Launch, Pane, PaneRef, Screen, Sight, Terms
from outrider.tmux import guard
from outrider.tmux import launch as launching
from outrider.tmux.cadence import Pace
from outrider.tmux.mirror import Mirror, View
from outrider.tmux.protocol import Reply
from outrider.tmux.quote import Question, chain, question, timeless, unless
from outrider.tmux.rows import FORMAT, Rows
from outrider.tmux.server import Server, ServerGone
from outrider.tmux.sgr import plain, standing
from outrider.tmux.version import pasting
from outrider.tmux.watch import Meter, Watch, complaint, fitted, state

_PASTE_START = "\x1b[200~"
_PASTE_END = "\x1b[201~"


class TmuxTerminal:
    """Panes of tmux servers named as for `tmux -L`, or by the absolute path of their socket.

    `env` is the environment of the tmux processes (our own server's, when it is started, by `starter`); `cpu_budget` is the share of a core
    that looking may cost, the consumer's work on each sight included; `busy_ms` and `quiet_ms` bound the time between two looks; `limit_s`
    is how long tmux may take to answer; `cpu` gives the CPU seconds of this thread. A verb that types, never answered, ends in TimedOut.
    """

    def __init__(
        self,
        own: str,
        watch: Sequence[str] = (),
        *,
        clock: Callable[[], int],
        env: Mapping[str, str],
        cpu_budget: float = 0.07,
        busy_ms: int = 100,
        quiet_ms: int = 1000,
        limit_s: float = 5.0,
        program: str = "tmux",
        starter: Sequence[str] = (),
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        names = tuple(dict.fromkeys((own, *watch)))
        pace = Pace(busy_ms, quiet_ms, cpu_budget)
        self._clock, self._meter = clock, Meter(cpu)
        self._sights: asyncio.Queue[Sight] = asyncio.Queue(maxsize=2 * len(names))
        self._buffers, self._mirroring = itertools.count(), asyncio.Lock()
        self._watches: dict[str, Watch] = {}
        for name in names:
            server = Server(name, own=name == own, program=program, env=env, cpu=cpu, limit_s=limit_s)
            self._watches[name] = Watch(server, pace=pace, clock=clock, meter=self._meter, emit=self._sights.put)
        self._own = self._watches[own].server
        self._own.starter = starter
        self._mirrors: dict[PaneRef, Mirror] = {}

    async def run(self) -> None:
        """Looks at every server until it is cancelled, then leaves them as they are."""
        try:
            async with asyncio.TaskGroup() as group:
                for watch in self._watches.values():
                    group.create_task(watch.run())
        finally:
            await self.close()

    async def close(self) -> None:
        """Leaves every server in good order; the servers and all panes stay."""
        for watch in self._watches.values():
            await watch.server.close()

    async def sights(self) -> AsyncIterator[Sight]:
        """Looks at every server, for ever; one consumer. The first sight of a server has every followed screen.

        A pane in `looked` was captured, or tmux said that nothing was written to it since it was.
        """
        while True:
            sight = await self._sights.get()
            before = self._meter.cpu()
            yield sight
            self._meter.since(before)

    def follow(self, refs: Collection[PaneRef]) -> None:
        """Captures the screens of these panes from now on, and of no others."""
        for name, watch in self._watches.items():
            watch.follow(ref for ref in refs if ref.server == name)

    def urge(self, ref: PaneRef) -> None:
        """Has this pane captured at the next opportunity."""
        if ref.server in self._watches:
            self._watches[ref.server].urge(ref)

    async def spawn(self, launch: Launch) -> Pane:
        """Starts a session on our own server, which is started where it is not there; the pane stays when its program exits.

        Conflict where a session of that name exists; then nothing was started. InvalidInput where tmux could not do it.
        """
        launching.check(launch)
        await self._own.start()
        (reply,) = await self._own.ask(launching.session(launch))
        if not reply.ok:
            if reply.text.startswith("duplicate session"):
                raise Conflict(
                    f"there is a tmux session {launch.session!r} already; choose another name or end it first"
                )
            raise TerminalError(f"tmux could not start session {launch.session!r}: {reply.text}")
        row = Rows(self._own.name, self._own.started).one(reply.body)
        if row is None:
            raise TerminalError(f"tmux started session {launch.session!r} but answered {reply.text!r}")
        self._watches[self._own.name].wake()
        # The new process has its directory a moment after tmux has answered.
        return replace(row.pane, path=launch.workdir)

    async def look(self, ref: PaneRef, *, styled: bool = False) -> Screen:
        """The pane's screen now, asked of tmux after the call began; with colours where `styled`.

        Of a pane that has just died the exit status may still be unknown; a later sweep has it.
        """
        taken_ms = self._clock()
        escapes = ("-e",) if styled else ()
        shown, captured = await self._read(
            ref,
            question("display-message", "-p", "-t", ref.pane, FORMAT),
            question("capture-pane", "-p", *escapes, "-t", ref.pane),
        )
        row = Rows(ref.server, ref.started).one(shown.body)
        if row is None:
            raise PaneGone(f"pane {ref.pane} of tmux server {ref.server!r} is gone")
        lines = fitted(captured.lines, row.pane.height)
        # The client of a mirror is attached like any other, and is nobody at the terminal.
        pane = replace(row.pane, clients=max(0, row.pane.clients - (ref in self._mirrors)))
        if not styled:
            return Screen(pane, lines, taken_ms)
        return Screen(pane, tuple(plain(line) for line in lines), taken_ms, standing(lines))

    async def output(self, ref: PaneRef, *, lines: int, ansi: bool = False) -> tuple[str, ...]:
        """The last `lines` rows of history and screen, trailing blank rows cut."""
        if lines <= 0:
            return ()
        escapes = ("-e",) if ansi else ()
        (reply,) = await self._read(ref, question("capture-pane", "-p", *escapes, "-S", str(-lines), "-t", ref.pane))
        rows = [line.rstrip(" ") for line in reply.lines]
        while rows and not plain(rows[-1]):
            rows.pop()
        return (standing(rows) if ansi else tuple(rows))[-lines:]

    async def paste(self, ref: PaneRef, text: str, terms: Terms = ANY, *, always: bool = False) -> None:
        """As the port says. TerminalError while the pane is in copy mode or its program has ended; InvalidInput for a text that ends a
        bracketed paste: what follows would be taken as keys."""
        if _PASTE_END in text:
            raise InvalidInput("the text has the control sequence that ends a paste (ESC [201~); leave it out")
        if not text:
            return
        name = f"outrider-{os.getpid()}-{next(self._buffers)}"
        held = f"{_PASTE_START}{text}{_PASTE_END}" if always else text
        await self._read(ref, question("set-buffer", "-b", name, "--", held))
        words = (*pasting(self._watches[ref.server].server.version), *([] if always else ["-p"]))
        try:
            await self._type(ref, guard.in_front(terms), *words, "-b", name, "-t", ref.pane, terms=terms)
        except TerminalError:
            with suppress(TerminalError, TimedOut):
                await self._ask(ref, question("delete-buffer", "-b", name))
            raise
        self.urge(ref)

    async def write(self, ref: PaneRef, text: str, terms: Terms = ANY) -> None:
        """Types the text as literal keys; no Enter. Errors as for `paste`."""
        if text:
            words = ("send-keys", "-t", ref.pane, "-l", "--", text)
            await self._type(ref, guard.in_front(terms), *words, terms=terms)
            self.urge(ref)

    async def press(self, ref: PaneRef, keys: Sequence[str], terms: Terms = ANY) -> None:
        """Presses named keys (`Enter`, `Escape`, `C-u`) in order; InvalidInput where tmux has no key of that name."""
        _check(keys)
        if keys:
            await self._type(ref, guard.alive(terms), "send-keys", "-t", ref.pane, "--", *keys, terms=terms)
            self.urge(ref)

    async def trace(self, ref: PaneRef, trace: str) -> None:
        """As the port says. tmux keeps it as a hidden variable, which no program gets and no client is drawn anew for."""
        await self._read(ref, question(*_leaving(ref, trace)))

    async def traced(self, ref: PaneRef) -> str:
        """As the port says."""
        (told,) = await self._read(ref, question("display-message", "-p", "-t", ref.pane, f"#{{{_variable(ref)}}}"))
        return told.text

    async def key(self, ref: PaneRef, data: bytes) -> None:
        """Gives the program these bytes as if they came from a keyboard. TerminalError as for `write`."""
        if data:
            codes = [f"{byte:02x}" for byte in data]
            await self._type(ref, guard.DEAD_OR_MODE, "send-keys", "-t", ref.pane, "-H", "--", *codes)
            self.urge(ref)

    @asynccontextmanager
    async def view(self, ref: PaneRef) -> AsyncIterator[View]:
        """What the pane shows, as it is written, to be iterated inside. One client serves all viewers of a pane.

        PaneGone, or TerminalAway where tmux cannot be asked.
        """
        async with self._mirroring:
            mirror = self._mirrors.get(ref)
            if mirror is None or not mirror.alive:
                (told,) = await self._read(ref, question("display-message", "-p", "-t", ref.pane, "#{session_id}"))
                if not told.text:
                    raise PaneGone(f"pane {ref.pane} of tmux server {ref.server!r} is gone")
                mirror = await Mirror.open(self._watches[ref.server].server, ref, told.text)
                self._mirrors[ref] = mirror
            view = mirror.join()
        try:
            yield view
        finally:
            mirror.leave(view)
            if not mirror.views:
                if self._mirrors.get(ref) is mirror:
                    del self._mirrors[ref]
                await mirror.close()

    async def pipe(self, ref: PaneRef, line: str) -> bool:
        """Has a line of sh read what the pane's program writes; an empty one takes off what does. False: somebody does, or it ended."""
        words = ("pipe-pane", "-O", "-t", ref.pane, timeless(line))
        asked = unless(ref.pane, guard.DEAD_OR_PIPED, words) if line else question("pipe-pane", "-t", ref.pane)
        return not (await self._read(ref, asked))[0].text

    async def end(self, ref: PaneRef) -> None:
        """Ends the pane (its session with it, if it was the last one). A pane that is gone already is no error."""
        try:
            await self._ask(ref, chain(("set-environment", "-gu", _variable(ref)), ("kill-pane", "-t", ref.pane)))
        except (PaneGone, ServerGone):
            return
        self.urge(ref)

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status` (`ok` or `degraded`), `version`, a list `servers` with the state of each, `why` if degraded."""
        reasons = [why for watch in self._watches.values() if (why := complaint(watch))]
        health: dict[str, object] = {
            "status": "degraded" if reasons else "ok",
            "version": self._own.release,
            "servers": [state(watch) for watch in self._watches.values()],
        }
        return health | {"why": "; ".join(reasons)} if reasons else health

    async def _type(self, ref: PaneRef, condition: str, *words: str, terms: Terms = ANY) -> None:
        """Runs a command that types, unless the condition says why not, with the keys in front of it and the trace behind it."""
        (reply,) = await self._ask(ref, unless(ref.pane, condition, *_framed(ref, words, terms)))
        if (refused := guard.refusal(reply.text, ref.pane)) is not None:
            raise refused

    async def _read(self, ref: PaneRef, *questions: Question) -> list[Reply]:
        """Asks something that types nothing: an answer that does not come is no more than a server that is away."""
        try:
            return await self._ask(ref, *questions)
        except TimedOut as error:
            raise TerminalAway(error.message) from error

    async def _ask(self, ref: PaneRef, *questions: Question) -> list[Reply]:
        watch = self._watches.get(ref.server)
        if watch is None:
            raise TerminalAway(f"tmux server {ref.server!r} is not among those that are looked at")
        channel = await watch.server.connect()
        if watch.server.started != ref.started:
            raise PaneGone(f"pane {ref.pane} went with the tmux server {ref.server!r} that it was in")
        replies = await channel.ask(questions, limit_s=watch.server.limit_s)
        for reply in replies:
            if not reply.ok and reply.text.startswith("can't find"):
                raise PaneGone(f"pane {ref.pane} of tmux server {ref.server!r} is gone")
            if not reply.ok:
                raise TerminalError(f"tmux refused: {reply.text}")
        return replies


def _check(keys: Sequence[str]) -> None:
    for key in keys:
        if not key_names.known(key):
            raise InvalidInput(
                f"tmux has no key named {key!r}; names are like Enter, Escape, Up, F5, C-c or a character"
            )


def _variable(ref: PaneRef) -> str:
    """What tmux keeps the trace of a pane under."""
    return f"OUTRIDER_TYPED_{ref.pane.removeprefix('%')}"


def _framed(ref: PaneRef, words: tuple[str, ...], terms: Terms) -> Iterator[tuple[str, ...]]:
    if terms.before:
        yield ("send-keys", "-t", ref.pane, "--", *terms.before)
    yield words
    if terms.trace:
        yield _leaving(ref, terms.trace)


def _leaving(ref: PaneRef, trace: str) -> tuple[str, ...]:
    return ("set-environment", "-gh", _variable(ref), trace)
