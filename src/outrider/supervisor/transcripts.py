"""The transcripts of the crew's agents, read on as they grow: what was spent, and what agents say of their turns there.

A file's size is asked for twice a second (a few microseconds an agent); agents that keep their file open tell inotify nothing.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from outrider import processes
from outrider.kinds.channels import claude_session
from outrider.kinds.channels.catalogue import begun_by, held_by, transcript_of
from outrider.kinds.channels.transcript import Spent, read_on
from outrider.model.agent import Counters
from outrider.model.hook import SessionNote
from outrider.model.progress import TranscriptMark
from outrider.store import Change
from outrider.supervisor.counting import added
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record

LOOK_S = 0.5
SEARCH_MS, AGAIN_MS = 5_000, 30_000
"""How often it is looked for what an agent without hooks holds open: while nothing is known, and for another conversation."""
SWITCHED_MS = 1000
Settle = Callable[[Member, int], None]


class Transcripts:
    """Reads on in the transcripts of agents that told where theirs is; `clock` gives Unix ms."""

    def __init__(self, *, crew: Crew, record: Record, clock: Callable[[], int]) -> None:
        self._crew = crew
        self._record = record
        self._clock = clock
        self._told: dict[str, tuple[str, int]] = {}
        self._searched: dict[str, int] = {}

    def spoke(self, agent_id: str, path: str, at_ms: int) -> None:
        """That agent told where its transcript is."""
        known, since = self._told.get(agent_id, ("", at_ms))
        self._told[agent_id] = (path, since if known == path else at_ms)

    def noted(self, member: Member, note: SessionNote, environ: Mapping[str, str]) -> None:
        """That agent's session file changed; for one without hooks it tells which conversation is its own."""
        path = claude_session.transcript(note, {**environ, **member.agent.env}) if member.voice is None else None
        if path is not None:
            self.spoke(member.agent.id, str(path), note.at_ms)

    async def run(self, settle: Settle) -> None:
        """Reads for ever; the daemon's task. `settle` has a member judged again."""
        while True:
            await asyncio.sleep(LOOK_S)
            here = {member.agent.id for member in self._crew}
            self._told = {agent_id: told for agent_id, told in self._told.items() if agent_id in here}
            self._searched = {agent_id: at_ms for agent_id, at_ms in self._searched.items() if agent_id in here}
            await self.search()
            for member, path, at_ms in list(self._grown()):
                await self.read(member.agent.id, path, at_ms)
                settle(member, self._clock())

    async def search(self) -> None:
        """Looks for the transcripts of agents without hooks that keep theirs open, or whose beginning tells it apart, where that is due."""
        now = self._clock()
        for member in self._crew:
            agent = member.agent
            if member.voice is not None or member.pane is None or agent.ended_ms is not None:
                continue
            pid = member.process.pid if member.process is not None else member.pane.pid
            seek = _seeker(member.kind.channel, member.pane.pid, pid, now)
            if seek is None:
                continue
            last = self._searched.get(agent.id)
            if last is not None and now - last < (AGAIN_MS if agent.id in self._told else SEARCH_MS):
                continue
            path = await asyncio.to_thread(seek)
            self._searched[agent.id] = now
            if path is not None:
                self.spoke(agent.id, str(path), now if last is None else last)

    def _grown(self) -> Iterator[tuple[Member, str, int]]:
        for member in self._crew:
            mark = member.agent.transcript
            path, at_ms = self._told.get(member.agent.id, (mark.path if mark is not None else "", 0))
            if path and member.agent.ended_ms is None and _size(path) != _offset(mark, path):
                yield member, path, at_ms

    async def read(self, agent_id: str, path: str, at_ms: int) -> None:
        """Reads on in one transcript, to its end. Of one that takes another's place only what is written from `at_ms` on counts."""
        while (member := self._crew.by_id(agent_id)) is not None:
            count = transcript_of(member.kind.channel)
            if count is None:
                return
            mark, since_ms = member.agent.transcript, member.agent.created_ms
            if mark is None or mark.path != path:
                since_ms = since_ms if mark is None else at_ms - SWITCHED_MS
                mark = TranscriptMark(path)
            spent = await asyncio.to_thread(read_on, mark, since_ms, count)
            if spent.mark == member.agent.transcript:
                return
            self._keep(member, spent)
            if not spent.more:
                return

    def _keep(self, member: Member, spent: Spent) -> None:
        more = Counters(tokens=spent.tokens, cost_usd=spent.cost_usd, errors=spent.errors)
        member.agent = replace(member.agent, counters=added(member.agent.counters, more), transcript=spent.mark)
        if spent.said is not None:
            member.tracker.hear(spent.said)
        for at_ms, prompt in spent.prompts if member.voice is None else ():
            member.took_in(at_ms, prompt)
        self._record.put(Change(agents=(member.agent,)))


def _seeker(channel: str, root: int, pid: int, now_ms: int) -> Callable[[], Path | None] | None:
    """How to look for the transcript of an agent whose process is `pid`, in a pane whose is `root`; None where there is no way."""
    if (name := held_by(channel)) is not None:
        return partial(processes.held, root, name)
    begun = begun_by(channel)
    return partial(_begun, begun, pid, now_ms) if begun is not None else None


def _begun(begun: Callable[[Path, str, int], Path | None], pid: int, now_ms: int) -> Path | None:
    process, home = next(iter(processes.tree(pid)), None), processes.variable(pid, "HOME")
    age_s = processes.age_s(process) if process is not None else None
    if process is None or process.cwd is None or age_s is None or not home:
        return None
    return begun(Path(home), process.cwd, now_ms - round(age_s * 1000))


def _offset(mark: TranscriptMark | None, path: str) -> int:
    return mark.offset if mark is not None and mark.path == path else 0


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - asked for every agent, several times a second
    except OSError:
        return 0
