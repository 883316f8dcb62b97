"""The recorder on a pane that is played here: what is kept, when it ends, and that nothing waits for it or dies of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from outrider.errors import Conflict, TerminalAway
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent
from outrider.model.audit import AuditRow
from outrider.model.event import Event
from outrider.model.kind import Kind, LaunchSpec
from outrider.model.pane import Glimpse, Over, PaneRef, Picture
from outrider.model.state import Confidence, State, Verdict
from outrider.settings.keeping import Recordings as Wishes
from outrider.store import Change
from outrider.store.recordings import Recordings
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record
from outrider.supervisor.recorder import Recorder

ME = Actor("me", Scope.WRITE)


class Ledgerbook:
    """Keeps the audit that was written."""

    def __init__(self) -> None:
        self.audit: list[AuditRow] = []

    async def commit(self, change: Change) -> tuple[Event, ...]:
        self.audit += change.audit
        return ()


class Panes:
    """Fits `LivePanes`: shows what a test puts, to one viewer at a time."""

    def __init__(self) -> None:
        self.glimpses: asyncio.Queue[Glimpse] = asyncio.Queue()
        self.away = 0
        self.viewers = 0

    async def key(self, ref: PaneRef, data: bytes) -> None:
        raise AssertionError("a recorder types nothing")

    async def paste(self, ref: PaneRef, text: str) -> None:
        raise AssertionError("a recorder types nothing")

    @asynccontextmanager
    async def view(self, ref: PaneRef) -> AsyncIterator[AsyncIterator[Glimpse]]:
        if self.away:
            self.away -= 1
            raise TerminalAway("tmux is away")
        self.viewers += 1
        try:
            yield self._shown()
        finally:
            self.viewers -= 1

    async def _shown(self) -> AsyncIterator[Glimpse]:
        while True:
            yield await self.glimpses.get()


class Stage:
    """One agent, its pane and its recorder."""

    def __init__(self, folder: Path, *, max_mb: float = 50, room_mb: float = 0) -> None:
        self.now = 1_000_000
        self.panes, self.crew, self.ledger = Panes(), Crew(), Ledgerbook()
        verdict = Verdict(State.IDLE, True, self.now, Confidence.HIGH)
        ref = PaneRef("test", 1, "%0")
        agent = Agent("a1b2c3d4e5f6", "one", "here", "claude", ref, "/tmp", verdict, True, 1, 1, recording=True)
        kind = Kind("claude", "Claude", "", LaunchSpec(("claude",)))
        self.member = Member(agent, kind, Tracker(kind, born_ms=1, spawned=True), SlidingWindow(2))
        self.crew.add(self.member)
        self.record = Record(self.ledger)
        self.shelf = Recordings(folder / "recordings")
        self.recorder = Recorder(
            self.shelf,
            crew=self.crew,
            record=self.record,
            terminal=self.panes,
            wishes=Wishes(max_mb=max_mb),
            clock=lambda: self.now,
            room_mb=room_mb,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work) for work in (self.record.run(), self.recorder.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def show(self, *glimpses: Glimpse) -> None:
        for glimpse in glimpses:
            self.panes.glimpses.put_nowait(glimpse)

    def becomes(self, **changes: object) -> None:
        self.member.agent = replace(self.member.agent, **changes)  # type: ignore[arg-type]

    def texts(self) -> list[list[object]]:
        """The lines behind the header of the only recording."""
        (found,) = self.shelf.listed()
        return [json.loads(line) for line in b"".join(self.shelf.read(found.id)).decode().split("\n")[1:] if line]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(40):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_the_pane_shows_is_kept_until_its_agent_ends(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.running():
        stage.show(Picture(80, 24, b"drawn"))
        await until(stage.shelf.listed)
        stage.now += 1500
        stage.show("né".encode()[:2], "né".encode()[2:])
        await until(lambda: len(stage.texts()) == 3)
        (live,) = await stage.recorder.listed("one")
        assert (live.live, live.id, live.cut) == (True, "a1b2c3d4-1000000", "")
        with pytest.raises(Conflict, match="still being made"):
            await stage.recorder.remove(live.id, ME)
        stage.show(b"last words")
        stage.becomes(verdict=replace(stage.member.agent.verdict, alive=False))
        await until(lambda: stage.panes.viewers == 0)
        assert stage.texts() == [[0.0, "o", "\x1bcdrawn"], [1.5, "o", "n"], [1.5, "o", "é"], [1.5, "o", "last words"]]
        assert (await stage.recorder.find(live.id)).live is False
        assert stage.member.agent.recording
        assert b"".join([piece async for piece in stage.recorder.pieces(live.id)]).endswith(b'"last words"]\n')
        await stage.recorder.remove(live.id, ME)
        assert await stage.recorder.listed() == []
        assert [row.action for row in stage.ledger.audit] == ["recording_removed"]


async def test_at_its_limit_it_is_cut_with_the_reason_and_the_agent_not_recorded_any_more(tmp_path: Path) -> None:
    stage = Stage(tmp_path, max_mb=0.001)
    async with stage.running():
        stage.show(Picture(80, 24, b"drawn"), b"x" * 500, b"y" * 500)
        await until(lambda: not stage.member.agent.recording)
        await until(lambda: stage.panes.viewers == 0)
        (found,) = await stage.recorder.listed()
        assert (found.cut, found.live) == ("the recording reached its limit of 0.001 MB", False)
        assert found.size < 1000 + 100
        assert "y" not in str(stage.texts())
        (row,) = stage.ledger.audit
        assert (row.actor, row.action, row.data["why"]) == ("outrider:recorder", "recording", found.cut)
        await stage.recorder.switch("one", ME, on=True)
        stage.now += 5
        stage.show(Picture(80, 24, b"again"))
        await until(lambda: len(stage.shelf.listed()) == 2)


async def test_a_disk_that_is_nearly_full_is_not_filled(tmp_path: Path) -> None:
    stage = Stage(tmp_path, room_mb=float("inf"))
    async with stage.running():
        await until(lambda: not stage.member.agent.recording)
    assert stage.shelf.listed() == []
    assert "MB are free" in str(stage.ledger.audit[0].data["why"])


async def test_a_pane_that_was_lost_is_recorded_again_and_a_tmux_that_is_away_is_waited_for(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.panes.away = 1
    async with stage.running():
        stage.show(Picture(80, 24, b"one"), Over("too slow", lagged=True))
        await until(stage.shelf.listed)
        stage.now += 5
        stage.show(Picture(80, 24, b"two"))
        await until(lambda: len(stage.shelf.listed()) == 2)
        await stage.recorder.switch("one", ME, on=False)
        await until(lambda: stage.panes.viewers == 0)
    assert [row.data for row in stage.ledger.audit] == [{"recording": False}]


async def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.shelf.folder.touch()
    async with stage.running():
        stage.show(Picture(80, 24, b"one"))
        await until(lambda: stage.panes.glimpses.empty() or stage.panes.viewers == 0)
        stage.shelf.folder.unlink()
        stage.show(Picture(80, 24, b"two"))
        await until(stage.shelf.listed)
