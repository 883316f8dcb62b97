"""The audience: everything about agents' dialogs put together, and what faces may ask of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from outrider.kinds.channels.answer_line import Answers
from outrider.model.actor import Actor
from outrider.model.agent import Agent
from outrider.model.approval import Approval, ApprovalStatus
from outrider.ports import Terminal
from outrider.store import Store
from outrider.supervisor.answerer import Answerer
from outrider.supervisor.approvals import Approvals
from outrider.supervisor.autopilot import Autopilot
from outrider.supervisor.crew import Crew
from outrider.supervisor.hook_calls import HookCalls
from outrider.supervisor.keypad import Keypad
from outrider.supervisor.policing import Policing
from outrider.supervisor.record import Record
from outrider.supervisor.replies import Replies


@dataclass(frozen=True, slots=True)
class Audience:
    """`approvals` follows the screens, `autopilot` the hooks; `answerer` answers; `policing` asks the policies."""

    approvals: Approvals
    answerer: Answerer
    autopilot: Autopilot
    policing: Policing

    async def listed(
        self, *, session: str | None = None, status: ApprovalStatus | None = None, limit: int = 50
    ) -> Sequence[Approval]:
        """Dialogs that wait for an answer, oldest first, or those that were closed so, newest first."""
        return await self.approvals.listed(session, status, limit)

    async def find(self, approval_id: str) -> Approval:
        """One approval, open or closed."""
        return await self.approvals.find(approval_id)

    async def answer(self, approval_id: str, answer: str, reason: str | None, actor: Actor) -> Approval:
        """Answers a dialog."""
        return await self.answerer.answer(approval_id, answer, reason, actor)

    def policies(self) -> Mapping[str, object]:
        """How the policies are that agents run under."""
        return self.policing.health()


def audience(
    crew: Crew,
    record: Record,
    *,
    store: Store,
    terminal: Terminal,
    spawns: Path,
    policies: Path,
    wait_s: float,
    port: int,
    environ: Mapping[str, str],
    clock: Callable[[], int],
) -> Audience:
    """Wires it. `spawns` is where the quarters are, `policies` where the policies' texts are kept.

    `wait_s` is how long hooks wait for an answer, `port` is ours.
    """
    approvals, calls = Approvals(store, clock), HookCalls(Answers(spawns), clock, wait_s)
    keypad = Keypad(terminal, clock)
    replies = Replies(spawns)
    answerer = Answerer(
        approvals=approvals, crew=crew, record=record, calls=calls, replies=replies, keypad=keypad, clock=clock
    )

    def living() -> list[Agent]:
        return [member.agent for member in crew if member.agent.ended_ms is None]

    policing = Policing(Path(environ.get("HOME", "/")), port, kept=policies, agents=living)
    autopilot = Autopilot(policing, approvals=approvals, answerer=answerer, calls=calls, record=record, clock=clock)
    return Audience(approvals, answerer, autopilot, policing)
