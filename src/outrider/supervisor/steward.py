"""The steward: does what `logic.lifecycle` finds due, writes it down first, and does nothing that is not announced or budgeted."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import structlog

from outrider.errors import OutriderError, StoreError, TerminalError
from outrider.logic import composer, lifecycle, stuck
from outrider.logic.lifecycle import Deed, Policy
from outrider.model import wire
from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent
from outrider.model.audit import AuditRow
from outrider.model.command import CommandRequest
from outrider.model.event import EventName, Fact
from outrider.ports import Terminal
from outrider.settings.schema import Settings
from outrider.store import Change, archive
from outrider.supervisor.counter import Counter
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.muster import Muster
from outrider.supervisor.record import Record
from outrider.supervisor.trees import Trees

log = structlog.get_logger()

CLEANUP = Actor("outrider:cleanup", Scope.WRITE)
RECOVERY = Actor("outrider:recovery", Scope.WRITE)
# A nudge that does not get in soon is about a rest that is over.
NUDGE_S = 120.0
KEPT_LINES = 10_000


def policy(settings: Settings) -> Policy:
    """What the settings switch on."""
    cleanup, recovery = settings.cleanup, settings.recovery
    return Policy(
        complete_ms=round(cleanup.complete_minutes * 60_000) or None,
        exited_ms=round(cleanup.exited_minutes * 60_000) or None,
        notice_ms=round(cleanup.notice_minutes * 60_000),
        restarts=recovery.restarts if recovery.restart == "crashed" else 0,
        restart_ms=round(recovery.restart_s * 1000),
        nudges=recovery.nudges if recovery.nudge else 0,
    )


class Steward:
    """Looks after all agents; `turn` is to be called now and then. `archive` is the folder for those that are archived."""

    def __init__(
        self,
        settings: Settings,
        *,
        crew: Crew,
        record: Record,
        terminal: Terminal,
        counter: Counter,
        lanes: Lanes,
        muster: Muster,
        discharge: Discharge,
        trees: Trees,
        watched: Callable[[Member], bool],
        clock: Callable[[], int],
    ) -> None:
        self._policy = policy(settings)
        self._text = settings.recovery.nudge_text
        self._merged = settings.cleanup.worktrees == "merged"
        self._archive = settings.data / archive.FOLDER
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._counter = counter
        self._lanes = lanes
        self._muster = muster
        self._discharge = discharge
        self._trees = trees
        self._watched = watched
        self._clock = clock

    async def turn(self) -> None:
        """Does what is due for each agent; one that cannot be helped now holds up no other."""
        for member in self._crew:
            try:
                await self._look(member)
            except (OutriderError, OSError) as error:
                log.warning("an agent could not be looked after", session=member.agent.session, why=str(error))

    async def keep(self, session: str, actor: Actor, *, keep: bool) -> Agent:
        """Holds an agent back from cleanup, or no longer; what was announced for it is withdrawn."""
        member = self._crew.get(session)
        now, agent = self._clock(), member.agent
        facts = (_withdrawn(agent, now, f"{actor.name} keeps it."),) if agent.cleanup_ms is not None else ()
        row = AuditRow(now, actor.name, "keep", agent.session, {"keep": keep})
        await self._change(member, replace(agent, keep=keep, cleanup_ms=None, changed_ms=now), row, facts)
        return member.agent

    async def patience(self, session: str, actor: Actor, own: Mapping[str, float]) -> Agent:
        """Gives an agent thresholds of its own for being stuck, in place of those it had."""
        member = self._crew.get(session)
        now = self._clock()
        row = AuditRow(now, actor.name, "patience", session, {"stuck": dict(own)})
        await self._change(member, replace(member.agent, stuck=dict(stuck.checked(own)), changed_ms=now), row)
        return member.agent

    async def _change(
        self, member: Member, after: Agent, row: AuditRow | None = None, facts: tuple[Fact, ...] = ()
    ) -> None:
        """Has the agent be so, written down; StoreError where that cannot be done, and then nothing of it is so."""
        before, member.agent = member.agent, after
        audit = (row,) if row is not None else ()
        try:
            await self._record.commit(Change(agents=(after,), audit=audit, facts=facts, durable=True))
        except StoreError:
            names = [each.name for each in fields(Agent)]
            ours = {name: getattr(before, name) for name in names if getattr(before, name) != getattr(after, name)}
            member.agent = replace(member.agent, **ours)  # what else was seen of it meanwhile stays
            raise

    async def _look(self, member: Member) -> None:
        now, agent = self._clock(), member.agent
        if lifecycle.nudge(agent, self._policy, outstanding=self._lanes.depth(agent.id)):
            await self._nudge(member)
        elif lifecycle.restart(agent, self._policy, now):
            await self._restart(member, now)
        elif (due := lifecycle.cleanup(agent, self._policy, now)) is not None:
            await self._clean(member, *due)

    async def _held(self, member: Member) -> str:
        """What of a person's stands in the way of ending it, a sentence; empty where nothing does."""
        if self._lanes.depth(member.agent.id):
            return "Commands wait for it."
        if not member.alive:
            return ""
        screen = await self._terminal.look(member.agent.ref, styled=True)
        if screen.pane.clients or self._watched(member):
            return "Somebody is at its terminal."
        if member.kind.composer.prompt is None:
            return ""
        view = composer.view(member.kind, screen)
        return "" if view is not None and view.empty else "Something stands in its composer."

    async def _nudge(self, member: Member) -> None:
        # Counted before it is sent: a daemon that dies in between tells it once less, never once more.
        agent = member.agent
        await self._change(member, replace(agent, nudges=lifecycle.nudged(agent) + 1, nudged_done=agent.done))
        await self._counter.accept(member, CommandRequest(self._text, expires_s=NUDGE_S), RECOVERY)

    async def _restart(self, member: Member, now_ms: int) -> None:
        agent = member.agent
        restarts = (*(at for at in agent.restarts if now_ms - at < lifecycle.HOUR_MS), now_ms)
        await self._change(member, replace(agent, restarts=restarts))
        resume = bool(member.kind.launch.resume) and agent.agent_session is not None
        again = await self._muster.restart(member, RECOVERY, resume=resume)
        again.agent = replace(again.agent, restarts=restarts)
        await self._record.keep(Change(agents=(again.agent,)))

    async def _clean(self, member: Member, deed: Deed, at_ms: int) -> None:
        agent, why = member.agent, "It is needed again."
        if deed is not Deed.WITHDRAW and (held := await self._held(member)):
            if agent.cleanup_ms is None:
                return
            deed, why = Deed.WITHDRAW, held
        now = self._clock()
        match deed:
            case Deed.ANNOUNCE:
                after = replace(agent, cleanup_ms=at_ms, changed_ms=now)
                text = f"It will be ended and archived; outrider keep {agent.session} holds it back."
                fact = Fact(EventName.CLEANUP_ANNOUNCED, agent.session, now, {"at": at_ms, "message": text})
            case Deed.WITHDRAW:
                after = replace(agent, cleanup_ms=None, changed_ms=now)
                fact = _withdrawn(agent, now, why)
            case Deed.ARCHIVE:
                await self._end(member)
                return
        await self._change(member, after, facts=(fact,))

    async def _end(self, member: Member) -> None:
        """First the copy, then the end: where it cannot be written, nothing is ended."""
        try:
            output = await self._terminal.output(member.agent.ref, lines=KEPT_LINES)
        except TerminalError as error:
            output = (f"(the pane could not be read: {error.message})",)
            if member.alive:
                raise
        told, now = wire.agent_full_json(member.agent, self._clock()), self._clock()
        folder = await asyncio.to_thread(archive.put, self._archive, member.agent.session, dict(told), output, now)
        if await self._held(member):  # somebody came meanwhile
            return
        if member.alive:
            await self._discharge.kill(member, CLEANUP)
        agent = member.agent
        await self._discharge.forget(member, CLEANUP)
        self._lanes.wake(agent.id)
        text = f"It was ended and archived in {folder}."
        fact = Fact(EventName.AGENT_ARCHIVED, agent.session, self._clock(), {"folder": str(folder), "message": text})
        await self._record.commit(Change(facts=(fact,), durable=True))
        if self._merged and agent.worktree is not None:
            await self._tree(agent)

    async def _tree(self, agent: Agent) -> None:
        """Its worktree goes where all that is in it is elsewhere; git refuses otherwise, and it stays."""
        try:
            await self._trees.remove(_tree_name(agent), CLEANUP, force=False)
        except StoreError:
            raise
        except OutriderError as error:
            log.info("a worktree stays", session=agent.session, why=error.message)


def _tree_name(agent: Agent) -> str:
    path = Path(str(agent.worktree))
    return f"{path.parent.name}:{path.name}"


def _withdrawn(agent: Agent, now_ms: int, why: str) -> Fact:
    return Fact(EventName.CLEANUP_WITHDRAWN, agent.session, now_ms, {"message": why})
