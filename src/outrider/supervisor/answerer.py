"""The answerer: has one dialog of one agent answered, and says what became of it.

An answer is written down before anything is done about it. Where the agent's hook waits it is given the answer; else it goes by
keys: a look, the one key that the look allows, another look, until the dialog is seen gone. Enter is pressed only while the mark is
seen on the option that is wanted, and nothing is pressed on a dialog that is not the one that was answered.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from outrider.errors import Conflict, OutriderError, TimedOut
from outrider.kinds.channels.answer_line import Answers, decision
from outrider.logic import answering
from outrider.logic import approval as dialogs
from outrider.model import wire
from outrider.model.actor import Actor, Scope
from outrider.model.approval import (
    UNANSWERED,
    Approval,
    ApprovalStatus,
    Behavior,
    Decision,
    DialogKind,
    Form,
    Shown,
    Way,
)
from outrider.model.audit import AuditRow
from outrider.model.hook import HookEvent
from outrider.model.pane import Screen
from outrider.ports import Terminal
from outrider.store import Change
from outrider.supervisor.approvals import Approvals, Decide, ending
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record

log = structlog.get_logger()

ASKS = "PermissionRequest"
STEPS = 30
POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds: between two looks; for a hook to take an answer; for a dialog to go; for a mark to move."""

    look: float = 0.05
    taken: float = 1.5
    gone: float = 5.0
    moved: float = 2.0


PATIENT = Pauses()


@dataclass(frozen=True, slots=True)
class Call:
    """A permission hook that waits for an answer until `until_ms`; `name` is that of its file."""

    name: str
    tool: str
    command: str | None
    file: str | None
    until_ms: int


@dataclass(frozen=True, slots=True)
class Job:
    """What a policy decided: for a dialog, or for a hook call before its dialog is seen."""

    agent: str
    decision: Decision
    approval: Approval
    call: Call | None = None


