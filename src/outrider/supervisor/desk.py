"""The desk: what web, command line and other faces may ask of this node. Each call is a check, one action, an answer."""

from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence

from outrider import __version__
from outrider.errors import Conflict, InvalidInput, NoSuchThing, PaneGone
from outrider.kinds.load import Kinds
from outrider.logic import stuck
from outrider.logic.chain import Head
from outrider.model.actor import Actor
from outrider.model.agent import Agent, SpawnRequest
from outrider.model.audit import AuditEntry, AuditQuery, AuditRow
from outrider.model.command import Command, CommandRequest, Status
from outrider.model.event import Event
from outrider.model.kind import Kind
from outrider.model.pane import ANY, Pane, Terms
from outrider.model.progress import ProgressReport
from outrider.model.state import BUSY, State
from outrider.ports import Bus, Subscription, Terminal
from outrider.store import Change, Store
from outrider.supervisor.alarms import Alarms
from outrider.supervisor.audience import Audience
from outrider.supervisor.counter import Counter, check
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.historian import Historian
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.muster import Muster
from outrider.supervisor.premises import check_spec
from outrider.supervisor.progress import Progress
from outrider.supervisor.record import Record
from outrider.supervisor.signs import recognise
from outrider.supervisor.steward import Steward
from outrider.supervisor.trees import Trees
from outrider.supervisor.viewers import Viewers
from outrider.supervisor.watch import Watch

DEGRADED = "degraded"


