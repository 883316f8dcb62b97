"""A little Outrider in memory: a journal, a bus with bounded queues, commands that are kept and never typed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from outrider.errors import Conflict, Forbidden, InvalidInput, NoSuchAgent, NoSuchThing, TooLarge
from outrider.logic.alerts import check, checked
from outrider.logic.chain import Head
from outrider.logic.metrics import METRICS
from outrider.logic.stuck import checked as checked_patience
from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent, SpawnRequest
from outrider.model.alert import Firing, Preview, Rule, Rules
from outrider.model.approval import Approval, ApprovalStatus, DialogKind, Option
from outrider.model.audit import AuditEntry, AuditQuery, AuditRow
from outrider.model.command import Attempt, Command, CommandRequest, Stage, Status
from outrider.model.event import Event, EventName, Fact
from outrider.model.history import Series, Share, Strips
from outrider.model.kind import Kind, LaunchSpec
from outrider.model.notice import Item, Notice, NoticeRule, NoticeStatus, Try, WayState
from outrider.model.pane import Glimpse, PaneRef, Picture
from outrider.model.progress import ProgressItem, ProgressReport, Sample
from outrider.model.recording import Recording
from outrider.model.state import Confidence, Detail, Reading, Rejected, Source, State, Verdict
from outrider.model.worktree import Merged, Removed, WorktreeState

NODE = "here"
TEXT_LIMIT = 128 * 1024


class Line:
    """A subscription: a bounded queue; who falls behind is cut off."""

    def __init__(self, limit: int) -> None:
        self.lagged = False
        self._limit = limit
        self._events: list[Event] = []
        self._wake = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        if len(self._events) >= self._limit:
            self.lagged = True
            self._closed = True
        if not self._closed:
            self._events.append(event)
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._events and not self.lagged:
                yield self._events.pop(0)
            if self._closed:
                return
            self._wake.clear()
            await self._wake.wait()


class LittleViewer:
    """Fits `Viewer`: shows what it was given and keeps what was typed."""

    def __init__(self, actor: Actor, shown: Sequence[Glimpse], typed: list[str]) -> None:
        self.actor = actor
        self.told = asyncio.Event()
        self.has_control = False
        self._shown = shown
        self._typed = typed

    @property
    def glimpses(self) -> AsyncIterator[Glimpse]:
        return self._glimpses()

    async def _glimpses(self) -> AsyncIterator[Glimpse]:
        for glimpse in self._shown:
            yield glimpse
        await asyncio.Event().wait()

    @property
    def holder(self) -> str | None:
        return self.actor.name if self.has_control else None

    async def take(self) -> None:
        if self.actor.scope is Scope.READ:
            raise Forbidden("A reader may not type.")
        self.has_control = True
        self.told.set()

    async def release(self) -> None:
        self.has_control = False
        self.told.set()

    async def type(self, text: str) -> None:
        if not self.has_control:
            raise Conflict("You do not have control.")
        self._typed.append(text)

    async def paste(self, text: str) -> None:
        await self.type(f"pasted: {text}")


class LittleViewers:
    """Fits `Viewers`; `opening` happens while a terminal opens."""

    def __init__(self) -> None:
        self.shown: list[Glimpse] = [Picture(80, 24, b"drawn"), b"more"]
        self.typed: list[str] = []
        self.opening: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def watch(self, session: str, actor: Actor) -> AsyncIterator[LittleViewer]:
        if session != "my-task":
            raise NoSuchAgent(f"No agent {session!r} is known here.")
        self.opening()
        yield LittleViewer(actor, self.shown, self.typed)


class LittleDialogs:
    """Fits `Dialogs`."""

    def __init__(self) -> None:
        self.kept: list[Approval] = []

    def policies(self) -> Mapping[str, object]:
        return {"status": "ok"}

    async def listed(
        self, *, session: str | None = None, status: ApprovalStatus | None = None, limit: int = 50
    ) -> Sequence[Approval]:
        found = [each for each in self.kept if status in {None, each.status} and session in {None, each.session}]
        return found[:limit]

    async def find(self, approval_id: str) -> Approval:
        for approval in self.kept:
            if approval.id == approval_id:
                return approval
        raise NoSuchThing(f"There is no approval {approval_id!r}.")

    async def answer(self, approval_id: str, answer: str, reason: str | None, actor: Actor) -> Approval:
        approval = await self.find(approval_id)
        if approval.status is not ApprovalStatus.OPEN:
            raise Conflict("It is answered already.", detail={"approval": None})
        labels = [option.label for option in approval.options]
        if answer not in labels:
            raise InvalidInput(f"There is no option {answer!r}.", detail={"options": labels})
        done = replace(approval, status=ApprovalStatus.ANSWERED, answer=answer, reason=reason, by=actor.name)
        self.kept[self.kept.index(approval)] = done
        return done


class LittleSteward:
    """Fits `Steward`."""

    def __init__(self, engine: "LittleEngine") -> None:
        self._engine = engine

    async def keep(self, session: str, actor: Actor, *, keep: bool) -> Agent:
        agent = replace(self._engine.agent(session), keep=keep)
        return self._engine.put(agent)

    async def patience(self, session: str, actor: Actor, own: Mapping[str, float]) -> Agent:
        return self._engine.put(replace(self._engine.agent(session), stuck=checked_patience(own)))


class LittleTrees:
    """Fits `Trees`: one worktree, named `task`, with work in it."""

    tree = WorktreeState("task", "/data/worktrees/task", "/repo", "outrider/task", "a" * 40, into="main", dirty=True)

    async def listed(self) -> Sequence[tuple[WorktreeState, str | None]]:
        return [(self.tree, None)]

    async def find(self, name: str) -> tuple[WorktreeState, str | None]:
        if name != self.tree.name:
            raise NoSuchThing(f"There is no worktree {name!r}.")
        return self.tree, None

    async def directories(self, typed: str) -> Sequence[str]:
        return (f"{typed}one", f"{typed}two")

    async def diff(self, name: str) -> tuple[str, bool]:
        await self.find(name)
        return "diff --git", False

    async def merge(self, name: str, into: str | None, actor: Actor) -> Merged:
        await self.find(name)
        raise Conflict("task has work that is not committed.", detail={"files": ["a"]})

    async def remove(self, name: str, actor: Actor, *, force: bool) -> Removed:
        await self.find(name)
        if not force:
            raise Conflict("task has work that is not committed; it stays.")
        return Removed(name, self.tree.path, self.tree.branch, True, "refs/outrider/trash/task-1", "git worktree add")


class LittleHistory:
    """Fits `History`: two moments of everything."""

    totals: Mapping[str, float] = MappingProxyType(
        {"sent": 3, "took_n": 3, "took_ms": 1500, "state:working": 2000, "to:working": 4, "answers": 1}
    )

    async def series(
        self, metric: str, *, since_ms: int | None, until_ms: int | None, session: str | None, step_s: int | None
    ) -> Series:
        if metric not in METRICS:
            raise InvalidInput(f"metric: there are: {', '.join(METRICS)}.")
        lines = dict.fromkeys(METRICS[metric].lines, (1.5, None))
        return Series(metric, METRICS[metric].unit, 60_000, 0, 120_000, (0, 60_000), lines)

    async def shares(self, *, since_ms: int | None, until_ms: int | None) -> Sequence[Share]:
        return (Share("one", {"working": 12.5}, 10, 0.5, 1, 0, 2.0),)

    async def strips(self, *, since_ms: int | None, until_ms: int | None) -> Strips:
        return Strips(60_000, 0, {"one": ("working", None)})


@dataclass
class LittleAlarms:
    """Fits `Alarms`: one rule, that would have fired once."""

    rules: Rules = field(default_factory=lambda: Rules((Rule("waiting", "waiting", 15.0),)))

    def firing(self) -> Sequence[Firing]:
        return (Firing("waiting", "one", 5, 20.0, 5),)

    async def change(self, rules: Rules, actor: Actor) -> Rules:
        self.rules = check(rules)
        return rules

    async def snooze(self, rule_id: str, minutes: float, actor: Actor) -> Rules:
        if rule_id not in {rule.id for rule in self.rules.rules}:
            raise NoSuchThing(f"There is no alert rule {rule_id!r}.")
        self.rules = Rules(tuple(replace(rule, snoozed_ms=int(minutes * 60_000)) for rule in self.rules.rules))
        return self.rules

    async def preview(self, rule: Rule) -> Preview:
        checked(rule)
        return Preview(0, (Firing(rule.id, "one", 5, rule.above, 5),))


def make_notice(status: NoticeStatus = NoticeStatus.SENT) -> Notice:
    """What was told of a question of `my-task`."""
    data = {"detail": {"question": "Run it?", "command": "rm x"}, "approval": "a1"}
    event = Event(7, NODE, Fact(EventName.AGENT_WAITING, "my-task", 5, data))
    tries = (Try(1, 6, 7),)
    return Notice("n1", "phone", "42", "rule 1", 5, 7, 5, (Item(event),), status=status, tries=tries)


class LittleRecordings:
    """Fits `Recordings`: one recording of `my-task`, and one that is being made."""

    def __init__(self, engine: "LittleEngine") -> None:
        self._engine = engine
        self.kept = {
            each.id: each
            for each in (
                Recording("a1-2000", "my-task", 2000, 1.5, 40, 80, 24, live=True),
                Recording("a1-1000", "my-task", 1000, 9.0, 40, 80, 24, cut="the recording reached its limit of 50 MB"),
            )
        }

    async def switch(self, session: str, actor: Actor, *, on: bool) -> Agent:
        return self._engine.put(replace(self._engine.agent(session), recording=on))

    async def listed(self, session: str | None = None) -> Sequence[Recording]:
        return [each for each in self.kept.values() if session in {None, each.session}]

    async def find(self, recording_id: str) -> Recording:
        if recording_id not in self.kept:
            raise NoSuchThing(f"There is no recording {recording_id!r}.")
        return self.kept[recording_id]

    async def pieces(self, recording_id: str) -> AsyncIterator[bytes]:
        for piece in (b'{"version": 2, "width": 80, "height": 24}\n', b'[0.0, "o", "hello"]\n'):
            yield piece

    async def remove(self, recording_id: str, actor: Actor) -> Recording:
        if (await self.find(recording_id)).live:
            raise Conflict("It is still being made.")
        return self.kept.pop(recording_id)


@dataclass
class LittleNotices:
    """Fits `Notices`: one way, one rule, and what was told of one question."""

    path: str = "/etc/notify.toml"
    problem: str = ""
    rules: Sequence[NoticeRule] = (NoticeRule("rule 1", frozenset({EventName.AGENT_WAITING}), ("phone",)),)
    totals: Mapping[tuple[str, str], int] = field(default_factory=lambda: {("phone", "sent"): 1})

    def ways(self) -> Sequence[WayState]:
        return (WayState("phone", "telegram", "42"),)

    def health(self) -> Mapping[str, object]:
        return {"status": "ok", "ways": 1, "queued": 0}

    async def listed(
        self, *, way: str | None = None, status: NoticeStatus | None = None, limit: int = 50
    ) -> Sequence[Notice]:
        return [make_notice()] if way in (None, "phone") and status in (None, NoticeStatus.SENT) else []

    async def find(self, notice_id: str) -> Notice:
        if notice_id != "n1":
            raise NoSuchThing(f"No notice has the id {notice_id!r}.")
        return make_notice()

    async def test(self, name: str | None, actor: Actor) -> Sequence[Notice]:
        if name not in (None, "phone"):
            raise NoSuchThing(f"There is no way out {name!r}.")
        return [make_notice(NoticeStatus.FAILED)]

    async def retry(self, notice_id: str) -> Notice:
        raise Conflict(f"This notice is {(await self.find(notice_id)).status.value}.")


@dataclass
class LittleEngine:
    """Fits `Engine`. `clock` is a number that only moves when something happens."""

    line_limit: int = 10_000
    now: int = 1_700_000_000_000
    journal: list[Event] = field(default_factory=list)
    degraded: str = ""
    dialogs: LittleDialogs = field(default_factory=LittleDialogs)
    trees: LittleTrees = field(default_factory=LittleTrees)
    history: LittleHistory = field(default_factory=LittleHistory)
    alarms: LittleAlarms = field(default_factory=LittleAlarms)
    viewers: LittleViewers = field(default_factory=LittleViewers)
    _agents: dict[str, Agent] = field(default_factory=dict)
    _commands: list[Command] = field(default_factory=list)
    _audit: list[AuditEntry] = field(default_factory=list)
    _lines: list[Line] = field(default_factory=list)

    def clock(self) -> int:
        return self.now

    def tell(self, session: str, name: EventName = EventName.STATE_CHANGE, **data: object) -> Event:
        """Journals it, then tells everybody."""
        self.now += 1
        seq = self.journal[-1].seq + 1 if self.journal else 1
        event = Event(seq, NODE, Fact(name, session, self.now, data))
        self.journal.append(event)
        self.publish(event)
        return event

    def publish(self, event: Event) -> None:
        for line in self._lines:
            line.put(event)

    @property
    def steward(self) -> LittleSteward:
        return LittleSteward(self)

    def put(self, agent: Agent) -> Agent:
        self._agents[agent.session] = agent
        return agent

    def agents(self) -> Sequence[Agent]:
        return [self._agents[session] for session in sorted(self._agents)]

    def agent(self, session: str) -> Agent:
        if session not in self._agents:
            raise NoSuchAgent(f"No agent {session!r} is known here.", detail={"session": session})
        return self._agents[session]

    def kinds(self) -> Sequence[Kind]:
        return [
            Kind("shell", "Shell", "shell.toml", LaunchSpec(("bash",))),
            Kind("claude", "Claude Code", "claude.toml", LaunchSpec(("claude",), install="npm i -g …"), version="2.1"),
        ]

    async def spawn(self, request: SpawnRequest, actor: Actor) -> Agent:
        if request.session in self._agents:
            raise Conflict(f"There is an agent {request.session!r} already.")
        if not request.workdir.startswith("/"):
            raise InvalidInput(f"The working directory must be absolute, not {request.workdir!r}.")
        self._write(actor, "spawn", request.session)
        agent = self.put(make_agent(request.session, kind=request.kind, model=request.model, at=self.now))
        self.tell(request.session, EventName.AGENT_SPAWNED)
        return agent

    async def adopt(self, session: str, actor: Actor, *, kind: str | None = None, server: str | None = None) -> Agent:
        self._write(actor, "adopt", session)
        return self.put(make_agent(session, kind=kind or "claude", server=server or "default", at=self.now))

    async def kill(self, session: str, actor: Actor, *, now: bool = False) -> Agent:
        agent = self.agent(session)
        self._write(actor, "kill", session, now=now)
        return self.put(replace(agent, verdict=replace(agent.verdict, alive=False, exit_status=137)))

    async def restart(self, session: str, actor: Actor, *, resume: bool = False) -> Agent:
        self._write(actor, "restart", session, resume=resume)
        return self.agent(session)

    async def forget(self, session: str, actor: Actor) -> Agent:
        agent = self.agent(session)
        if agent.verdict.alive:
            raise Conflict(f"{session!r} is alive: kill it first.")
        self._write(actor, "forget", session)
        return self._agents.pop(session)

    async def interrupt(self, session: str, actor: Actor) -> Agent:
        self._write(actor, "interrupt", session)
        return self.agent(session)

    async def keys(self, session: str, keys: Sequence[str], actor: Actor) -> Agent:
        agent = self.agent(session)
        self._write(actor, "keys", session, keys=list(keys))
        return agent

    async def output(self, session: str, *, lines: int, ansi: bool) -> str:
        self.agent(session)
        rows = [f"row {number} ünï \udcff" for number in range(200)][-lines:]
        return "\n".join(f"\x1b[1m{row}\x1b[0m" if ansi else row for row in rows)

    async def audit(self, query: AuditQuery) -> tuple[Sequence[AuditEntry], Head]:
        wanted = (("session", query.session), ("actor", query.actor), ("action", query.action))
        found = [
            entry
            for entry in (reversed(self._audit) if query.since is None else self._audit)
            if entry.id > (query.since or 0)
            and all(value is None or getattr(entry.row, name) == value for name, value in wanted)
        ]
        return found[: query.limit], Head(len(self._audit), self._audit[-1].digest) if self._audit else Head()

    async def progress(self, session: str) -> ProgressReport:
        self.agent(session)
        sample = Sample(session, self.now - 10, 40.0, "spec:TASKS.md", 2, 5)
        items = [ProgressItem(1, "Write it", False, 3, 2.0, "Phase one"), ProgressItem(2, "Test it", True, 4, depth=1)]
        return ProgressReport(50.0, "spec:TASKS.md", 1, 2, items, [sample], self.now + 60_000)

    async def tick(self, session: str, item: str, actor: Actor) -> ProgressReport:
        self.agent(session)
        if item != "1":
            raise NoSuchThing(f"No item is {item!r}.")
        self._write(actor, "tick", session, item=item)
        return await self.progress(session)

    async def command(self, session: str, request: CommandRequest, actor: Actor) -> Command:
        agent = self.agent(session)
        if len(request.text.encode()) > TEXT_LIMIT:
            raise TooLarge(f"The text is over {TEXT_LIMIT} bytes.")
        for known in self._commands:
            if request.key is not None and known.key == request.key:
                return known
        number = len(self._commands) + 1
        command = Command(
            id=f"c{number}",
            seq=number,
            agent=agent.id,
            session=session,
            text=request.text,
            status=Status.QUEUED,
            actor=actor.name,
            created_ms=self.now,
            changed_ms=self.now,
            when=request.when,
            priority=request.priority,
            key=request.key,
            attempts=(Attempt(1, Stage.OPENED, self.now),),
        )
        self._commands.append(command)
        self._write(actor, "command", session, id=command.id)
        self.tell(session, EventName.COMMAND_QUEUED, jobId=command.id, command=command.text)
        return command

    async def commands(
        self, *, session: str | None = None, status: Status | None = None, limit: int = 50
    ) -> Sequence[Command]:
        return [
            command
            for command in reversed(self._commands)
            if session in {None, command.session} and status in {None, command.status}
        ][:limit]

    async def find_command(self, command_id: str) -> Command:
        for command in self._commands:
            if command.id == command_id:
                return command
        raise NoSuchThing(f"There is no command {command_id!r}.")

    async def retry(self, command_id: str, actor: Actor) -> Command:
        command = await self.find_command(command_id)
        if command.status is not Status.CANCELLED:
            raise Conflict(f"The command is {command.status}.")
        return await self.command(command.session, CommandRequest(command.text, key=f"retry of {command_id}"), actor)

    async def cancel(self, command_id: str, actor: Actor) -> Command:
        command = await self.find_command(command_id)
        if command.status is not Status.QUEUED:
            raise Conflict(f"The command is {command.status} already.")
        cancelled = replace(command, status=Status.CANCELLED)
        self._commands[command.seq - 1] = cancelled
        return cancelled

    async def events(
        self,
        *,
        since: int,
        limit: int,
        sessions: frozenset[str] = frozenset(),
        names: frozenset[str] = frozenset(),
    ) -> Sequence[Event]:
        await asyncio.sleep(0)
        return [
            event
            for event in self.journal
            if event.seq > since
            and (not sessions or event.fact.session in sessions)
            and (not names or event.fact.name in names)
        ][:limit]

    async def last_seq(self) -> int:
        await asyncio.sleep(0)
        return self.journal[-1].seq if self.journal else 0

    def subscribe(self) -> Line:
        line = Line(self.line_limit)
        self._lines = [known for known in self._lines if not known.lagged]
        self._lines.append(line)
        return line

    async def stats(self) -> Mapping[str, object]:
        queued = sum(command.status is Status.QUEUED for command in self._commands)
        living = [agent for agent in self._agents.values() if agent.verdict.alive]
        return {
            "agents": {"total": len(self._agents), "alive": len(living)},
            "states": {state.value: sum(agent.verdict.state is state for agent in living) for state in State},
            "commands": {"queued": queued},
            "events": len(self.journal),
            "uptime": 12.5,
        }

    async def health(self) -> Mapping[str, object]:
        status: dict[str, object] = {"status": "ok"}
        if self.degraded:
            status = {"status": "degraded", "reason": self.degraded}
        server = {"server": "outrider", "interval_ms": 250, "captured": 40, "rounds": 8, "capture_s": 0.5}
        parts = {
            "tmux": {"status": "ok", "servers": [server, {"server": "default", "state": "gone"}]},
            "store": {"status": "ok", "size": 4096, "log": 1024},
        }
        return {**status, "version": "0", "node": NODE, "uptime": 12.5, **parts}

    def _write(self, actor: Actor, action: str, session: str, **data: object) -> None:
        self.now += 1
        row = AuditRow(self.now, actor.name, action, session, data)
        self._audit.append(AuditEntry(number := len(self._audit) + 1, row, f"digest{number}"))


@dataclass(frozen=True)
class Token:
    name: str
    scope: Scope
    created_ms: int
    secret: str


class LittleTokens:
    """Fits `Tokens`."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self.made_by: list[tuple[str, str]] = []
        self.revoked_by: list[tuple[str, str]] = []

    async def find(self, token: str) -> Actor | None:
        for known in self._tokens.values():
            if known.secret == token:
                return Actor(f"token:{known.name}", known.scope)
        return None

    async def create(self, name: str, scope: Scope, by: str) -> str:
        await self.offer(name, scope, by)
        self._tokens[name] = Token(name, scope, 1_700_000_000_000, f"secret-{name}")
        return self._tokens[name].secret

    async def list(self) -> Sequence[Token]:
        return [self._tokens[name] for name in sorted(self._tokens)]

    async def offer(self, name: str, scope: Scope, by: str) -> None:
        if name in self._tokens:
            raise Conflict(f"There is a token {name!r} already.")
        self.made_by.append((name, by))

    async def revoke(self, name: str, by: str) -> None:
        self.revoked_by.append((name, by))
        if self._tokens.pop(name, None) is None:
            raise NoSuchThing(f"There is no token {name!r}.")


