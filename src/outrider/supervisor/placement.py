"""A text that was put into a composer, on its way to Enter: does it stand there, and nothing else?

A person may type at the same time, and take theirs back with ours in it. Nothing was submitted as long as nobody pressed Enter: what
the agent tells of the prompts that it takes in says so, and then the text may be typed afresh.
"""

from outrider.logic import delivery
from outrider.logic.composer import ComposerView
from outrider.logic.delivery import Next
from outrider.model.command import Attempt, Command, Form
from outrider.model.state import BUSY, Source
from outrider.supervisor.crew import Member
from outrider.supervisor.pauses import SHOWN_PER_S, Pauses

TAKEN_OUT, TIMES = "Somebody took the text out of the composer before Enter was pressed.", 3
UNTOLD = (
    "After Enter the composer was empty, but the agent did not say that it took the text in, and was not seen at work."
)


class Placement:
    """One text in one composer, watched from `start_ms` on. `stood`: it was seen there before."""

    def __init__(
        self, member: Member, command: Command, attempt: Attempt, pauses: Pauses, start_ms: int, *, stood: bool
    ) -> None:
        self._member = member
        self._command = command
        self._since_ms = attempt.started_ms
        self._pauses = pauses
        self._start_ms = self._last_ms = start_ms
        self._stood = stood
        self._typed = typed_as(member, command)
        self._tells = tells_of(member, command)

    def judge(self, view: ComposerView | None, now_ms: int) -> Next:
        """What to do about the composer as it is now; UNCERTAIN and TYPE come once there is nothing more to wait for."""
        if view is not None and not view.empty:
            self._stood, self._last_ms = True, now_ms
        return delivery.after_typing(
            view,
            self._typed,
            taken=delivery.confirmed(self._command.text, self._member.prompts, self._since_ms),
            stood=self._stood,
            at_rest=self._tells and not seen_at_work(self._member, self._since_ms),
            patient=now_ms < self._until_ms(view),
        )

    def _until_ms(self, view: ComposerView | None) -> float:
        if view is None or not self._stood:
            return self._start_ms + (self._pauses.seen + len(self._typed) / SHOWN_PER_S) * 1000
        if not view.empty:
            return self._start_ms + self._pauses.mixed * 1000
        return self._last_ms + (self._member.kind.typing.patience_ms if self._tells else self._pauses.again * 1000)

    @property
    def again(self) -> bool:
        """Whether it may be typed once more after it was taken out."""
        return 1 + sum((each.proof or "").startswith(TAKEN_OUT) for each in self._command.attempts) < TIMES

    def why(self, view: ComposerView | None) -> str:
        """Why it cannot be told what became of it, a sentence."""
        if not self._stood:
            return "The text was not seen in the composer."
        if view is None or view.empty:
            return "The text went from the composer before Enter was pressed."
        return "Something else stands in the composer together with the text."


def tells_of(member: Member, command: Command) -> bool:
    """Whether the agent tells that it takes this in, and is heard: it tells of prompts, not of its own commands."""
    return command.form is Form.TEXT and member.voice is not None and not member.agent.verdict.unheard


def seen_at_work(member: Member, since_ms: int) -> bool:
    """Whether a screen taken since then shows the agent busy."""
    evidence = member.agent.verdict.evidence
    return any(said.source is Source.SCREEN and said.state in BUSY and said.at_ms >= since_ms for said in evidence)


def typed_as(member: Member, command: Command) -> str:
    """What is really typed of a command."""
    return delivery.guarded(member.kind.typing, command.text, command.form)
