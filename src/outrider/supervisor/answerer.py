"""The answerer: has one dialog of one agent answered, and says what became of it.

An answer is written down before anything is done about it. Where the agent's hook waits it is given the answer, where its
server says what waits, it is told there; else it goes by keys.
"""

from collections.abc import Callable
from dataclasses import replace

from outrider.errors import Conflict, OutriderError
from outrider.logic import answering
from outrider.model import wire
from outrider.model.actor import Actor
from outrider.model.approval import UNANSWERED, Approval, ApprovalStatus, Behavior, Shown, Way
from outrider.model.audit import AuditRow
from outrider.store import Change
from outrider.supervisor.approvals import Approvals
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.hook_calls import HookCalls
from outrider.supervisor.keypad import Keypad, OtherDialog, Unseen
from outrider.supervisor.record import Record
from outrider.supervisor.replies import Replies

_SHOWN = 500  # characters of a question and its command in a sentence


class Answerer:
    """Answers dialogs: one answer at a time for each, and never while a command is being typed."""

    def __init__(
        self,
        *,
        approvals: Approvals,
        crew: Crew,
        record: Record,
        calls: HookCalls,
        replies: Replies,
        keypad: Keypad,
        clock: Callable[[], int],
    ) -> None:
        self._approvals = approvals
        self._crew = crew
        self._record = record
        self._calls = calls
        self._replies = replies
        self._keypad = keypad
        self._clock = clock

    async def answer(self, approval_id: str, answer: str, reason: str | None, actor: Actor) -> Approval:
        """Answers it, and returns it as it is then: answered, or still open where the answer only ticked a box.

        Conflict where it is not open (any more) or has changed; `detail.approval` is then the dialog that stands now, if any.
        InvalidInput where no option is meant; TimedOut where the dialog did not go although it was answered.
        """
        approval = await self._approvals.find(approval_id)
        if approval.status not in UNANSWERED:
            raise self._late(approval)
        wanted = answering.choose(approval.options, answer)
        meant = replace(approval, by=actor.name, answer=approval.options[wanted].label, reason=reason)
        return await self.give(meant, wanted, answering.by_hook(approval, wanted, answer), actor)

    async def give(self, meant: Approval, wanted: int, behavior: Behavior | None, actor: Actor) -> Approval:
        """Answers with that option; `behavior` is what a hook would have to say for it, if it can."""
        if meant.id in self._approvals.answering:
            raise Conflict(f"{self._approvals.answering[meant.id]} is answering it just now.", detail={"id": meant.id})
        member = self._crew.by_id(meant.agent)
        if member is None or not member.alive:
            raise Conflict(f"{meant.session} is not running any more.", detail={"alive": False})
        self._approvals.answering[meant.id] = actor.name
        try:
            async with member.hands:
                return await self._answer(member, meant, wanted, behavior, actor)
        finally:
            self._approvals.answering.pop(meant.id, None)

    async def _answer(
        self, member: Member, meant: Approval, wanted: int, behavior: Behavior | None, actor: Actor
    ) -> Approval:
        before = self._approvals.of(member.agent.id)
        if before is None or before.id != meant.id:
            raise self._late(await self._approvals.find(meant.id))
        await self._intend(meant, actor)
        try:
            way, ticked = await self._act(member, meant, wanted, behavior)
        except OtherDialog as other:
            raise await self._other(member, before, other.shown) from None
        except Unseen as late:
            # It may still go by this answer: who gave it is kept.
            given = replace(before, by=meant.by, answer=meant.answer, reason=meant.reason, rule=meant.rule)
            self._reopen(replace(given, way=late.way, note=late.message))
            raise
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

    async def _act(
        self, member: Member, meant: Approval, wanted: int, behavior: Behavior | None
    ) -> tuple[Way, Shown | None]:
        call = self._calls.of(member, meant) if behavior is not None else None
        if call and behavior and await self._calls.tell(member, call, behavior, meant.reason):
            return await self._gone(member, meant, Way.HOOK), None
        request = await self._replies.pending(member, meant) if behavior is not None else None
        if request is not None and behavior is not None:
            await self._keypad.stands(member, meant.fingerprint)
            if await self._replies.give(member, request, behavior, meant.reason):
                return await self._gone(member, meant, Way.SERVER), None
        return Way.KEYS, await self._keypad.choose(member, meant.fingerprint, wanted)

    async def _gone(self, member: Member, meant: Approval, way: Way) -> Way:
        try:
            await self._keypad.see_gone(member, meant.fingerprint)
        except Unseen as late:
            late.way = way
            raise
        return way

    async def _intend(self, meant: Approval, actor: Actor) -> None:
        """Writes down that it is being answered, before anything is done."""
        now = self._clock()
        intent = replace(meant, status=ApprovalStatus.ANSWERING, changed_ms=now)
        data = {"approval": meant.id, "answer": meant.answer, "reason": meant.reason, "rule": meant.rule}
        row = AuditRow(now, actor.name, "answer", meant.session, data)
        await self._record.commit(Change(approvals=(intent,), audit=(row,), durable=True))
        self._approvals.put(intent)

    def _reopen(self, again: Approval) -> None:
        """It was not seen to go: it stands, unless it was closed meanwhile."""
        current = self._approvals.of(again.agent)
        if current is not None and current.id == again.id:
            again = replace(again, status=ApprovalStatus.OPEN, changed_ms=self._clock())
            self._approvals.put(again)
            self._record.put(Change(approvals=(again,)))

    async def _other(self, member: Member, before: Approval, shown: Shown | None) -> Conflict:
        """Closes what went, and opens what took its place."""
        now = self._clock()
        change = self._approvals.went(before, shown, now, "It went before it could be answered.")
        fresh = self._approvals.open(member, shown, now) if shown is not None else None
        opened = (fresh,) if fresh is not None else ()
        await self._record.keep(replace(change, approvals=(*change.approvals, *opened)))
        self._approvals.written(opened)
        what = "has changed." if fresh is not None else "is gone."
        return Conflict(
            f"The dialog of {before.session} {what}{self._instead(before.agent)}",
            detail={"id": before.id, "status": change.approvals[0].status.value, **self._standing(before.agent)},
        )

    def _late(self, approval: Approval) -> Conflict:
        how = f": {approval.answer!r}, by {approval.by}" if approval.status is ApprovalStatus.ANSWERED else ""
        return Conflict(
            f"This dialog of {approval.session} is {approval.status.value} already{how}.{self._instead(approval.agent)}",
            detail={"id": approval.id, "status": approval.status.value, **self._standing(approval.agent)},
        )

    def _instead(self, agent_id: str) -> str:
        """A sentence on the dialog that stands now, with the id to answer it by; empty where none does."""
        current = self._approvals.of(agent_id)
        if current is None:
            return ""
        asks = " ".join(filter(None, (current.question, current.tool, current.command or current.file)))
        shown = asks if len(asks) <= _SHOWN else f"{asks[:_SHOWN]}…"
        return f" It now asks: {shown} (id {current.id})"

    def _standing(self, agent_id: str) -> dict[str, object]:
        current = self._approvals.of(agent_id)
        return {"approval": wire.approval_json(current) if current is not None else None}
