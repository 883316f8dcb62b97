"""A tmux of one's own for a test: own socket directory, own HOME, gone afterwards."""

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from outrider.model.pane import Away, Launch, Pane, PaneRef, Screen, Sight, Sweep
from outrider.tmux.terminal import TmuxTerminal

PATIENCE_S = 40.0


def clock() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class World:
    """A place of its own for tmux servers; `own` and `other` are socket names that nobody else uses."""

    home: Path
    env: dict[str, str]
    own: str
    other: str

    def tmux(self, *words: str, server: str = "") -> str:
        """Runs a tmux command by itself, as a person would."""
        done = subprocess.run(
            ["tmux", "-u", "-f", "/dev/null", "-L", server or self.own, *words],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def launch(
        self,
        session: str,
        *argv: str,
        env: Mapping[str, str] | None = None,
        unset: Sequence[str] = (),
        width: int = 100,
    ) -> Launch:
        """A launch in this world's home, 30 rows high."""
        return Launch(
            session=session,
            argv=argv,
            workdir=str(self.home),
            generation=f"token-{session}",
            env=env or {},
            unset=tuple(unset),
            width=width,
            height=30,
        )

    def terminal(self, *watch: str, program: str = "tmux", limit_s: float = 5.0) -> TmuxTerminal:
        """A terminal on this world's servers."""
        return TmuxTerminal(self.own, watch, clock=clock, env=self.env, program=program, limit_s=limit_s)


@contextmanager
def new_world() -> Iterator[World]:
    """A world, and nothing of it left afterwards. The directory is short: a socket's path has 100 characters."""
    home = Path(tempfile.mkdtemp(prefix="outrider-test-"))
    token = secrets.token_hex(4)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMUX_TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
    }
    world = World(home, env, f"outrider-test-{token}", f"outrider-other-{token}")
    try:
        yield world
    finally:
        for server in (world.own, world.other):
            subprocess.run(["tmux", "-L", server, "kill-server"], env=env, capture_output=True, check=False, timeout=60)
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class Viewer:
    """What the sights have shown so far."""

    terminal: TmuxTerminal
    sights: list[Sight] = field(default_factory=list)
    screens: dict[PaneRef, Screen] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Takes every sight."""
        async for sight in self.terminal.sights():
            self.sights.append(sight)
            if isinstance(sight, Sweep):
                self.screens.update((screen.pane.ref, screen) for screen in sight.screens)
            self._news.set()

    def last(self, server: str) -> Sight | None:
        """The newest sight of a server."""
        return next((sight for sight in reversed(self.sights) if sight.server == server), None)

    def panes(self, server: str) -> tuple[Pane, ...]:
        """The panes of the newest sweep of a server; none while it is away."""
        sight = self.last(server)
        return sight.panes if isinstance(sight, Sweep) else ()

    def away(self, server: str) -> Away | None:
        """The newest sight, if it says that the server is away."""
        sight = self.last(server)
        return sight if isinstance(sight, Away) else None

    def shown(self, ref: PaneRef) -> str:
        """The newest screen of a pane as one text."""
        return "\n".join(self.screens[ref].rows) if ref in self.screens else ""

    async def until(self, condition: Callable[[], object], limit_s: float = PATIENCE_S) -> None:
        """Waits for a sight after which the condition holds."""
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            screens = "\n".join(f"{ref.pane}: {self.shown(ref).rstrip()}" for ref in self.screens)
            raise AssertionError(f"not seen within {limit_s} s; last {self.sights[-1:]}\n{screens}") from None


@asynccontextmanager
async def viewing(terminal: TmuxTerminal) -> AsyncIterator[Viewer]:
    """Runs a terminal and takes its sights."""
    viewer = Viewer(terminal)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(terminal.run()), group.create_task(viewer.run())]
        try:
            yield viewer
        finally:
            for task in tasks:
                task.cancel()


async def until(condition: Callable[[], object], limit_s: float = PATIENCE_S) -> None:
    """Waits for something that no sight tells of."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)
