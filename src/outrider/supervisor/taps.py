"""The taps: what agents announce in their raw output, where their kind has it, goes to their trackers.

A pane is tapped only where nobody else reads its output, and is given back as it was found. Nothing of this is needed: where it
cannot be had, the verdict says so, and rests on everything else.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from outrider.errors import TerminalError, TimedOut
from outrider.kinds.channels.announcements import Announcements, its_own, word
from outrider.kinds.channels.tap import Tap
from outrider.model.pane import PaneRef
from outrider.ports import Pipes
from outrider.supervisor.crew import Crew, Member

log = structlog.get_logger()

LOOK_S = 0.5
START_MS = 5000
"""How long a reader may take to start."""
STALLED_MS = 5000
"""A screen that changed so long after the last byte shows that its reader brings nothing."""
FULL_MS, LOST_MS, REFUSED_MS = 1000, 60_000, 600_000
"""When it is tried again: after there was too much to read, after the reader was lost (who has a pipe of their own next may be a person,
whom `pipe-pane -o` should serve at the second try), and where none starts."""
BEAT_MS = 1000
LEAVE_S = 1.0

FOREIGN = "What it announces in its output is not heard: the pane has a pipe (pipe-pane) that is not ours."
NO_READER = "What it announces in its output is not heard: no reader started; it takes the `dd` of GNU coreutils."
LOST = "What it announces in its output is not heard: its reader ended; another one is started within a minute."
STALLED = "What it announces in its output is not heard: its reader brought nothing and was taken off; it is tried again within a minute."
AWAY = "What it announces in its output is not heard: tmux could not be asked for the pane's output yet."
NO_PLACE = "What it announces in its output is not heard: no pipe can be made in the runtime directory ({why})."


@dataclass(slots=True)
class _Line:
    """One agent's tap; times in ms. `why` says why nothing is heard; it is not tried again before `again_ms`."""

    ref: PaneRef
    ears: Announcements
    tap: Tap | None = None
    up: bool = False
    asked_ms: int = 0
    heard_ms: int = 0
    told_ms: int = 0
    again_ms: int = 0
    why: str = ""