class Answerer:
    """Answers dialogs; one answer at a time for each, and never while a command is being typed."""

    def __init__(
        self,
        *,
        approvals: Approvals,
        crew: Crew,
        record: Record,
        terminal: Terminal,
        answers: Answers,
        clock: Callable[[], int],
        wait_s: float,
        decide: Decide | None = None,
        pauses: Pauses = PATIENT,
    ) -> None:
        self._approvals = approvals
        self._crew = crew
        self._record = record
        self._terminal = terminal
        self._answers = answers
        self._clock = clock
        self._wait_s = wait_s
        self._decide = decide
        self._pauses = pauses
        self._calls: dict[str, list[Call]] = {}
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        approvals.opened = self._opened

    async def run(self) -> None:
        """Has done what a policy decided; the daemon's task."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._perform(await self._jobs.get()))

    # ---- what a person answers -------------------------------------------------------------------

    async def answer(self, approval_id: str, answer: str, reason: str | None, actor: Actor) -> Approval:
        """Answers it, and returns it as it is then: answered, or still open where the answer only ticked a box.

        Conflict where it is not open (any more) or has changed; `detail.approval` is then the dialog that stands now, if any.
        InvalidInput where no option is meant; TimedOut where the dialog did not go although it was answered.
        """
        approval = await self._approvals.find(approval_id)
        if approval.status not in UNANSWERED or self._approvals.of(approval.agent) is None:
            raise self._late(approval)
        if approval.id in self._approvals.answering:
            raise Conflict(
                f"{self._approvals.answering[approval.id]} is answering it just now.", detail={"id": approval.id}
            )
        member = self._crew.by_id(approval.agent)
        if member is None or not member.alive:
            raise Conflict(f"{approval.session} is not running any more.", detail={"alive": False})
        wanted = answering.choose(approval.options, answer)
        meant = replace(approval, by=actor.name, answer=approval.options[wanted].label, reason=reason)
        return await self._give(member, meant, wanted, answering.by_hook(approval, wanted, answer), actor)

    def _late(self, approval: Approval) -> Conflict:
        how = f": {approval.answer!r}, by {approval.by}" if approval.status is ApprovalStatus.ANSWERED else ""
        return Conflict(
            f"This dialog of {approval.session} is {approval.status.value} already{how}.",
            detail={"id": approval.id, "status": approval.status.value, **self._now(approval.agent)},
        )

    def _now(self, agent_id: str) -> dict[str, object]:
        current = self._approvals.of(agent_id)
        return {"approval": wire.approval_json(current) if current is not None else None}

    async def _give(
        self, member: Member, meant: Approval, wanted: int, behavior: Behavior | None, actor: Actor
    ) -> Approval:
        self._approvals.answering[meant.id] = actor.name
        try:
            async with member.hands:
                return await self._answer(member, meant, wanted, behavior, actor)
        finally:
            self._approvals.answering.pop(meant.id, None)
            self._terminal.urge(member.agent.ref)

    async def _answer(
        self, member: Member, meant: Approval, wanted: int, behavior: Behavior | None, actor: Actor
    ) -> Approval:
        before = self._approvals.of(member.agent.id)
        if before is None or before.id != meant.id:
            raise self._late(await self._approvals.find(meant.id))
        await self._intend(meant, actor)
        call = self._call(member, meant) if behavior is not None else None
        way = Way.KEYS
        try:
            ticked = None
            if call is not None and behavior is not None and await self._tell(member, call, behavior, meant.reason):
                way = Way.HOOK
                await self._see_gone(member, meant)
            else:
                ticked = await self._press(member, meant, wanted)
        except OutriderError:
            self._reopen(before)
            raise
        if ticked is not None:
            kept = replace(before, options=ticked.options, changed_ms=self._clock())
            self._approvals.put(kept)
            self._record.put(Change(approvals=(kept,)))
            return kept
        done = replace(meant, status=ApprovalStatus.ANSWERED, way=way, changed_ms=self._clock())
        await self._record.keep(self._approvals.close(done, actor.name))
        return done

    async def _intend(self, meant: Approval, actor: Actor) -> None:
        """Writes down that it is being answered, before anything is done."""
        now = self._clock()
        intent = replace(meant, status=ApprovalStatus.ANSWERING, changed_ms=now)
        data = {"approval": meant.id, "answer": meant.answer, "reason": meant.reason, "rule": meant.rule}
        row = AuditRow(now, actor.name, "answer", meant.session, data)
        await self._record.commit(Change(approvals=(intent,), audit=(row,), durable=True))
        self._approvals.put(intent)

    def _reopen(self, before: Approval) -> None:
        """It was not answered: it stands as before, unless it was closed meanwhile."""
        current = self._approvals.of(before.agent)
        if current is not None and current.id == before.id:
            again = replace(before, status=ApprovalStatus.OPEN, changed_ms=self._clock())
            self._approvals.put(again)
            self._record.put(Change(approvals=(again,)))

    # ---- by the agent's hook ---------------------------------------------------------------------

    def hook(self, member: Member, event: HookEvent) -> None:
        """A hook call of the agent: one that asks for permission can be answered for a while."""
        if event.name != ASKS or self._wait_s <= 0:
            return
        tool = event.payload.get("tool_name")
        given = event.payload.get("tool_input")
        until = event.at_ms + round(self._wait_s * 1000)
        if not isinstance(tool, str) or tool in answering.CHOICES or until <= self._clock():
            return
        words = given if isinstance(given, dict) else {}
        command, file = words.get("command"), words.get("file_path") or words.get("notebook_path")
        call = Call(
            event.id.partition("/")[2].removesuffix(".json"),
            tool,
            command if isinstance(command, str) else None,
            file if isinstance(file, str) else None,
            until,
        )
        waiting = [each for each in self._calls.get(member.agent.id, ()) if each.until_ms > self._clock()]
        self._calls[member.agent.id] = [*waiting, call]
        self._consider(member, _asked(member, call, event), call)

    def _call(self, member: Member, approval: Approval) -> Call | None:
        """The one hook call that waits for this dialog's answer; None where it cannot be told, or has given up."""
        now = self._clock()
        waiting = [each for each in self._calls.get(member.agent.id, ()) if each.until_ms > now]
        fitting = [each for each in waiting if _fits(each, approval)]
        return fitting[0] if len(fitting) == 1 else None

    async def _tell(self, member: Member, call: Call, behavior: Behavior, reason: str | None) -> bool:
        """Gives the hook its answer; False where it does not take it."""
        self._calls[member.agent.id] = [each for each in self._calls.get(member.agent.id, ()) if each is not call]
        generation = member.agent.generation
        if not self._answers.put(generation, call.name, decision(behavior, reason)):
            return False
        end = self._clock() + self._pauses.taken * 1000
        while self._answers.lies(generation, call.name) and self._clock() < end:
            await asyncio.sleep(self._pauses.look)
        return not self._answers.take_back(generation, call.name)

    # ---- by keys ---------------------------------------------------------------------------------

    async def _press(self, member: Member, meant: Approval, wanted: int) -> Shown | None:
        """Presses what chooses the option, and sees the dialog gone. What it shows then, where a box was only ticked."""
        for _ in range(STEPS):
            shown, screen = await self._look(member, meant)
            stroke = answering.stroke(member.kind.name, shown, wanted)
            if stroke is None:
                raise Conflict(
                    f"It cannot be seen which option of this dialog is marked; answer it in the terminal: outrider attach {meant.session}",
                    detail={"id": meant.id},
                )
            if stroke.keys:
                await self._terminal.press(member.agent.ref, stroke.keys)
            else:
                await self._terminal.write(member.agent.ref, stroke.text)
            if shown.form is Form.LINE:
                await self._finish_line(member, screen, stroke.text)
            elif not stroke.final:
                await self._moved(member, meant, shown)
                continue
            elif answering.toggles(shown, wanted):
                return await self._ticked(member, meant, shown, wanted)
            await self._see_gone(member, meant)
            return None
        raise TimedOut("The mark did not come to the option that was wanted; nothing was chosen.")

    async def _look(self, member: Member, meant: Approval) -> tuple[Shown, Screen]:
        """The dialog as it stands now; Conflict where it is not the one that was answered."""
        screen = await self._terminal.look(member.agent.ref, styled=True)
        if screen.pane.in_mode:
            raise Conflict(f"The pane of {meant.session} is in copy mode; leave it first (q).", detail={"id": meant.id})
        shown = dialogs.read(member.kind, screen)
        if shown is not None and self._approvals.print(member, shown) == meant.fingerprint:
            return shown, screen
        raise await self._changed(member, meant, shown)

    async def _changed(self, member: Member, meant: Approval, shown: Shown | None) -> Conflict:
        """Closes what went and opens what took its place."""
        now = self._clock()
        status = ApprovalStatus.EXPIRED if shown is None else ApprovalStatus.CHANGED
        note = "It went before it could be answered." if shown is None else "Another dialog took its place."
        gone = replace(meant, status=status, note=note, by=None, answer=None, reason=None, rule=None, changed_ms=now)
        change = self._approvals.close(gone, "outrider")
        if shown is None:
            await self._record.keep(change)
            return Conflict(
                f"{meant.session} does not show this dialog any more.",
                detail={"id": meant.id, "status": status.value, "approval": None},
            )
        fresh = self._approvals.open(member, shown, now)
        await self._record.keep(replace(change, approvals=(*change.approvals, fresh)))
        return Conflict(
            f"The dialog of {meant.session} has changed. It now asks: {fresh.question}",
            detail={"id": meant.id, "status": status.value, "approval": wire.approval_json(fresh)},
        )

    async def _shown(self, member: Member, meant: Approval) -> Shown | None:
        """This dialog as it stands now, None where it is gone."""
        shown = dialogs.read(member.kind, await self._terminal.look(member.agent.ref, styled=True))
        same = shown is not None and self._approvals.print(member, shown) == meant.fingerprint
        return shown if same else None

    async def _until(
        self, condition: Callable[[Shown | None], bool], member: Member, meant: Approval, limit_s: float
    ) -> bool:
        end = self._clock() + limit_s * 1000
        while not condition(await self._shown(member, meant)):
            if self._clock() >= end:
                return False
            await asyncio.sleep(self._pauses.look)
        return True

    async def _see_gone(self, member: Member, meant: Approval) -> None:
        if not await self._until(lambda shown: shown is None, member, meant, self._pauses.gone):
            raise TimedOut(
                f"The answer was given, but {meant.session} still shows the dialog. Look at it: outrider attach {meant.session}",
                detail={"id": meant.id},
            )

    async def _moved(self, member: Member, meant: Approval, before: Shown) -> None:
        if not await self._until(
            lambda shown: shown is None or shown.marked != before.marked, member, meant, self._pauses.moved
        ):
            raise TimedOut(
                "The mark did not move when an arrow was pressed; nothing was chosen.", detail={"id": meant.id}
            )

    async def _ticked(self, member: Member, meant: Approval, before: Shown, wanted: int) -> Shown | None:
        """The dialog with the box as it is now; None where it went, because choosing was answering."""
        found: list[Shown | None] = []

        def changed(shown: Shown | None) -> bool:
            found.append(shown)
            return shown is None or shown.options[wanted].checked != before.options[wanted].checked

        if not await self._until(changed, member, meant, self._pauses.moved):
            raise TimedOut("The box was not ticked.", detail={"id": meant.id})
        return found[-1]

    async def _finish_line(self, member: Member, before: Screen, letter: str) -> None:
        """Enter, once the letter is seen at the end of the line that asks, and nothing else with it."""
        asked = _last(before)
        end = self._clock() + self._pauses.moved * 1000
        while (row := _last(await self._terminal.look(member.agent.ref))) != f"{asked} {letter}":
            if self._clock() >= end:
                raise TimedOut(
                    f"{letter!r} was typed and is not seen behind the question; Enter was not pressed: {row[:100]}"
                )
            await asyncio.sleep(self._pauses.look)
        await self._terminal.press(member.agent.ref, ("Enter",))

    # ---- what a policy decides -------------------------------------------------------------------

    def _opened(self, member: Member, approval: Approval) -> None:
        if approval.kind is DialogKind.PERMISSION:
            self._consider(member, approval, None)

    def _consider(self, member: Member, approval: Approval, call: Call | None) -> None:
        """Asks the policy, for an agent that has one; what it would allow must be known in full."""
        if self._decide is None or member.agent.auto in (None, "yolo"):
            return
        decided = self._decide(member.agent, approval)
        if decided is None or (decided.behavior is Behavior.ALLOW and not approval.whole):
            return
        if call is not None:
            self._approvals.hush(member, call.tool, self._clock() + round(self._pauses.gone * 1000))
        self._jobs.put_nowait(Job(member.agent.id, decided, approval, call))

    async def _perform(self, job: Job) -> None:
        member = self._crew.by_id(job.agent)
        if member is None:
            return
        try:
            if job.call is not None:
                await self._by_rule(member, job, job.call)
            else:
                await self._by_rule_on_screen(member, job)
        except OutriderError as error:
            log.warning("what a policy decided could not be done", session=member.agent.session, why=error.message)

    async def _by_rule(self, member: Member, job: Job, call: Call) -> None:
        now = self._clock()
        data = {
            "rule": job.decision.rule,
            "answer": job.decision.behavior.value,
            "tool": call.tool,
            "command": call.command,
        }
        row = AuditRow(now, POLICY, "answer", member.agent.session, data)
        await self._record.commit(Change(audit=(row,), durable=True))
        taken = await self._tell(member, call, job.decision.behavior, job.decision.reason)
        self._approvals.hush(member, call.tool, self._clock() + (1000 if taken else 0))
        if taken:
            await self._record.keep(ending(_decided(job, Way.HOOK, self._clock()), POLICY))

    async def _by_rule_on_screen(self, member: Member, job: Job) -> None:
        wish = answering.approving if job.decision.behavior is Behavior.ALLOW else answering.denying
        options = wish(job.approval.options)
        if len(options) != 1 or job.approval.id in self._approvals.answering:
            return
        meant = _decided(job, None, self._clock())
        meant = replace(meant, status=ApprovalStatus.OPEN, answer=job.approval.options[options[0]].label)
        await self._give(member, meant, options[0], job.decision.behavior, Actor(POLICY, Scope.WRITE))