class Desk:
    """The engine that the web faces are given."""

    def __init__(
        self,
        *,
        node: str,
        crew: Crew,
        muster: Muster,
        discharge: Discharge,
        counter: Counter,
        lanes: Lanes,
        dialogs: Audience,
        trees: Trees,
        history: Historian,
        alarms: Alarms,
        viewers: Viewers,
        steward: Steward,
        watch: Watch,
        progress: Progress,
        record: Record,
        store: Store,
        bus: Bus,
        terminal: Terminal,
        kinds: Kinds,
        clock: Callable[[], int],
    ) -> None:
        self._node = node
        self._crew = crew
        self._muster = muster
        self._discharge = discharge
        self._counter = counter
        self._lanes = lanes
        self.dialogs = dialogs
        self.trees = trees
        self.history = history
        self.alarms = alarms
        self.viewers = viewers
        self.steward = steward
        self._watch = watch
        self._progress = progress
        self._record = record
        self._store = store
        self._bus = bus
        self._terminal = terminal
        self._kinds = kinds
        self._clock = clock
        self._started_ms = clock()

    def agents(self) -> Sequence[Agent]:
        """All agents known here, in order of session name."""
        return sorted((member.agent for member in self._crew), key=lambda agent: agent.session)

    def agent(self, session: str) -> Agent:
        """The agent of that session name."""
        return self._crew.get(session).agent

    def kinds(self) -> Sequence[Kind]:
        """All kinds of agents known here."""
        return self._kinds.all()

    async def spawn(self, request: SpawnRequest, actor: Actor) -> Agent:
        """Starts an agent; its prompt is the first command, delivered when it is ready."""
        first = CommandRequest(request.prompt) if request.prompt is not None else None
        if first is not None:
            check(first, self._counter.bounds, self._kinds.get(request.kind).typing)
        check_spec(request.spec, request.workdir)
        stuck.checked(request.stuck)
        member = await self._muster.spawn(request, actor)
        if first is not None:
            await self._counter.accept(member, first, actor)
        return member.agent

    async def adopt(self, session: str, actor: Actor, *, kind: str | None = None, server: str | None = None) -> Agent:
        """Takes in an agent that runs in a session of a watched tmux server already."""
        known = self._crew.find(session)
        if known is not None and known.agent.ended_ms is None:
            raise Conflict(f"{session} is an agent of ours already ({known.agent.verdict.state.value}).")
        pane = self._pane(session, server)
        chosen = self._kinds.get(kind) if kind is not None else recognise(pane, self._kinds)
        if chosen is None:
            names = ", ".join(each.name for each in self._kinds.all())
            raise InvalidInput(
                f"{session} runs {pane.command!r}, which is no agent that we recognise. Name its kind: {names}.",
                detail={"field": "kind"},
            )
        return (await self._muster.adopt(pane, chosen, actor.name)).agent

    def _pane(self, session: str, server: str | None) -> Pane:
        found = [
            pane for ref, pane in self._watch.panes.items() if pane.session == session and server in (None, ref.server)
        ]
        servers = {pane.ref.server for pane in found}
        if not found:
            why = f"No tmux session {session!r} is seen on the servers that are watched. "
            how = 'Add its socket to the setting watch, such as watch = ["default"].'
            raise NoSuchThing(why + how, detail={"session": session})
        if len(servers) > 1:
            raise Conflict(
                f"{session!r} exists on several tmux servers: {', '.join(sorted(servers))}. Say which (server).",
                detail={"servers": sorted(servers)},
            )
        return found[0]

    async def kill(self, session: str, actor: Actor, *, now: bool = False) -> Agent:
        """Ends the agent and everything it started; unless `now`, it is first asked to leave by its own keys."""
        member = self._crew.get(session)
        if member.agent.ended_ms is not None and (member.pane is None or member.pane.ref not in self._watch.panes):
            raise Conflict(f"{session} is not running any more.", detail={"alive": False})
        await self._discharge.kill(member, actor, now=now)
        self._lanes.wake(member.agent.id)
        return member.agent

    async def restart(self, session: str, actor: Actor, *, resume: bool = False) -> Agent:
        """Ends the agent and starts it again as it was started; with `resume`, in its own conversation."""
        return (await self._muster.restart(self._crew.get(session), actor, resume=resume)).agent

    async def forget(self, session: str, actor: Actor) -> Agent:
        """Takes an ended or an adopted agent off the list."""
        member = self._crew.get(session)
        await self._discharge.forget(member, actor)
        self._lanes.wake(member.agent.id)
        return member.agent

    async def interrupt(self, session: str, actor: Actor) -> Agent:
        """Presses the kind's keys for it, once, and only while the agent is at work: at rest they would do something else."""
        member = self._living(session)
        async with member.hands:
            _check_interruptible(member)
            if member.interrupting(self._clock()):
                raise Conflict(f"{session} was interrupted a moment ago; what that did is being looked at.")
            await self._press(member, member.kind.stop.interrupt, actor, "interrupt", Terms(modeless=True))
        return member.agent

    async def keys(self, session: str, keys: Sequence[str], actor: Actor) -> Agent:
        """Presses named keys, as they are; who asks for this knows what they do."""
        member = self._living(session)
        async with member.hands:
            await self._press(member, keys, actor, "keys")
            member.typed_ms = self._clock()
        return member.agent

    def _living(self, session: str) -> Member:
        member = self._crew.get(session)
        if not member.alive:
            raise Conflict(f"{session} is not running any more.", detail={"alive": False})
        return member

    async def _press(self, member: Member, keys: Sequence[str], actor: Actor, action: str, terms: Terms = ANY) -> None:
        row = AuditRow(self._clock(), actor.name, action, member.agent.session, {"keys": list(keys)})
        await self._record.commit(Change(audit=(row,), durable=True))
        await self._terminal.press(member.agent.ref, keys, terms)
        self._terminal.urge(member.agent.ref)

    async def output(self, session: str, *, lines: int, ansi: bool) -> str:
        """The last lines of its pane, those that scrolled away included."""
        member = self._crew.get(session)
        try:
            return "\n".join(await self._terminal.output(member.agent.ref, lines=lines, ansi=ansi))
        except PaneGone:
            raise Conflict(f"The pane of {session} is gone, and its output with it.", detail={"alive": False}) from None

    async def audit(self, query: AuditQuery) -> tuple[Sequence[AuditEntry], Head]:
        """Who had what done to anything here, and the newest row of all."""
        return await self._store.audit(query)

    async def progress(self, session: str) -> ProgressReport:
        """How far it is, with the items and the history."""
        return await self._progress.report(self._crew.get(session))

    async def tick(self, session: str, item: str, actor: Actor) -> ProgressReport:
        """Ticks a box in its spec."""
        return await self._progress.tick(self._crew.get(session), item, actor)

    # ---- commands --------------------------------------------------------------------------------

    async def command(self, session: str, request: CommandRequest, actor: Actor) -> Command:
        """Accepts a command for an agent."""
        return await self._counter.accept(self._crew.get(session), request, actor)

    async def commands(
        self, *, session: str | None = None, status: Status | None = None, limit: int = 50
    ) -> Sequence[Command]:
        """Newest first, with their attempts."""
        return await self._counter.listed(session, status, limit)

    async def find_command(self, command_id: str) -> Command:
        """One command."""
        return await self._counter.find(command_id)

    async def cancel(self, command_id: str, actor: Actor) -> Command:
        """Cancels a queued command."""
        return await self._counter.cancel(command_id, actor)

    async def retry(self, command_id: str, actor: Actor) -> Command:
        """Accepts once more what was not sent, as a new command."""
        command = await self._counter.find(command_id)
        return await self._counter.retry(self._crew.get(command.session), command, actor)

    # ---- events, figures -------------------------------------------------------------------------

    async def events(
        self, *, since: int, limit: int, sessions: frozenset[str] = frozenset(), names: frozenset[str] = frozenset()
    ) -> Sequence[Event]:
        """The journal after `since`, oldest first."""
        return await self._store.events(since=since, limit=limit, sessions=sessions, names=names)

    async def last_seq(self) -> int:
        """The seq of the newest journalled event."""
        return await self._store.last_seq()

    def subscribe(self) -> Subscription:
        """Everything published from now on."""
        return self._bus.subscribe()

    async def stats(self) -> Mapping[str, object]:
        """Counts by state and by status of commands, and the uptime in seconds."""
        living = [member.agent for member in self._crew if member.alive]
        states = Tally(agent.verdict.state.value for agent in living)
        return {
            "agents": {"total": len(self._crew), "alive": len(living)},
            "states": {state.value: states.get(state.value, 0) for state in State},
            "commands": dict(await self._store.counts()),
            "events": await self._store.last_seq(),
            "uptime": self._uptime_s(),
        }

    async def health(self) -> Mapping[str, object]:
        """How the parts are; `reason` says what is wrong."""
        tmux, store = dict(self._terminal.health()), dict(self._store.health())
        if self._record.why:
            store |= {"status": DEGRADED, "why": self._record.why}
        wrong = [
            f"{name}: {part.get('why')}" for name, part in (("tmux", tmux), ("store", store)) if part["status"] != "ok"
        ]
        told: dict[str, object] = {
            "status": DEGRADED if wrong else "ok",
            "version": __version__,
            "node": self._node,
            "uptime": self._uptime_s(),
            "tmux": tmux,
            "store": store,
        }
        return {**told, "reason": "; ".join(wrong)} if wrong else told

    def _uptime_s(self) -> float:
        return round((self._clock() - self._started_ms) / 1000, 3)


def _check_interruptible(member: Member) -> None:
    session, state = member.agent.session, member.beneath.state
    if state not in BUSY and not (state is State.ERROR and member.beneath.detail.retrying):
        why = f"{session} is {state.value}, not at work; there is nothing to interrupt."
        raise Conflict(why, detail={"state": state.value})
    if member.pane is not None and member.pane.in_mode:
        raise Conflict(f"The pane of {session} is in copy mode, where keys do not reach it. Leave it first, with q.")
