"""Discharge: agents leave. Nothing is ended but what was addressed: one pane, and the processes that were seen to be its own."""

import os
from collections.abc import Callable
from dataclasses import replace

import structlog

from outrider import processes
from outrider.errors import Conflict, PaneGone, TerminalError
from outrider.model.actor import Actor
from outrider.model.audit import AuditRow
from outrider.model.event import EventName, Fact
from outrider.ports import Terminal
from outrider.store import Change
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.farewell import Farewell
from outrider.supervisor.quarters import Quarters
from outrider.supervisor.record import Record

log = structlog.get_logger()

GRACE_S = 2.0
KILLED = "it was killed on request"


class Discharge:
    """Ends agents and takes them off the list; who had it done is written down."""

    def __init__(
        self,
        *,
        crew: Crew,
        record: Record,
        terminal: Terminal,
        quarters: Quarters,
        farewell: Farewell,
        clock: Callable[[], int],
        grace_s: float = GRACE_S,
    ) -> None:
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._quarters = quarters
        self._farewell = farewell
        self._grace_s = grace_s
        self._clock = clock

    async def kill(self, member: Member, actor: Actor, *, now: bool = False) -> None:
        """Ends the pane and every process that it started, also those that outlive it; returns when they are gone.

        Unless `now`, the agent is first asked to leave by its own keys, so that it can put its things in order.
        """
        member.ending = member.tracker.leaving = KILLED
        left = None
        try:
            left = None if now else await self._farewell.ask(member)
            await self._end(member)
            at_ms = self._clock()
            if left is not None and left.dead:
                member.tracker.pane(left, at_ms)
            else:
                member.tracker.gone(at_ms, KILLED)
        finally:
            member.ending = member.tracker.leaving = ""
        agent = member.agent
        verdict = member.tracker.verdict(at_ms)
        member.agent = replace(agent, verdict=verdict, ended_ms=agent.ended_ms or at_ms, changed_ms=at_ms)
        audit = AuditRow(at_ms, actor.name, "kill", agent.session, {"left_by_itself": left is not None})
        fact = Fact(EventName.AGENT_KILLED, agent.session, at_ms, {"by": actor.name})
        await self._record.keep(Change(agents=(member.agent,), audit=(audit,), facts=(fact,), durable=True))

    async def _end(self, member: Member) -> None:
        agent = member.agent
        doomed = {p.pid: p for p in processes.carrying(agent.generation)}
        if member.pane is not None and not member.pane.dead:
            doomed |= {p.pid: p for p in processes.tree(member.pane.pid)}
        elif member.pane is None and member.placed_ms and agent.pid is not None:  # started by us a moment ago
            doomed |= {p.pid: p for p in processes.tree(agent.pid)}
        if agent.ref.started:
            try:
                await self._terminal.end(agent.ref)
            except PaneGone:
                log.debug("the pane was gone already", session=agent.session)
        doomed.pop(os.getpid(), None)
        await processes.end(tuple(doomed.values()), self._grace_s)
        # What was started while the others were being ended.
        late = [p for p in processes.carrying(agent.generation) if p.pid != os.getpid()]
        await processes.end(late, self._grace_s)

    async def clear_dead_pane(self, member: Member) -> None:
        """A dead agent's pane may still stand, kept for its exit status: it would hold the session's name."""
        if member.pane is None or not member.pane.dead:
            return
        try:
            await self._terminal.end(member.agent.ref)
        except TerminalError as error:
            log.warning("a dead pane could not be ended", session=member.agent.session, why=error.message)

    async def forget(self, member: Member, actor: Actor) -> None:
        """Takes a dead agent off the list, or lets a living adopted one go on unwatched."""
        agent = member.agent
        if agent.spawned and agent.ended_ms is None:
            raise Conflict(f"{agent.session} is running. Kill it first, then it can be forgotten.")
        at_ms = self._clock()
        audit = AuditRow(at_ms, actor.name, "forget", agent.session)
        fact = Fact(EventName.AGENT_FORGOTTEN, agent.session, at_ms, {"by": actor.name})
        await self._record.commit(Change(forgotten=(agent.id,), audit=(audit,), facts=(fact,)))
        self._crew.remove(agent.id)
        self._terminal.follow(self._crew.refs())
        await self.clear_dead_pane(member)
        self._quarters.clear(agent.generation)
