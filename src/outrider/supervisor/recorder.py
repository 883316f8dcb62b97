"""The recorder: writes down what the panes of those agents show that are to be recorded.

It reads what a viewer of the live terminal reads (`LivePanes.view`): the program's own bytes, over a client that types nothing and
resizes nothing. Nothing waits for it. A recording ends with its agent, or cut, with the reason in it, at its limit or where the disk
is nearly full; the agent is then not recorded any more until somebody says so again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from outrider.errors import Conflict, OutriderError
from outrider.logic.asciicast import CUT, Cast
from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent
from outrider.model.audit import AuditRow
from outrider.model.pane import Glimpse, Over, Picture
from outrider.model.recording import Recording
from outrider.ports import LivePanes
from outrider.settings.keeping import Recordings as Wishes
from outrider.store import Change
from outrider.store.recordings import Recordings, Tape
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.disk import free_mb
from outrider.supervisor.record import Record

log = structlog.get_logger()

RECORDER = Actor("outrider:recorder", Scope.WRITE)
LOOK_S = 0.5
AGAIN_S = 2.0
"""Before a recording that could not be begun, or whose pane was lost, is tried again."""
ROOM_MB = 200
"""What a recording leaves free on the disk, so that it is never what keeps the database from being written."""
MB = 1_000_000


@dataclass(slots=True)
class _Reel:
    """A recording that is being made."""

    tape: Tape
    cast: Cast
    member: Member


class Recorder:
    """Records agents for ever; `run` is the daemon's task."""

    def __init__(
        self,
        shelf: Recordings,
        *,
        crew: Crew,
        record: Record,
        terminal: LivePanes,
        wishes: Wishes,
        clock: Callable[[], int],
        room_mb: float = ROOM_MB,
    ) -> None:
        self._shelf = shelf
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._limit = wishes.max_mb * MB
        self._limit_mb = wishes.max_mb
        self._clock = clock
        self._room_mb = room_mb
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._live: set[str] = set()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Records whoever is to be recorded, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            leaving: set[str] = set()
            while True:
                wanted = {m.agent.id: m for m in self._crew if m.agent.recording and m.alive and m.agent.ref.started}
                for agent_id in [each for each, task in self._tasks.items() if task.done()]:
                    del self._tasks[agent_id]
                # Who has just ended is listened to for one more turn: its last words may still be on their way.
                for agent_id in leaving - wanted.keys():
                    if task := self._tasks.get(agent_id):
                        task.cancel()
                leaving = self._tasks.keys() - wanted.keys()
                for agent_id, member in wanted.items():
                    if agent_id not in self._tasks:
                        self._tasks[agent_id] = group.create_task(self._follow(member))
                self._wake.clear()
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def switch(self, session: str, actor: Actor, *, on: bool) -> Agent:
        """Has an agent recorded from now on, or no longer. NoSuchAgent."""
        member = self._crew.get(session)
        await self._switch(member, actor, on=on, why="")
        return member.agent

    async def _switch(self, member: Member, actor: Actor, *, on: bool, why: str) -> None:
        member.agent = replace(member.agent, recording=on, changed_ms=self._clock())
        data: dict[str, object] = {"recording": on} | ({"why": why} if why else {})
        row = AuditRow(self._clock(), actor.name, "recording", member.agent.session, data)
        await self._record.keep(Change(agents=(member.agent,), audit=(row,)))
        self._wake.set()

    # ---- what is kept ----------------------------------------------------------------------------

    async def listed(self, session: str | None = None) -> Sequence[Recording]:
        """The recordings of that session, or all, newest first."""
        found = await asyncio.to_thread(self._shelf.listed, session)
        return [replace(each, live=each.id in self._live) for each in found]

    async def find(self, recording_id: str) -> Recording:
        """One recording; NoSuchThing."""
        found = await asyncio.to_thread(self._shelf.find, recording_id)
        return replace(found, live=found.id in self._live)

    async def pieces(self, recording_id: str) -> AsyncIterator[bytes]:
        """What it holds now, in pieces, up to its last whole line."""
        pieces = self._shelf.read(recording_id)
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece

    async def remove(self, recording_id: str, actor: Actor) -> Recording:
        """Takes a recording away for good; Conflict while it is made. NoSuchThing."""
        found = await self.find(recording_id)
        if found.live:
            raise Conflict(f"The recording {recording_id} is still being made; end it first.")
        await asyncio.to_thread(self._shelf.remove, recording_id)
        row = AuditRow(self._clock(), actor.name, "recording_removed", found.session, {"recording": recording_id})
        await self._record.keep(Change(audit=(row,)))
        return found

    async def prune(self, *, before_ms: int, most: float) -> None:
        """Takes away recordings from before that time, and the oldest until all have at most `most` bytes."""
        live = frozenset(self._live)
        if gone := await asyncio.to_thread(self._shelf.prune, live, before_ms=before_ms, most=most):
            log.info("old recordings were removed", recordings=gone)

    # ---- recording -------------------------------------------------------------------------------

    async def _follow(self, member: Member) -> None:
        """One agent's recording, from now until it is cancelled or cut; what fails is tried again with a new one."""
        told = ""
        while True:
            try:
                if await self._reel(member):
                    return
            except (OutriderError, OSError) as error:
                if str(error) != told:
                    log.warning("an agent is not recorded now", session=member.agent.session, why=str(error))
                told = str(error)
            await asyncio.sleep(AGAIN_S)

    async def _reel(self, member: Member) -> bool:
        """Records until its pane is gone or lost (false), or the recording is cut (true)."""
        if why := self._no_room(0):
            await self._switch(member, RECORDER, on=False, why=why)
            return True
        async with self._terminal.view(member.agent.ref) as glimpses:
            begun = self._clock()
            tape = await asyncio.to_thread(self._shelf.begin, member.agent.id, begun)
            reel = _Reel(tape, Cast(begun), member)
            self._live.add(tape.path.stem)
            try:
                return await self._write(reel, glimpses)
            finally:
                await asyncio.to_thread(tape.close)
                self._live.discard(tape.path.stem)

    async def _write(self, reel: _Reel, glimpses: AsyncIterator[Glimpse]) -> bool:
        async for glimpse in glimpses:
            now = self._clock()
            match glimpse:
                case Over():
                    return False
                case Picture(width=width, height=height, data=data):
                    head = "" if reel.tape.size else reel.cast.header(width, height, reel.member.agent.session)
                    lines = reel.cast.picture(width, height, data, now)
                case bytes():
                    head, lines = "", reel.cast.output(glimpse, now)
            if why := self._no_room(reel.tape.size + len((head + lines).encode())):
                await asyncio.to_thread(reel.tape.write, head + reel.cast.marker(CUT + why, now))
                await self._switch(reel.member, RECORDER, on=False, why=why)
                return True
            await asyncio.to_thread(reel.tape.write, head + lines)
        return False

    def _no_room(self, size: int) -> str:
        if size > self._limit:
            return f"the recording reached its limit of {self._limit_mb:g} MB"
        free = free_mb(self._shelf.folder.parent)
        if free is not None and free < self._room_mb:
            return f"less than {self._room_mb:g} MB are free on the disk"
        return ""
