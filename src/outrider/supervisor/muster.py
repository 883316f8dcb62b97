"""The muster: agents join the crew (spawned, adopted, found again after a restart) and leave it (killed, forgotten).

A spawn is written down before tmux is asked, so that a daemon that dies in between finds its agent again by the generation
token that the pane carries. Nothing is ended but what was addressed: by pane id, and by the processes seen below it.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import structlog

from outrider import processes, worktrees
from outrider.errors import Conflict, OutriderError, PaneGone, TerminalError
from outrider.kinds.channels import claude_hooks
from outrider.kinds.channels.claude_hooks import ClaudeVoice
from outrider.kinds.load import Kinds
from outrider.logic import launching, names
from outrider.logic.rates import Bucket
from outrider.logic.tracker import Tracker, transitions
from outrider.model.actor import Actor
from outrider.model.agent import Agent, SpawnRequest
from outrider.model.audit import AuditRow
from outrider.model.event import EventName, Fact
from outrider.model.kind import Kind
from outrider.model.pane import Launch, Pane, PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.ports import Terminal
from outrider.store import Change
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.premises import check_workdir, find_program
from outrider.supervisor.record import Record
from outrider.supervisor.signs import agent_process

log = structlog.get_logger()

GRACE_S = 2.0
KILLED = "it was killed on request"
HEARING = "claude"
NOWHERE = 0


class Spool(Protocol):
    """Where hooks leave their calls."""

    def prepare(self, generation: str) -> Path: ...
    def drop(self, generation: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Site:
    """Where agents are started: this node's name, our tmux socket, folders, and what they inherit."""

    node: str
    own: str
    spawns: Path
    worktrees: Path
    environ: Mapping[str, str]
    per_agent_per_s: float