def _decided(job: Job, way: Way | None, now_ms: int) -> Approval:
    decided = job.decision
    return replace(
        job.approval,
        status=ApprovalStatus.ANSWERED,
        by=POLICY,
        answer=decided.behavior.value,
        rule=decided.rule,
        reason=decided.reason,
        way=way,
        changed_ms=now_ms,
    )


def _asked(member: Member, call: Call, event: HookEvent) -> Approval:
    """What a hook call asks, before its dialog is seen; all of it is told."""
    about = f"{call.tool}\n{call.command}\n{call.file}"
    shown = Shown(DialogKind.PERMISSION, Form.LIST, "", body=about)
    mark = dialogs.fingerprint(member.agent.id, member.agent.generation, shown)
    return Approval(
        id=f"{mark}-{event.at_ms:x}",
        fingerprint=mark,
        agent=member.agent.id,
        session=member.agent.session,
        kind=DialogKind.PERMISSION,
        question=f"Allow {call.tool}?",
        asked_ms=event.at_ms,
        changed_ms=event.at_ms,
        tool=call.tool,
        command=call.command,
        file=call.file,
        whole=True,
    )


def _fits(call: Call, approval: Approval) -> bool:
    """Whether the dialog is the one that the hook call asks about."""
    if approval.tool is not None and approval.tool != call.tool:
        return False
    if approval.command is not None and call.command is not None:
        drawn, told = (re.sub(r"\s+", "", each) for each in (approval.command, call.command))
        return told.startswith(drawn)
    if approval.file is not None and call.file is not None:
        return call.file.rpartition("/")[2] == approval.file.rpartition("/")[2]
    return approval.tool == call.tool


def _last(screen: Screen) -> str:
    return next((row.rstrip() for row in reversed(screen.rows) if row.strip()), "")
