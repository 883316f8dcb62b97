"""A text that was put into a composer, on its way to Enter: does it stand there, and nothing else?

A person may type at the same time, and take theirs back with ours in it. Nothing was submitted as long as nobody pressed Enter: what
the agent tells of the prompts that it takes in says so, and then the text may be typed afresh.
"""

from outrider.logic import delivery
from outrider.logic.composer import ComposerView
from outrider.logic.delivery import Next
from outrider.model.pane import Pane
from outrider.supervisor.errand import Errand
from outrider.supervisor.pauses import SHOWN_PER_S, Pauses

TAKEN_OUT, TIMES = "Somebody took the text out of the composer before Enter was pressed.", 3
UNTOLD = (
    "After Enter the composer was empty, but the agent did not say that it took the text in, and was not seen at work."
)


class Placement:
    """One text in one composer, watched from `start_ms` on, where an earlier daemon typed it for a part of the time only. `stood`: it was
    seen there before, or since."""

    def __init__(self, errand: Errand, pauses: Pauses, start_ms: int, *, stood: bool) -> None:
        self._errand = errand
        self._pauses = pauses
        self.stood = stood
        self._typed = errand.typed
        self._tells = errand.tells
        self._start_ms = self._since_ms(start_ms, pauses.seen * 1000)
        self._last_ms = self._since_ms(start_ms, self._patience_ms)

    def judge(self, view: ComposerView | None, pane: Pane | None, now_ms: int, *, taken: bool) -> Next:
        """What to do about the composer as it is now, in `pane`; UNCERTAIN and TYPE come once there is nothing more to wait for."""
        if view is not None and not view.empty:
            self.stood, self._last_ms = True, now_ms
        return delivery.after_typing(
            view,
            self._typed,
            taken=taken,
            stood=self.stood,
            at_rest=self._tells and not self._errand.at_work,
            patient=now_ms < self._until_ms(view),
            attended=delivery.is_attended(pane, now_ms, self._errand.member.typed_ms),
        )

    def _until_ms(self, view: ComposerView | None) -> float:
        if view is None or not self.stood:
            return self._start_ms + (self._pauses.seen + len(self._typed) / SHOWN_PER_S) * 1000
        if not view.empty:
            return self._start_ms + self._pauses.mixed * 1000
        return self._last_ms + self._patience_ms

    def _since_ms(self, start_ms: int, wait_ms: float) -> float:
        """From when to wait so long. Of what an earlier daemon typed most of the time is over, so that daemons that are killed again and
        again come to an end with it."""
        if not self._errand.resumed:
            return start_ms
        return max(self._errand.attempt.started_ms, start_ms - max(0, wait_ms - self._pauses.settle * 1000))

    @property
    def _patience_ms(self) -> float:
        """How long an emptied composer is looked at, as what emptied it may have been an Enter."""
        return self._errand.member.kind.typing.patience_ms if self._tells else self._pauses.again * 1000

    @property
    def again(self) -> bool:
        """Whether it may be typed once more after it was taken out."""
        return 1 + sum((each.proof or "").startswith(TAKEN_OUT) for each in self._errand.command.attempts) < TIMES

    def why(self, view: ComposerView | None) -> str:
        """Why it cannot be told what became of it, a sentence."""
        if not self.stood:
            return "The text was not seen in the composer."
        if view is None or view.empty:
            return "The text went from the composer before Enter was pressed."
        return "Something else stands in the composer together with the text."
