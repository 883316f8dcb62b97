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
from outrider.supervisor.quarters import Quarters
from outrider.supervisor.record import Record

log = structlog.get_logger()

GRACE_S = 2.0
KILLED = "it was killed on request"


class Discharge:
    """Ends agents and takes them off the list; who had it done is written down."""

    def __init__(
        self, *, crew: Crew, record: Record, terminal: Terminal, quarters: Quarters, clock: Callable[[], int]
    ) -> None:
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._quarters = quarters
        self._clock = clock

    async def kill(self, member: Member, actor: Actor) -> None:
        """Ends the pane and every process that it started, also those that outlive it; returns when they are gone."""
        member.ending = KILLED
        try:
            await self._end(member)
        finally:
            member.ending = ""
        now = self._clock()
        member.tracker.gone(now, KILLED)
        agent = member.agent
        verdict = member.tracker.verdict(now)
        member.agent = replace(agent, verdict=verdict, ended_ms=agent.ended_ms or now, changed_ms=now)
        audit = AuditRow(now, actor.name, "kill", agent.session)
        fact = Fact(EventName.AGENT_KILLED, agent.session, now, {"by": actor.name})
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
        await processes.end(tuple(doomed.values()), GRACE_S)
        # What was started while the others were being ended.
        late = [p for p in processes.carrying(agent.generation) if p.pid != os.getpid()]
        await processes.end(late, GRACE_S)

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
        audit = AuditRow(self._clock(), actor.name, "forget", agent.session)
        await self._record.commit(Change(forgotten=(agent.id,), audit=(audit,)))
        self._crew.remove(agent.id)
        self._terminal.follow(self._crew.refs())
        await self.clear_dead_pane(member)
        self._quarters.clear(agent.generation)
