"""The muster: agents join the crew, spawned, adopted, or found again after a restart.

A spawn is written down before tmux is asked, so that a daemon that dies in between finds its agent again by the generation
token that the pane carries.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from outrider import worktrees
from outrider.errors import Conflict, OutriderError
from outrider.kinds.channels.catalogue import voice_of
from outrider.kinds.load import Kinds
from outrider.logic import launching, names
from outrider.logic.rates import SlidingWindow
from outrider.logic.stuck import beneath
from outrider.logic.tracker import Tracker, transitions
from outrider.model.actor import Actor
from outrider.model.agent import Agent, SpawnRequest
from outrider.model.audit import AuditRow
from outrider.model.event import EventName, Fact
from outrider.model.kind import Kind, LaunchSpec
from outrider.model.pane import Launch, Pane, PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.policies.load import find
from outrider.ports import Terminal
from outrider.store import Change
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.premises import find_program
from outrider.supervisor.quarters import Quarters
from outrider.supervisor.record import Record
from outrider.supervisor.signs import agent_process
from outrider.supervisor.site import Site
from outrider.zones import zones_of

log = structlog.get_logger()

NOWHERE = 0
Own = tuple[str | None, int | None]  # an agent's branch, and the first of its ports


class Muster:
    """Takes agents in; who had it done is written down."""

    def __init__(
        self,
        site: Site,
        *,
        crew: Crew,
        record: Record,
        terminal: Terminal,
        quarters: Quarters,
        discharge: Discharge,
        kinds: Kinds,
        clock: Callable[[], int],
        token: Callable[[], str],
    ) -> None:
        self._site = site
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._quarters = quarters
        self._discharge = discharge
        self._kinds = kinds
        self._clock = clock
        self._token = token
        self._spawning: set[str] = set()
        self._claimed: set[str] = set()

    async def spawn(self, request: SpawnRequest, actor: Actor) -> Member:
        """Starts an agent; nothing is left behind where it cannot be started."""
        names.check_session(request.session)
        self._free(request.session)
        self._claimed.add(request.session)
        try:
            return await self._spawn(request, actor)
        finally:
            self._claimed.discard(request.session)
            self._site.berths.settle(request.session)

    async def _spawn(self, request: SpawnRequest, actor: Actor) -> Member:
        generation = self._token()
        ready = await self._site.ready(request, self._kinds, generation)
        request, kind = ready.request, ready.kind
        port = self._site.berths.take(request.session)
        environ = {**ready.environ, **self._site.berths.named(port), **request.env}
        launch = Launch(
            request.session, (), request.workdir, generation, environ, ready.unset, request.width, request.height
        )
        if request.worktree is None:
            return await self._enlist(request, kind, launch, (None, port), actor)
        here, tree = Path(request.workdir), await self._site.housed(request, environ)
        request = replace(request, workdir=str(tree.workdir), worktree=str(tree.path))
        try:
            launch = replace(launch, workdir=request.workdir)
            return await self._enlist(request, kind, launch, (tree.branch, port), actor)
        except BaseException:  # also where the asker is gone
            if self._crew.of_generation(generation) is None:  # nobody was let into it
                await asyncio.shield(worktrees.withdraw(tree, here, env=self._site.environ))
            raise

    async def _enlist(self, request: SpawnRequest, kind: Kind, launch: Launch, its: Own, actor: Actor) -> Member:
        try:
            policy = find(request.policy, Path("/")) if request.policy is not None else None
            own = self._quarters.prepare(kind, launch.generation, launch.env, policy)
            argv = launching.argv(kind, request, channel=own.argv)
            rooms = self._quarters.rooms(kind, launch.generation)
            program = find_program(kind, launch.env, request.extra)
            walls, unapplied = await self._site.enclosure.around(request, kind, launch.env, rooms, program)
            member = self._recruit(request, kind, launch.generation, argv, its)
            member.agent = replace(
                member.agent, sandbox=self._site.enclosure.wanted(request.sandbox), unapplied=unapplied
            )
            await self._start(member, replace(launch, argv=(*walls, *argv), env={**launch.env, **own.env}), actor)
        except BaseException:
            if self._crew.of_generation(launch.generation) is None:
                self._quarters.clear(launch.generation)
            raise
        return member

    def _free(self, session: str) -> None:
        """Conflict where a living agent has the name, or one that is just being started; a dead one makes room."""
        old = self._crew.find(session)
        if session in self._claimed:
            state = "it is just being started"
        elif old is not None and old.agent.ended_ms is None:
            state = old.agent.verdict.state.value
        else:
            return
        raise Conflict(
            f"An agent with the session name {session!r} exists already ({state}). "
            f"Choose another name, or end it first: outrider kill {session}.",
            detail={"session": session},
        )

    def _recruit(self, request: SpawnRequest, kind: Kind, generation: str, argv: tuple[str, ...], its: Own) -> Member:
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
            policy=request.policy,
            spec=request.spec,
            argv=argv,
            agent_session=request.conversation,
            extra=request.extra,
            env=request.env,
            worktree=request.worktree,
            branch=its[0],
            port=its[1],
            stuck=request.stuck,
            recording=self._site.recording if request.recording is None else request.recording,
        )
        return self.member(agent, kind, fresh=True)

    def member(self, agent: Agent, kind: Kind, *, fresh: bool = False) -> Member:
        """A member for that agent; one that is not fresh goes on from its stored verdict."""
        verdict, zones = None if fresh else beneath(agent.verdict), zones_of({**self._site.environ, **agent.env})
        tracker = Tracker(kind, born_ms=agent.created_ms, spawned=agent.spawned, verdict=verdict, zones=zones)
        voice = voice_of(kind.channel) if self._quarters.furnished(agent.generation) else None
        member = Member(agent, kind, tracker, SlidingWindow(self._site.per_agent_per_s), voice=voice)
        if agent.heard is not None:
            member.prompts.append(agent.heard)
        return member

    def again(self, agent: Agent) -> Member:
        """A member for a stored agent; where the file of its kind is gone, one that is shown but never typed into."""
        try:
            kind = self._kinds.get(agent.kind)
        except OutriderError as error:
            log.warning("a stored agent's kind is not known any more", session=agent.session, why=error.message)
            kind = Kind(agent.kind, agent.kind, "", LaunchSpec((agent.kind,)))
        return self.member(agent, kind)

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
            await self._discharge.clear_dead_pane(old)
            self._crew.remove(old.agent.id)
        self._crew.add(member)
        self._spawning.add(launch.generation)
        try:
            pane = await self._terminal.spawn(launch)
        except Exception:
            self._crew.remove(member.agent.id)
            if old is not None:
                self._crew.add(old)
            kept = (old.agent,) if old is not None else ()
            await self._record.keep(Change(agents=kept, forgotten=(member.agent.id,)))
            raise
        finally:
            self._spawning.discard(launch.generation)
        self.place(member, pane)
        await self._record.keep(Change(agents=(member.agent,), facts=self._spawned(member), durable=True))

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
        member.placed_ms = self._clock()
        self._terminal.follow(self._crew.refs())
        self._terminal.urge(pane.ref)

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
            recording=self._site.recording,
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
        await self._record.keep(Change(agents=(member.agent,), forgotten=forgotten, audit=(audit,), facts=(fact,)))
        return member

    async def restart(self, member: Member, actor: Actor, *, resume: bool = False) -> Member:
        """Ends it where it runs, and starts it again with the same arguments, folder and environment; with `resume`, in the
        conversation that it was in, by the id that it told itself. What could not be started is refused, and it runs on.
        """
        agent = member.agent
        if not agent.spawned:
            raise Conflict(
                f"{agent.session} was adopted, not started by Outrider, so how to start it is not known. "
                "End it, and start it with `outrider spawn`.",
            )
        request = launching.renewed(agent, member.kind, resume=resume)
        await self._site.ready(request, self._kinds, agent.generation)  # refused while it still runs
        if agent.ended_ms is None:
            await self._discharge.kill(member, actor)
        again = await self.spawn(request, actor)
        again.agent = replace(again.agent, worktree=agent.worktree, branch=agent.branch, keep=agent.keep)
        self._record.put(Change(agents=(again.agent,)))
        return again
