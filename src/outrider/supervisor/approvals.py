"""The approvals: which dialogs stand on agents' screens now, and what has become of those before.

In come the verdicts that the watch settles, and hook calls; out go changes for the record. Who answers a dialog is told in
`answerer`; here it is only known that somebody does.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from outrider.errors import NoSuchThing
from outrider.logic import approval as dialogs
from outrider.model.approval import Approval, ApprovalStatus, Shown
from outrider.model.approval_wire import ruling_json
from outrider.model.audit import AuditRow
from outrider.model.event import EventName, Fact
from outrider.model.pane import Screen
from outrider.model.state import State, Verdict
from outrider.store import Change, Store
from outrider.supervisor.crew import Member

OUTRIDER = "outrider"
STALE_MS = 3000
"""A screen that was taken before a dialog was closed may still show it, for no longer than this."""
LONGEST = 100_000
WENT = "The dialog went by itself, or was answered in the agent's terminal."


@dataclass(frozen=True, slots=True)
class Closed:
    """The dialog that an agent showed last, and when (ms) it was closed here."""

    fingerprint: str
    at_ms: int


class Approvals:
    """Knows the open approval of every agent; there is at most one, as there is one dialog on a screen."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._open: dict[str, Approval] = {}
        self._unwritten: set[str] = set()
        self._closed: dict[str, Closed] = {}
        self._read: dict[str, tuple[Screen, Shown | None]] = {}
        self._quiet: dict[str, tuple[str | None, int]] = {}
        self.answering: dict[str, str] = {}
        """Ids of approvals that somebody answers just now, and who."""
        self.opened: Callable[[Member, Approval], None] = _nobody
        """Called for each dialog that comes up; a policy may want to answer it."""

    def restore(self, approvals: Sequence[Approval]) -> None:
        """Takes up what an earlier daemon left unanswered."""
        for approval in approvals:
            self._open[approval.agent] = approval

    # ---- looking them up -------------------------------------------------------------------------

    def standing(self) -> list[Approval]:
        """All that are open or just being answered, oldest first; none that is not written down yet."""
        known = (each for each in self._open.values() if each.id not in self._unwritten)
        return sorted(known, key=lambda each: (each.asked_ms, each.id))

    def of(self, agent_id: str) -> Approval | None:
        """The one of that agent."""
        return self._open.get(agent_id)

    def shown(self, agent_id: str) -> Approval | None:
        """The one of that agent, where it is written down."""
        found = self._open.get(agent_id)
        return None if found is None or found.id in self._unwritten else found

    async def find(self, approval_id: str) -> Approval:
        """Open or closed; NoSuchThing where there is none of that id."""
        known = next((each for each in self._open.values() if each.id == approval_id), None)
        known = known or await self._store.approval(approval_id)
        if known is None:
            raise NoSuchThing(f"No approval has the id {approval_id[:100]!r}.", detail={"id": approval_id[:100]})
        return known

    async def listed(self, session: str | None, status: ApprovalStatus | None, limit: int) -> Sequence[Approval]:
        """Those that stand, oldest first; of one session where it is given. With a status, what was kept of it, newest first."""
        if status in (None, ApprovalStatus.OPEN):
            return [each for each in self.standing() if session in (None, each.session)][:limit]
        return await self._store.approvals(session=session, status=status, limit=limit)

    # ---- following the screens -------------------------------------------------------------------

    def follow(self, member: Member, verdict: Verdict, facts: Sequence[Fact], now_ms: int) -> Change:
        """What a settled verdict means for the agent's dialog; `facts` are what will be told of the verdict, with the approval's
        id added where it has come up."""
        agent_id = member.agent.id
        current = self._open.get(agent_id)
        if current is not None and current.id in self.answering:
            return Change(facts=_named(facts, current, new=False))
        waiting = verdict.alive and verdict.state is State.WAITING
        if current is None and not waiting:
            return Change(facts=tuple(facts))
        if verdict.alive and member.screen is None:
            return Change(facts=_named(facts, current, new=False))
        shown = self._shown(member) if verdict.alive else None
        if current is not None and shown is not None and self.print(member, shown) == current.fingerprint:
            return self._again(member, current, verdict, facts, now_ms)
        closed = self.went(current, shown, now_ms) if current is not None else Change()
        if shown is None or not waiting or self._old(member, shown, now_ms):
            return replace(closed, facts=(*closed.facts, *facts))
        approval = self.open(member, shown, now_ms)
        told = (*closed.facts, *_named(facts, approval, new=True))
        return replace(closed, approvals=(*closed.approvals, approval), facts=told)

    def orphans(self, living: Set[str], now_ms: int) -> Change | None:
        """Closes those of agents that are not among the living any more, and forgets what was seen of these; None where none is closed."""
        for known in (self._read, self._closed, self._quiet):
            for gone in known.keys() - living:
                del known[gone]
        lost = [each for each in self._open.values() if each.agent not in living and each.id not in self.answering]
        if not lost:
            return None
        changes = [self.went(each, None, now_ms) for each in lost]
        return Change(
            approvals=tuple(approval for change in changes for approval in change.approvals),
            audit=tuple(row for change in changes for row in change.audit),
            facts=tuple(fact for change in changes for fact in change.facts),
        )

    def print(self, member: Member, shown: Shown) -> str:
        """The fingerprint of a dialog on that agent's screen."""
        return dialogs.fingerprint(member.agent.id, member.agent.generation, shown)

    def _shown(self, member: Member) -> Shown | None:
        screen = member.screen
        assert screen is not None
        known = self._read.get(member.agent.id)
        if known is None or known[0] is not screen:
            known = self._read[member.agent.id] = (screen, dialogs.read(member.kind, screen))
        return known[1]

    def _old(self, member: Member, shown: Shown, now_ms: int) -> bool:
        """Whether the dialog is one that was closed, or decided, and that a look from before still shows."""
        quiet = self._quiet.get(member.agent.id)
        if quiet is not None and now_ms < quiet[1] and quiet[0] in (None, shown.tool):
            return True
        closed = self._closed.get(member.agent.id)
        if closed is None or closed.fingerprint != self.print(member, shown) or member.screen is None:
            return False
        return member.screen.taken_ms <= closed.at_ms and now_ms - closed.at_ms < STALE_MS

    def hush(self, member: Member, tool: str | None, until_ms: int) -> None:
        """A dialog for that tool is being answered by a hook: it is not opened until then."""
        self._quiet[member.agent.id] = (tool, until_ms)

    def _again(self, member: Member, current: Approval, verdict: Verdict, facts: Sequence[Fact], now_ms: int) -> Change:
        """The same dialog as before; a hook may have told more of it meanwhile."""
        told = verdict.detail
        fuller = current
        if told.command != current.command and _hooked(verdict, current.command):
            fuller = replace(current, command=(told.command or "")[:LONGEST], tool=told.tool or current.tool)
        if current.status is ApprovalStatus.ANSWERING:
            note = (
                f"The daemon was stopped while {current.by} answered {current.answer!r}; the dialog stood afterwards."
            )
            fuller = replace(fuller, status=ApprovalStatus.OPEN, by=None, answer=None, reason=None, way=None, note=note)
        if fuller.session != member.agent.session:
            fuller = replace(fuller, session=member.agent.session)
        facts = _named(facts, current, new=False)
        if fuller == current:
            return Change(facts=facts)
        fuller = replace(fuller, changed_ms=now_ms)
        self._open[member.agent.id] = fuller
        return Change(approvals=(fuller,), facts=facts)

    def went(self, current: Approval, shown: Shown | None, now_ms: int, alone: str = WENT) -> Change:
        """Closes one that is not on the screen any more, where `shown` is; `alone` is what to say where nothing else is known."""
        status = ApprovalStatus.EXPIRED if shown is None else ApprovalStatus.CHANGED
        note, actor = alone if shown is None else "Another dialog took its place.", OUTRIDER
        if current.status is ApprovalStatus.ANSWERING:
            note = "The daemon was stopped while it answered; the dialog went, whether by that answer is not known."
        elif current.way is not None and current.by is not None:
            status, actor = ApprovalStatus.ANSWERED, current.by
            note = f"The answer was given, and the dialog still stood; it went {_seconds(now_ms - current.changed_ms)} later."
        elif current.note is not None:
            note = f"{current.note} {note}"
        return self.close(replace(current, status=status, note=note, changed_ms=now_ms), actor)

    # ---- opening and closing ---------------------------------------------------------------------

    def open(self, member: Member, shown: Shown, now_ms: int) -> Approval:
        """A new approval for a dialog that was just seen; the caller has it written down."""
        agent, mark = member.agent, self.print(member, shown)
        told = member.beneath
        hooked = _hooked(told, shown.command)
        approval = Approval(
            id=f"{mark}-{now_ms:x}",
            fingerprint=mark,
            agent=agent.id,
            session=agent.session,
            kind=shown.kind,
            question=shown.question,
            asked_ms=now_ms,
            changed_ms=now_ms,
            options=shown.options,
            tool=(told.detail.tool if hooked else None) or shown.tool,
            command=((told.detail.command if hooked else None) or shown.command or "")[:LONGEST] or None,
            file=shown.file,
            diff=shown.diff,
            whole=shown.whole,
        )
        self._open[agent.id] = approval
        self._unwritten.add(approval.id)
        self._closed.pop(agent.id, None)
        self.opened(member, approval)
        return self._open[agent.id]  # with what a policy said of it

    def written(self, approvals: Sequence[Approval]) -> None:
        """These are on the disk, and may be shown: nothing that was shown is forgotten by a crash."""
        self._unwritten.difference_update(approval.id for approval in approvals)

    def put(self, approval: Approval) -> None:
        """The open approval as it is now."""
        self._open[approval.agent] = approval

    def close(self, approval: Approval, actor: str) -> Change:
        """Takes it off those that stand; the change writes it down, with who, and tells that it was answered where it was."""
        self._open.pop(approval.agent, None)
        self._closed[approval.agent] = Closed(approval.fingerprint, approval.changed_ms)
        return ending(approval, actor)


