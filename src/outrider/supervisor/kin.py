"""Kin: whether the program that asks something of us is an agent's own, so that no agent approves its own deeds.

A process is an agent's where it descends from its pane; where it has the pane's session or terminal still, though its parents
are gone; or where it carries the spawn's token in its environment. What has shed all of them on purpose is not told apart from
a person's program: that takes a sandbox, or another user. A shell as an agent is a person's hands, unless one of the other kinds
runs in it.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from outrider import processes
from outrider.kinds.load import Kinds
from outrider.logic.rates import SlidingWindow
from outrider.model.audit import AuditRow
from outrider.processes import Process, Relation
from outrider.store import Change
from outrider.supervisor.crew import Crew
from outrider.supervisor.record import Record

log = structlog.get_logger()
WRITTEN_PER_S = 5.0


@dataclass(frozen=True, slots=True)
class Home:
    """Where an agent lives. `pane` is the process of its pane, 0 where it has ended; `own` the agent's, where a shell is around it."""

    session: str
    generation: str
    pane: int
    own: Process | None
    shell: bool


class Kin:
    """Knows whose a process is. `refused` writes down at most WRITTEN_PER_S rows a second: an agent may try in a loop."""

    def __init__(self, crew: Crew, kinds: Kinds, record: Record, clock: Callable[[], int]) -> None:
        self._crew = crew
        self._kinds = kinds
        self._record = record
        self._clock = clock
        self._rate = SlidingWindow(WRITTEN_PER_S)
        self._unwritten = 0

    async def agent(self, pid: int | None, inode: int | None) -> str | None:
        """The session of the agent to which the process belongs, or one that holds the socket; None where it is no agent's."""
        homes = tuple(self._homes())
        if not homes or (pid is None and inode is None):
            return None
        return await asyncio.to_thread(self._find, homes, pid, inode)

    async def refused(self, session: str, method: str, path: str) -> None:
        """An agent asked for what it may not: written down, and those in between that were too many to write."""
        now = self._clock()
        log.warning("an agent tried to steer", session=session, method=method, path=path)
        if self._rate.wait_ms(now) > 0:
            self._unwritten += 1
            return
        self._rate.take(now)
        self._rate.begin(now)
        data = {"method": method, "path": path, "unwritten": self._unwritten}
        self._unwritten = 0
        await self._record.commit(Change(audit=(AuditRow(now, f"agent:{session}", "refused", session, data),)))

    def _homes(self) -> Iterator[Home]:
        for member in self._crew:
            agent = member.agent
            pane = 0 if agent.ended_ms is not None else member.pane.pid if member.pane is not None else agent.pid or 0
            own = member.process if member.process is not None and member.process.pid != pane else None
            yield Home(agent.session, agent.generation, pane, own, member.kind.shell)

    def _find(self, homes: tuple[Home, ...], pid: int | None, inode: int | None) -> str | None:
        kinsfolk = _Kinsfolk(homes, processes.relations(), self._recognised)
        if pid is not None:
            return kinsfolk.whose(pid)
        assert inode is not None, "one of both is known"
        theirs = {each: session for each in kinsfolk.table if (session := kinsfolk.whose(each)) is not None}
        looked = {each: processes.holds(each, inode) for each in theirs}
        if (holder := next((each for each, found in looked.items() if found), None)) is not None:
            return theirs[holder]
        closed = next((each for each, found in looked.items() if found is None), None)
        if closed is None or any(processes.holds(each, inode) for each in kinsfolk.table.keys() - theirs.keys()):
            return None
        return theirs[closed]  # nobody else has it, and this one does not let itself be looked at

    def _recognised(self, line: Sequence[int]) -> bool:
        argvs = [words for pid in line if (words := processes.argv(pid))]
        names = [Path(words[0]).name for words in argvs]
        return bool(argvs) and self._kinds.recognise(names, [" ".join(words) for words in argvs], "", ()) is not None


class _Kinsfolk:
    """One look at all processes."""

    def __init__(
        self, homes: Sequence[Home], table: Mapping[int, Relation], recognised: Callable[[Sequence[int]], bool]
    ) -> None:
        self.table = table
        self._recognised = recognised
        self._panes = {home.pane: home for home in homes if home.pane in table}
        agents = [home for home in homes if not home.shell]
        self._sessions = {table[home.pane].session: home for home in agents if home.pane in table}
        self._terminals = {tty: home for home in agents if home.pane in table and (tty := table[home.pane].tty)}
        self._generations = {home.generation: home for home in agents if home.generation}

    def whose(self, pid: int) -> str | None:
        """The session of the agent to which the process belongs."""
        here = self.table.get(pid)
        if here is None:
            return None
        line = tuple(_line(pid, self.table))
        home = next((self._panes[each] for each in line if each in self._panes), None)
        if home is None:  # its parents may have gone
            home = self._sessions.get(here.session) or self._terminals.get(here.tty)
        elif home.shell or (home.own is not None and not processes.alive(home.own)):
            home = home if self._recognised(line[: line.index(home.pane)]) else None
        elif home.own is not None and home.own.pid not in line:
            home = None  # a person's program in the shell around the agent
        home = home or self._generations.get(processes.generation(pid))
        return home.session if home is not None else None


def _line(pid: int, table: Mapping[int, Relation]) -> Iterator[int]:
    """The process and those above it, nearest first."""
    seen: set[int] = set()
    while pid > 1 and pid in table and pid not in seen:
        seen.add(pid)
        yield pid
        pid = table[pid].ppid