class Muster:
    """Takes agents in and lets them go. Every method that changes something writes who did it."""

    def __init__(
        self,
        site: Site,
        *,
        crew: Crew,
        record: Record,
        terminal: Terminal,
        spool: Spool,
        kinds: Kinds,
        clock: Callable[[], int],
        token: Callable[[], str],
    ) -> None:
        self._site = site
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._spool = spool
        self._kinds = kinds
        self._clock = clock
        self._token = token
        self._spawning: set[str] = set()

    # ---- joining ---------------------------------------------------------------------------------

    async def spawn(self, request: SpawnRequest, actor: Actor) -> Member:
        """Starts an agent; nothing is left behind where it cannot be started."""
        kind = self._kinds.get(request.kind)
        names.check_session(request.session)
        self._free(request.session)
        environ = launching.environment(
            self._site.environ, kind, self._kinds.all(), request, generation := self._token()
        )
        check_workdir(request.workdir)
        find_program(kind, environ[0])
        if request.worktree is not None:
            tree = await worktrees.create(
                Path(request.workdir), request.session, request.worktree or None, self._site.worktrees
            )
            request = replace(request, workdir=str(tree.path), worktree=str(tree.path))
        channel = self._listen(kind, generation)
        argv = launching.argv(kind, request, channel=channel)
        member = self._recruit(request, kind, generation, argv)
        launch = Launch(
            request.session, argv, request.workdir, generation, environ[0], environ[1], request.width, request.height
        )
        await self._start(member, launch, actor)
        return member

    def _free(self, session: str) -> None:
        """Conflict where a living agent has the name; a dead one of that name makes room."""
        old = self._crew.find(session)
        if old is None:
            return
        if old.agent.ended_ms is None:
            raise Conflict(
                f"An agent with the session name {session!r} exists already ({old.agent.verdict.state.value}). "
                "Choose another name, or end it first.",
                detail={"session": session},
            )

    def _listen(self, kind: Kind, generation: str) -> tuple[str, ...]:
        """The arguments that make the agent report to our spool, for this spawn alone."""
        if kind.channel != HEARING:
            return ()
        folder = self._spool.prepare(generation)
        self._site.spawns.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._site.spawns / f"{generation}.json"
        path.write_text(json.dumps(claude_hooks.settings(folder), indent=1), encoding="utf-8")
        return claude_hooks.argv(path)

    def _recruit(self, request: SpawnRequest, kind: Kind, generation: str, argv: tuple[str, ...]) -> Member:
        now = self._clock()
        agent = Agent(
            id=self._token(),
            session=request.session,
            node=self._site.node,
            kind=kind.name,
            ref=PaneRef(self._site.own, NOWHERE, ""),
            workdir=request.workdir,
            verdict=Verdict(State.INITIALIZING, True, now, Confidence.HIGH),
            spawned=True,
            created_ms=now,
            changed_ms=now,
            generation=generation,
            model=request.model,
            auto=request.auto,
            spec=request.spec,
            argv=argv,
            extra=request.extra,
            env=request.env,
            worktree=request.worktree,
        )
        return self.member(agent, kind, fresh=True)

    def member(self, agent: Agent, kind: Kind, *, fresh: bool = False) -> Member:
        """A member for that agent; one that is not fresh goes on from its stored verdict."""
        tracker = Tracker(
            kind, born_ms=agent.created_ms, spawned=agent.spawned, verdict=None if fresh else agent.verdict
        )
        voice = ClaudeVoice() if kind.channel == HEARING and agent.generation else None
        return Member(agent, kind, tracker, Bucket(self._site.per_agent_per_s), voice=voice)

    async def _start(self, member: Member, launch: Launch, actor: Actor) -> None:
        now = self._clock()
        audit = AuditRow(
            now, actor.name, "spawn", launch.session, {"argv": list(launch.argv), "workdir": launch.workdir}
        )
        old = self._crew.find(launch.session)
        await self._record.commit(
            Change(agents=(member.agent,), forgotten=(old.agent.id,) if old else (), audit=(audit,), durable=True)
        )
        if old is not None:
            await self._clear_dead_pane(old)
            self._crew.remove(old.agent.id)
        self._crew.add(member)
        self._spawning.add(launch.generation)
        try:
            pane = await self._terminal.spawn(launch)
        except OutriderError:
            self._crew.remove(member.agent.id)
            await self._discard(member)
            raise
        finally:
            self._spawning.discard(launch.generation)
        self.place(member, pane)
        await self._record.commit(Change(agents=(member.agent,), facts=self._spawned(member), durable=True))

    def rejoin(self, member: Member, pane: Pane) -> None:
        """A pane that carries the agent's token was seen: where its spawn was cut off before the pane was written down, it is now."""
        if member.agent.ref.started or member.agent.generation in self._spawning:
            return
        log.info("a spawn that was cut off was found again", session=pane.session)
        self.place(member, pane)
        self._record.put(Change(agents=(member.agent,), facts=self._spawned(member)))

    def _spawned(self, member: Member) -> tuple[Fact, ...]:
        agent, now = member.agent, self._clock()
        fact = Fact(EventName.AGENT_SPAWNED, agent.session, now, {"kind": agent.kind, "workdir": agent.workdir})
        return (fact, *transitions(agent.session, None, agent.verdict, now))

    def place(self, member: Member, pane: Pane) -> None:
        """The agent's pane is known now."""
        member.agent = replace(member.agent, ref=pane.ref, pid=pane.pid)
        self._terminal.follow(self._crew.refs())
        self._terminal.urge(pane.ref)

    async def _discard(self, member: Member) -> None:
        generation = member.agent.generation
        if generation:
            self._spool.drop(generation)
            (self._site.spawns / f"{generation}.json").unlink(missing_ok=True)
        await self._record.commit(Change(forgotten=(member.agent.id,)))

    async def adopt(self, pane: Pane, kind: Kind, actor: str) -> Member:
        """Takes in an agent that somebody else started; its process is followed where it is not the pane's own."""
        self._free(pane.session)
        old = self._crew.find(pane.session)
        now = self._clock()
        agent = Agent(
            id=self._token(),
            session=pane.session,
            node=self._site.node,
            kind=kind.name,
            ref=pane.ref,
            workdir=pane.path,
            verdict=Verdict(State.INITIALIZING, True, now, Confidence.LOW),
            spawned=False,
            created_ms=now,
            changed_ms=now,
            pid=pane.pid,
        )
        member = self.member(agent, kind, fresh=True)
        member.process = agent_process(pane, kind)
        member.agent = replace(member.agent, pid=member.process.pid if member.process else pane.pid)
        if old is not None:
            self._crew.remove(old.agent.id)
        self._crew.add(member)
        self.place(member, pane)
        audit = AuditRow(now, actor, "adopt", pane.session, {"kind": kind.name, "server": pane.ref.server})
        fact = Fact(EventName.AGENT_ADOPTED, pane.session, now, {"kind": kind.name, "server": pane.ref.server})
        forgotten = (old.agent.id,) if old is not None else ()
        await self._record.commit(Change(agents=(member.agent,), forgotten=forgotten, audit=(audit,), facts=(fact,)))
        return member

    # ---- leaving ---------------------------------------------------------------------------------

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
        await self._record.commit(Change(agents=(member.agent,), audit=(audit,), facts=(fact,), durable=True))

    async def _end(self, member: Member) -> None:
        agent = member.agent
        doomed = {p.pid: p for p in processes.carrying(agent.generation)} if agent.generation else {}
        if member.pane is not None and not member.pane.dead:
            doomed |= {p.pid: p for p in processes.tree(member.pane.pid)}
        if agent.ref.started:
            try:
                await self._terminal.end(agent.ref)
            except PaneGone:
                log.debug("the pane was gone already", session=agent.session)
        doomed.pop(os.getpid(), None)
        await processes.end(tuple(doomed.values()), GRACE_S)

    async def _clear_dead_pane(self, member: Member) -> None:
        """A dead agent's pane may still stand, kept for its exit status: it would hold the session's name."""
        if member.pane is None or not member.pane.dead:
            return
        try:
            await self._terminal.end(member.agent.ref)
        except TerminalError as error:
            log.warning("a dead pane could not be ended", session=member.agent.session, why=error.message)

    async def restart(self, member: Member, actor: Actor) -> Member:
        """Ends it where it runs, and starts it again with the same arguments, folder and environment."""
        agent = member.agent
        if not agent.spawned:
            raise Conflict(
                f"{agent.session} was adopted, not started by Outrider, so how to start it is not known. "
                "End it, and start it with `outrider spawn`.",
            )
        request = SpawnRequest(
            agent.session,
            agent.workdir,
            kind=agent.kind,
            model=agent.model,
            auto=agent.auto,
            spec=agent.spec,
            env=agent.env,
            extra=agent.extra,
        )
        if agent.ended_ms is None:
            await self.kill(member, actor)
        again = await self.spawn(request, actor)
        again.agent = replace(again.agent, worktree=agent.worktree, branch=agent.branch)
        return again

    async def forget(self, member: Member, actor: Actor) -> None:
        """Takes a dead agent off the list, or lets a living adopted one go on unwatched."""
        agent = member.agent
        if agent.spawned and agent.ended_ms is None:
            raise Conflict(f"{agent.session} is running. Kill it first, then it can be forgotten.")
        await self._clear_dead_pane(member)
        self._crew.remove(agent.id)
        self._terminal.follow(self._crew.refs())
        audit = AuditRow(self._clock(), actor.name, "forget", agent.session)
        await self._record.commit(Change(forgotten=(agent.id,), audit=(audit,)))
        await asyncio.to_thread(self._discard_files, agent.generation)

    def _discard_files(self, generation: str) -> None:
        if generation:
            self._spool.drop(generation)
            (self._site.spawns / f"{generation}.json").unlink(missing_ok=True)
