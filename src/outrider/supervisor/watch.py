"""The watch: what is seen of agents becomes their states, and changes of state become facts.

In come looks at tmux servers and the time; each goes to the trackers of the agents it is about. Out go changes for the record
and wake-ups for the lanes. Handlers never wait: what they do between two sights is done at once. What agents say of
themselves comes in by the `listener`.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping

import structlog

from outrider.logic import detect
from outrider.logic.tracker import transitions
from outrider.model.agent import Agent, Counters
from outrider.model.audit import AuditRow
from outrider.model.event import Fact
from outrider.model.kind import Kind
from outrider.model.pane import Away, Pane, PaneRef, Screen, Sight, Sweep
from outrider.model.state import Verdict
from outrider.ports import Terminal
from outrider.processes import alive
from outrider.store import Change
from outrider.supervisor import counting
from outrider.supervisor.approvals import Approvals
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.diligence import open_items
from outrider.supervisor.record import Record
from outrider.supervisor.signs import agent_process
from outrider.supervisor.upkeep import Upkeep

log = structlog.get_logger()

TICK_S = 0.5
UNPLACED_MS = 30_000
"""How long a spawn may take; one without a pane after that was cut off by the end of an earlier daemon."""
OUTRIDER = "outrider"


class Watch:
    """Follows every agent of the crew. `wake` is called with the id of an agent whose lane may have something to do."""

    def __init__(
        self,
        *,
        crew: Crew,
        record: Record,
        terminal: Terminal,
        clock: Callable[[], int],
        wake: Callable[[str], None],
        stranger: Callable[[Pane], None],
        upkeep: Upkeep,
        approvals: Approvals,
    ) -> None:
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._clock = clock
        self._wake = wake
        self._stranger = stranger
        self._upkeep = upkeep
        self._approvals = approvals
        self._diligence = upkeep.diligence
        self._progress = upkeep.progress
        self._doubt = upkeep.doubt
        self.panes: dict[PaneRef, Pane] = {}
        self.away: dict[str, str] = {}

    async def run(self) -> None:
        """Follows for ever; the daemon's task."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_terminal())
            group.create_task(self._follow_time())
            group.create_task(self._upkeep.run(self.settle))

    async def _follow_terminal(self) -> None:
        self.follow()
        async for sight in self._terminal.sights():
            self.sight(sight)

    async def _follow_time(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()

    def follow(self) -> None:
        """Has the terminal capture the panes of all living agents, and no others."""
        self._terminal.follow(self._crew.refs())

    def sight(self, sight: Sight) -> None:
        """One look at one tmux server."""
        match sight:
            case Away():
                self._away(sight)
            case Sweep():
                self.away.pop(sight.server, None)
                self._sweep(sight)

    def _away(self, sight: Away) -> None:
        self.away[sight.server] = sight.why
        if not sight.gone:
            return
        for ref in [ref for ref in self.panes if ref.server == sight.server]:
            del self.panes[ref]
        for member in self._crew:
            agent = member.agent
            if agent.ref.server != sight.server or agent.ended_ms is not None or not agent.ref.started:
                continue
            if sight.at_ms >= member.placed_ms:
                member.tracker.gone(sight.at_ms, member.ending or "its tmux server is gone")
                self.settle(member, sight.at_ms)

    def _sweep(self, sweep: Sweep) -> None:
        members = self._crew.by_ref()
        here = {pane.ref: pane for pane in sweep.panes}
        for ref in [ref for ref in self.panes if ref.server == sweep.server and ref not in here]:
            del self.panes[ref]
        self.panes.update(here)
        screens = {screen.pane.ref: screen for screen in sweep.screens}
        for ref, pane in here.items():
            member = members.get(ref)
            if member is None:
                self._stranger(pane)
            else:
                self._see(member, pane, screens.get(ref), sweep)
        for ref, member in members.items():
            if ref.server == sweep.server and ref not in here and ref.started and sweep.at_ms >= member.placed_ms:
                member.tracker.gone(sweep.at_ms, member.ending or "its tmux session was ended")
                self.settle(member, self._clock())

    def _see(self, member: Member, pane: Pane, screen: Screen | None, sweep: Sweep) -> None:
        first = member.pane is None
        same = pane == member.pane
        member.pane = pane
        if not same:
            if first and not member.agent.spawned:
                member.process = agent_process(pane, member.kind)
                if member.process is not None:
                    member.tracker.process(True, None, sweep.at_ms)
            member.tracker.pane(pane, sweep.at_ms)
            if not first and pane.session != member.agent.session:
                self._renamed(member, pane.session)
        if screen is not None:
            member.screen = screen
            if member.agent.version is None:
                version = detect.version(member.kind, screen)
                member.agent = dataclasses.replace(member.agent, version=version)
            member.tracker.screen(screen)
        elif pane.ref in sweep.looked:
            member.tracker.still(sweep.at_ms)
            if same and member.tracker.stands(self._clock()):
                # What time alone does to it is seen at the next tick; a lane may have waited for this look.
                self._wake(member.agent.id)
                return
        elif same:
            return
        self.settle(member, self._clock())

    def _renamed(self, member: Member, session: str) -> None:
        if self._crew.find(session) is not None:
            return
        log.info("an agent's session was renamed", old=member.agent.session, new=session)
        row = AuditRow(self._clock(), OUTRIDER, "renamed", session, {"from": member.agent.session})
        member.agent = dataclasses.replace(member.agent, session=session)
        self._record.put(Change(agents=(member.agent,), audit=(row,)))

    def tick(self) -> None:
        """Time passes: what is late, settled or stuck by now, and whose process has gone from a living shell."""
        now = self._clock()
        self._progress.follow()
        living = {member.agent.id for member in self._crew if member.agent.ended_ms is None}
        lost = self._approvals.orphans(living, now)
        if lost is not None:
            self._record.put(lost)
        for member in self._crew:
            if member.agent.ended_ms is not None:
                continue
            if not member.agent.ref.started and now - member.agent.created_ms > UNPLACED_MS:
                member.tracker.gone(now, "its start was cut off")
            if member.process is not None and not alive(member.process):
                member.tracker.process(False, None, now)
            self.settle(member, now)
            self._doubt.note(member, now, TICK_S)

    def learn(self, kinds: Mapping[str, Kind]) -> None:
        """Kinds as they are in force now: living agents of one that changed are read by its new rules at once."""
        for member in self._crew:
            kind = kinds.get(member.agent.kind)
            if member.agent.ended_ms is None and kind is not None and kind is not member.kind:
                log.info("an agent's kind has changed", session=member.agent.session, kind=kind.name)
                member.learn(kind)
                self.settle(member, self._clock())

    def settle(self, member: Member, now_ms: int, *, keep: bool = False) -> None:
        """Takes the tracker's verdict, and whether it is stuck; where that changed, hands agent and facts to the record.

        `keep` saves in any case.
        """
        before = member.agent.verdict
        member.tracker.unfinished(open_items(member.agent))
        beneath = member.tracker.verdict(now_ms) if member.agent.ended_ms is None else member.beneath
        after = self._diligence.judged(member, beneath, now_ms, there=member.agent.ref in self.panes)
        facts: tuple[Fact, ...] = ()
        news = False
        if after is not before and after != before:
            facts = transitions(member.agent.session, before, after, now_ms)
            news = bool(facts) or told(before) != told(after)
            member.agent = moved(member.agent, after, now_ms, news=news)
            thought = self._diligence.thought(member, before, after, now_ms)
            if thought:
                counters = counting.added(member.agent.counters, Counters(thinking_ms=thought))
                member.agent = dataclasses.replace(member.agent, counters=counters)
        asked = self._approvals.follow(member, beneath, facts, now_ms)
        if news or keep or asked.approvals or asked.facts:
            change = dataclasses.replace(asked, agents=(member.agent,))
            self._record.put(change, lambda: self._approvals.written(asked.approvals))
        if news and not after.alive:
            self.follow()
        self._wake(member.agent.id)


def moved(agent: Agent, verdict: Verdict, now_ms: int, *, news: bool) -> Agent:
    """The agent with that verdict; one whose process is gone has ended."""
    ended = agent.ended_ms if verdict.alive else agent.ended_ms or now_ms
    return dataclasses.replace(agent, verdict=verdict, ended_ms=ended, changed_ms=now_ms if news else agent.changed_ms)


def told(verdict: Verdict) -> tuple[object, ...]:
    """What of a verdict people are told; evidence and its age change without being news."""
    return (verdict.state, verdict.alive, verdict.exit_status, verdict.detail, verdict.confidence)