class Taps:
    """Taps the panes of the crew whose kinds announce something; none where it is not `wanted`. `settle` has a member judged again."""

    def __init__(
        self,
        crew: Crew,
        terminal: Pipes,
        folder: Path,
        *,
        clock: Callable[[], int],
        settle: Callable[[Member, int], None],
        wanted: bool = True,
    ) -> None:
        self._crew = crew
        self._terminal = terminal
        self._folder = folder
        self._clock = clock
        self._settle = settle
        self._wanted = wanted
        self._lines: dict[str, _Line] = {}

    async def run(self) -> None:
        """Follows the crew for ever; the daemon's task."""
        await self._clear()
        while True:
            await self.turn()
            await asyncio.sleep(LOOK_S)

    async def turn(self) -> None:
        """Taps who came, and leaves who went."""
        for agent_id in list(self._lines):
            member = self._crew.by_id(agent_id)
            if member is None or not self._wants(member):
                await self._drop(agent_id)
        for member in self._crew:
            if member.pane is not None and self._wants(member):
                await self._follow(member)

    async def leave(self) -> None:
        """Gives every pane back, before the daemon ends; what cannot be done at once is left to `dd`, which ends by itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                for agent_id in list(self._lines):
                    await self._drop(agent_id)

    def _wants(self, member: Member) -> bool:
        there = member.alive and member.agent.ended_ms is None and member.agent.ref.started
        return bool(self._wanted and there and member.kind.announces.osc)

    async def _clear(self) -> None:
        """What an earlier daemon left: pipes of agents that are not tapped any more."""
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            member = self._crew.by_id(path.name)
            if member is not None and self._wants(member):
                continue
            try:
                tap = Tap.open(path, _nothing, _nobody)
            except OSError as error:
                log.warning("a pipe of an earlier run cannot be removed", path=str(path), why=str(error))
                continue
            if member is not None:
                await self._untap(member.agent.ref, tap)
            tap.close()

    async def _follow(self, member: Member) -> None:
        now = self._clock()
        line = self._lines.get(member.agent.id)
        if line is None:
            line = self._lines[member.agent.id] = _Line(member.agent.ref, Announcements(member.kind.announces.osc))
        if line.tap is None:
            if now >= line.again_ms:
                await self._open(member, line, now)
        elif not line.up:
            if line.tap.written():
                line.up, line.why = True, ""
            elif now - line.asked_ms > START_MS:
                line.tap.close()
                line.tap, line.again_ms, line.why = None, now + REFUSED_MS, NO_READER
        elif member.screen is not None and member.screen.taken_ms - line.heard_ms > STALLED_MS:
            await self._untap(line.ref, line.tap)
            line.tap.close()
            self._silenced(line, member, now, STALLED)
        member.tracker.aside.unheard((line.why,) if line.why else ())

    async def _open(self, member: Member, line: _Line, now: int) -> None:
        path = self._folder / member.agent.id
        piped = member.pane is not None and member.pane.piped
        if piped and not path.exists():
            line.why = FOREIGN
            return
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            heard, lost = partial(self._heard, member.agent.id), partial(self._lost, member.agent.id)
            line.tap = tap = Tap.open(path, heard, lost)
        except OSError as error:
            line.again_ms, line.why = now + REFUSED_MS, NO_PLACE.format(why=error.strerror or error)
            return
        line.asked_ms = line.heard_ms = now
        line.up, line.why = tap.written(), ""
        if not line.up:
            try:
                line.why = FOREIGN if piped or not await self._terminal.pipe(line.ref, tap.line) else ""
            except (TerminalError, TimedOut) as error:
                log.debug("a pane could not be tapped yet", pane=line.ref.pane, why=error.message)
                line.why = AWAY
        if line.why:
            tap.close()
            line.tap = None
        else:
            tap.listen()

    async def _untap(self, ref: PaneRef, tap: Tap) -> None:
        """Takes our reader off. One that is gone has been replaced by somebody's, or is seen to be gone with the pane's next byte."""
        if tap.written():
            with suppress(TerminalError, TimedOut):
                await self._terminal.pipe(ref, "")

    async def _drop(self, agent_id: str) -> None:
        line = self._lines.pop(agent_id)
        if line.tap is not None:
            await self._untap(line.ref, line.tap)
            line.tap.close()
        member = self._crew.by_id(agent_id)
        if member is not None:
            member.tracker.unsaid()
            member.tracker.aside.unheard(())

    def _heard(self, agent_id: str, data: bytes) -> None:
        line, member, now = self._lines.get(agent_id), self._crew.by_id(agent_id), self._clock()
        if line is None or member is None:
            return
        line.heard_ms = now
        if now - line.told_ms >= BEAT_MS:
            line.told_ms = now
            member.tracker.wrote(now)
        announces = member.kind.announces
        reports = [report for report in line.ears.feed(data) if its_own(announces, report)]
        if reports:
            said = word(announces, reports[-1], now)
            if said is None:
                member.tracker.unsaid()
            else:
                member.tracker.hear(said)
            self._terminal.urge(line.ref)
            self._settle(member, now)

    def _lost(self, agent_id: str, full: bool) -> None:
        line, member, now = self._lines.get(agent_id), self._crew.by_id(agent_id), self._clock()
        if line is not None and member is not None:
            self._silenced(line, member, now, LOST)
            line.again_ms = now + (FULL_MS if full else LOST_MS)

    def _silenced(self, line: _Line, member: Member, now: int, why: str) -> None:
        """Nothing more is heard: the last word would only grow old."""
        line.tap, line.up, line.why, line.again_ms = None, False, why, now + LOST_MS
        line.ears = Announcements(member.kind.announces.osc)
        member.tracker.unsaid()


def _nothing(data: bytes) -> None:
    """Nobody listens."""


def _nobody(full: bool) -> None:
    """Nobody is told."""
