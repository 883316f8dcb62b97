"""The autopilot: what a policy decides about the dialogs of agents that run under one is done, and written down with its rule.

A policy is asked when the agent's hook asks, before any dialog is seen, and again for a dialog that comes up. What it allows must be
known in full: of a command that may be cut or wrapped on the screen, a person is asked.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import structlog

from outrider.errors import OutriderError
from outrider.logic import answering
from outrider.logic import approval as dialogs
from outrider.logic.launching import YOLO
from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent
from outrider.model.approval import Approval, ApprovalStatus, Behavior, DialogKind, Form, Shown, Way
from outrider.model.approval_wire import ruling_json
from outrider.model.audit import AuditRow
from outrider.model.hook import HookEvent
from outrider.model.ruling import Ruling
from outrider.store import Change
from outrider.supervisor.answerer import Answerer
from outrider.supervisor.approvals import Approvals, ending
from outrider.supervisor.crew import Member
from outrider.supervisor.hook_calls import Call, HookCalls, fits
from outrider.supervisor.record import Record

log = structlog.get_logger()

POLICY = Actor("policy", Scope.WRITE)
UNSEEN_MS = 5000
"""How long the dialog of a call that is being answered is not taken for one that waits."""
TAKEN_MS = 1500

Decide = Callable[[Agent, Approval], Ruling | None]
"""A policy: what it says to an approval of an agent, None where it cannot say anything."""
BEHAVIORS: Mapping[str, Behavior] = MappingProxyType({"allow": Behavior.ALLOW, "deny": Behavior.DENY})


@dataclass(frozen=True, slots=True)
class Job:
    """What was decided: about a dialog, or a hook call before its dialog is seen."""

    member: Member
    ruling: Ruling
    behavior: Behavior
    approval: Approval
    call: Call | None


class Autopilot:
    """Performs decisions; `decide` is asked for agents that were spawned with a policy, and for no others."""

    def __init__(
        self,
        decide: Decide,
        *,
        approvals: Approvals,
        answerer: Answerer,
        calls: HookCalls,
        record: Record,
        clock: Callable[[], int],
    ) -> None:
        self._decide = decide
        self._approvals = approvals
        self._answerer = answerer
        self._calls = calls
        self._record = record
        self._clock = clock
        self._under_way: set[str] = set()
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        approvals.opened = self.dialog

    async def run(self) -> None:
        """Performs for ever; the daemon's task."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._perform(await self._jobs.get()))

    def hook(self, member: Member, event: HookEvent) -> None:
        """A hook call of the agent; one that asks for permission is decided if it can be."""
        call = self._calls.hear(member, event)
        if call is None:
            return
        current = self._approvals.of(member.agent.id)
        if current is not None and fits(call, current):
            if current.id not in self._under_way:  # the screen was faster, and did not tell all
                told = replace(current, tool=call.tool, command=call.command, file=call.file, url=call.url, whole=True)
                self._consider(member, told, None)
        elif self._consider(member, asked(member, call), call):
            self._approvals.hush(member, call.tool, self._clock() + UNSEEN_MS)

    def dialog(self, member: Member, approval: Approval) -> None:
        """A dialog that has come up."""
        if approval.kind is DialogKind.PERMISSION:
            self._consider(member, approval, None)

    def _consider(self, member: Member, approval: Approval, call: Call | None) -> bool:
        if member.agent.policy is None and member.agent.auto in (None, YOLO):
            return False
        ruling = self._decide(member.agent, approval)
        if ruling is None:
            return False
        behavior = BEHAVIORS.get(ruling.verdict)
        if behavior is Behavior.ALLOW and not approval.whole:
            behavior = None
            ruling = replace(ruling, verdict="ask", reason="The screen may not show all of it, and no hook told it.")
        if behavior is None:
            if call is None:
                self._ask(approval, ruling)
            return False
        self._under_way.add(approval.id)
        self._jobs.put_nowait(Job(member, ruling, behavior, approval, call))
        return True

    def _ask(self, approval: Approval, ruling: Ruling) -> None:
        """A person is asked: why, is kept with what they are asked."""
        current = self._approvals.of(approval.agent)
        if current is not None and current.id == approval.id and current.ruling != ruling:
            asked = replace(current, ruling=ruling)
            self._approvals.put(asked)
            self._record.put(Change(approvals=(asked,)))

    async def _perform(self, job: Job) -> None:
        try:
            if job.call is not None:
                await self._answer_call(job, job.call)
            else:
                await self._answer_dialog(job)
        except OutriderError as error:
            log.warning("what a policy decided was not done", session=job.approval.session, why=error.message)
        finally:
            self._under_way.discard(job.approval.id)

    async def _answer_call(self, job: Job, call: Call) -> None:
        member, ruling = job.member, job.ruling
        data: dict[str, object] = {
            "approval": job.approval.id,
            "answer": job.behavior.value,
            "tool": call.tool,
            "command": call.command,
        }
        data |= {"rule": rule_of(ruling), "ruling": ruling_json(ruling)}
        row = AuditRow(self._clock(), POLICY.name, "answer", member.agent.session, data | {"file": call.file})
        await self._record.commit(Change(audit=(row,), durable=True))
        taken = await self._calls.tell(member, call, job.behavior, ruling.reason)
        self._approvals.hush(member, call.tool, self._clock() + (TAKEN_MS if taken else 0))
        if taken:
            done = replace(self._meant(job), status=ApprovalStatus.ANSWERED, way=Way.HOOK, changed_ms=self._clock())
            await self._record.keep(ending(done, POLICY.name))

    async def _answer_dialog(self, job: Job) -> None:
        wish = answering.approving if job.behavior is Behavior.ALLOW else answering.denying
        options = wish(job.approval.options)
        if len(options) != 1:
            return
        meant = replace(self._meant(job), answer=job.approval.options[options[0]].label)
        await self._answerer.give(meant, options[0], job.behavior, POLICY)

    def _meant(self, job: Job) -> Approval:
        ruling = job.ruling
        return replace(
            job.approval,
            by=POLICY.name,
            answer=job.behavior.value,
            rule=rule_of(ruling),
            reason=ruling.reason,
            ruling=ruling,
        )


def rule_of(ruling: Ruling) -> str:
    """The rule that decided, with its policy."""
    return f"{ruling.policy}: {ruling.rule}"


def asked(member: Member, call: Call) -> Approval:
    """What a hook call asks, before its dialog is seen."""
    about = f"{call.name}\n{call.tool}\n{call.command}\n{call.file}\n{call.url}"
    shown = Shown(DialogKind.PERMISSION, Form.LIST, "", body=about)
    mark = dialogs.fingerprint(member.agent.id, member.agent.generation, shown)
    return Approval(
        id=f"{mark}-{call.at_ms:x}",
        fingerprint=mark,
        agent=member.agent.id,
        session=member.agent.session,
        kind=DialogKind.PERMISSION,
        question=f"Allow {call.tool}?",
        asked_ms=call.at_ms,
        changed_ms=call.at_ms,
        tool=call.tool,
        command=call.command,
        file=call.file,
        url=call.url,
        whole=True,
    )