def ending(approval: Approval, actor: str) -> Change:
    """The change that writes a closed approval down."""
    data: dict[str, object] = {"approval": approval.id, "question": approval.question, "note": approval.note}
    facts: tuple[Fact, ...] = ()
    if approval.status is ApprovalStatus.ANSWERED:
        said: dict[str, object] = {
            "answer": approval.answer,
            "by": approval.by,
            "way": approval.way.value if approval.way else None,
            "rule": approval.rule,
            "reason": approval.reason,
        }
        data |= said | {"tool": approval.tool, "command": approval.command}
        if approval.ruling is not None:
            data["ruling"] = ruling_json(approval.ruling)
        facts = (
            Fact(EventName.APPROVAL_ANSWERED, approval.session, approval.changed_ms, {"approval": approval.id, **said}),
        )
    row = AuditRow(approval.changed_ms, actor, f"approval_{approval.status.value}", approval.session, data)
    return Change(approvals=(approval,), audit=(row,), facts=facts, durable=bool(facts))


def _named(facts: Sequence[Fact], approval: Approval | None, *, new: bool) -> tuple[Fact, ...]:
    """The facts, those of waiting with the approval's id; one that came up is told in any case."""
    if approval is None:
        return tuple(facts)
    told = {"approval": approval.id}
    named = tuple(
        replace(fact, data={**fact.data, **told}) if fact.name is EventName.AGENT_WAITING else fact for fact in facts
    )
    if new and not any(fact.name is EventName.AGENT_WAITING for fact in named):
        detail = {"question": approval.question, "options": [option.label for option in approval.options]}
        fact = Fact(EventName.AGENT_WAITING, approval.session, approval.asked_ms, {"detail": detail, **told})
        return (*named, fact)
    return named


def _seconds(duration_ms: int) -> str:
    return f"{max(duration_ms, 0) / 1000:.1f} s"


def _hooked(verdict: Verdict, drawn: str | None) -> bool:
    """Whether a hook told the command of the dialog that is drawn: it then has all of it."""
    told = verdict.detail.command
    if told is None or drawn is None or not any(said.rule == "hook:PermissionRequest" for said in verdict.evidence):
        return False
    return "".join(told.split()).startswith("".join(drawn.split()))


def _nobody(member: Member, approval: Approval) -> None:
    """Nobody wants to know."""
