"""The listener: what agents say of themselves, by hooks and session files, goes to their trackers and all who count and decide by it.

Handlers never wait: what they do with a batch is done at once.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from outrider.kinds.channels import claude_session
from outrider.model.hook import HookEvent, SessionNote
from outrider.ports import Terminal
from outrider.store import Change
from outrider.supervisor import counting
from outrider.supervisor.autopilot import Autopilot
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record
from outrider.supervisor.speaker import Speakers
from outrider.supervisor.upkeep import Upkeep

FOLLOW_S = 0.5


class Hooks(Protocol):
    """The hook spool."""

    def batches(self) -> AsyncIterator[tuple[HookEvent, ...]]: ...
    def discard(self, events: Sequence[HookEvent]) -> None: ...


class Notes(Protocol):
    """Session files that agents write of themselves."""

    def notes(self) -> AsyncIterator[tuple[SessionNote, ...]]: ...
    def follow(self, dirs: Collection[Path]) -> None: ...


class Settle(Protocol):
    """Has a member judged again; `keep` saves it in any case."""

    def __call__(self, member: Member, now_ms: int, *, keep: bool = False) -> None: ...


class Listener:
    """Hears every agent of the crew. `settle` is called for each that said something."""

    def __init__(
        self,
        *,
        crew: Crew,
        record: Record,
        terminal: Terminal,
        hooks: Hooks,
        notes: Notes,
        environ: Mapping[str, str],
        clock: Callable[[], int],
        upkeep: Upkeep,
        autopilot: Autopilot,
        settle: Settle,
    ) -> None:
        self._crew = crew
        self._speakers = Speakers(crew)
        self._record = record
        self._terminal = terminal
        self._hooks = hooks
        self._notes = notes
        self._environ = environ
        self._clock = clock
        self._diligence = upkeep.diligence
        self._progress = upkeep.progress
        self._transcripts = upkeep.transcripts
        self._autopilot = autopilot
        self._settle = settle
        self._places: dict[str, Path | None] = {}

    async def run(self) -> None:
        """Listens for ever; the daemon's task."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_hooks())
            group.create_task(self._follow_notes())
            group.create_task(self._follow_crew())

    async def _follow_hooks(self) -> None:
        async for events in self._hooks.batches():
            self.hooks(events)

    async def _follow_notes(self) -> None:
        async for notes in self._notes.notes():
            self.notes(notes)

    async def _follow_crew(self) -> None:
        """Keeps up with who is there, and where they keep their session files."""
        while True:
            self._notes.follow(self._config_dirs())
            await asyncio.sleep(FOLLOW_S)

    def _config_dirs(self) -> set[Path]:
        before, self._places = self._places, {}
        for member in self._crew:
            agent = member.agent
            if member.alive and member.kind.channel == "claude":
                known = agent.id in before
                place = before[agent.id] if known else claude_session.config_dir({**self._environ, **agent.env})
                self._places[agent.id] = place
        return {path for path in self._places.values() if path is not None}

    def hooks(self, events: tuple[HookEvent, ...]) -> None:
        """Hook calls, in their order; what belongs to no living spawn of ours is dropped (late, or of an earlier run)."""
        touched: dict[str, Member] = {}
        for event in events:
            member = self._speakers.of(event)
            if member is None or member.voice is None:
                continue
            heard = member.voice.hear(event)
            member.tracker.background(member.voice.background)
            if heard.reading is not None:
                member.tracker.hear(heard.reading)
            if heard.prompt is not None:
                member.took_in(event.at_ms if heard.taken_ms is None else heard.taken_ms, heard.prompt)
            member.agent = counting.counted(member.agent, event, heard)
            self._diligence.hook(member, event)
            self._autopilot.hook(member, event)
            if heard.transcript is not None:
                self._transcripts.spoke(member.agent.id, heard.transcript, event.at_ms)
            touched[member.agent.id] = member
        now = self._clock()
        for member in touched.values():
            self._terminal.urge(member.agent.ref)
            self._progress.update(member)
            self._settle(member, now, keep=True)
        self._record.put(Change(), lambda: self._discard(events))

    def _discard(self, events: tuple[HookEvent, ...]) -> None:
        self._hooks.discard(events)
        for member in {event.generation: self._crew.of_generation(event.generation) for event in events}.values():
            if member is not None:
                member.agent = counting.released(member.agent, events)

    def notes(self, notes: tuple[SessionNote, ...]) -> None:
        """Session files that changed; each is matched by the process that wrote it, or by its conversation."""
        now = self._clock()
        for note in notes:
            reading = claude_session.reading(note)
            for member in self._crew:
                if member.alive and member.wrote(note):
                    self._transcripts.noted(member, note, self._environ)
                    if note.version is not None:
                        member.agent = dataclasses.replace(member.agent, version=note.version)
                    if reading is not None:
                        member.tracker.hear(reading)
                        self._diligence.spoke(member, note.at_ms)
                        self._terminal.urge(member.agent.ref)
                        self._settle(member, now)