class LittleCallers:
    """Fits `Callers`: by process id, which agent's it is; sockets are nobody's."""

    def __init__(self) -> None:
        self.agents: dict[int, str] = {}
        self.tried: list[tuple[str, str, str]] = []

    async def agent(self, pid: int | None, inode: int | None) -> str | None:
        return self.agents.get(pid or 0)

    async def refused(self, session: str, method: str, path: str) -> None:
        self.tried.append((session, method, path))


def make_approval(session: str, at: int = 1_700_000_000_000) -> Approval:
    """A dialog that waits for a person."""
    return Approval(
        id=f"p-{session}",
        fingerprint="p",
        agent=f"a-{session}",
        session=session,
        kind=DialogKind.PERMISSION,
        question="Do you want to proceed?",
        asked_ms=at,
        changed_ms=at,
        options=(Option("Yes"), Option("No", key="esc")),
        tool="Bash",
        command="pytest \udcff",
    )


def make_agent(
    session: str,
    *,
    kind: str = "claude",
    model: str | None = None,
    server: str = "outrider",
    at: int = 1_700_000_000_000,
) -> Agent:
    """An agent that waits for a person, with evidence for it and against it."""
    reading = Reading(Source.HOOK, State.WAITING, "hook:PermissionRequest", "Bash", at - 250)
    title = Reading(Source.TITLE, State.WORKING, "title.spinner", "⠋ project", at - 4000)
    return Agent(
        id=f"a-{session}",
        session=session,
        node=NODE,
        kind=kind,
        ref=PaneRef(server, 1, "%1"),
        workdir="/tmp/project",
        verdict=Verdict(
            state=State.WAITING,
            alive=True,
            since_ms=at - 250,
            confidence=Confidence.HIGH,
            detail=Detail(tool="Bash", command="pytest", options=("Yes", "No"), retrying=False),
            evidence=(reading,),
            rejected=(Rejected(title, "A hook that is newer says otherwise."),),
        ),
        spawned=True,
        created_ms=at,
        changed_ms=at,
        generation="secret-generation",
        model=model,
        env={"API_KEY": "secret-env"},
    )
