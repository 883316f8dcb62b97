"""The aftermath of an Enter that an earlier daemon pressed, or may have: what came of it is read off, and nothing is typed meanwhile."""

from dataclasses import replace

from outrider.logic import composer, delivery
from outrider.logic.composer import ComposerView
from outrider.logic.delivery import Next
from outrider.supervisor.errand import Errand
from outrider.supervisor.pauses import Pauses


class Aftermath:
    """One text, watched from `start_ms` on. What is typed may show late, and what the agent said be read late.

    Its times run from the attempt's own beginning: daemons that are killed again and again come to an end with them.
    """

    def __init__(self, errand: Errand, pauses: Pauses, start_ms: int) -> None:
        self._errand = errand
        begun_ms, settled_ms = errand.attempt.started_ms, start_ms + pauses.settle * 1000
        self._again_ms = max(settled_ms, begun_ms + errand.intake_ms + pauses.again * 1000)
        told_ms = begun_ms + pauses.untold * 1000 if errand.tells else 0
        self._unsure_ms = max(self._again_ms, told_ms)
        self._unseen_ms = max(self._unsure_ms, start_ms + pauses.crash * 1000)

    def judge(self, view: ComposerView | None, now_ms: int, *, taken: bool) -> Next:
        """WATCH while it may still come to be known; then ENTER where the text stands there all the same, SENT or UNCERTAIN."""
        errand = self._errand
        step = delivery.after_crash(
            _without(view, errand.attempt.screen),
            errand.typed,
            taken=taken,
            at_work=errand.at_work and not errand.otherwise,
        )
        match step:
            case Next.ENTER:
                return step if now_ms >= self._again_ms else Next.WATCH
            case Next.UNCERTAIN:
                return step if now_ms >= self._unsure_ms else Next.WATCH
            case Next.WATCH:
                return step if now_ms < self._unseen_ms else Next.UNCERTAIN
            case _:
                return step


def _without(view: ComposerView | None, draft: str | None) -> ComposerView | None:
    """The composer as if a draft that was put aside, and stands there again, did not."""
    if view is None or draft is None or not composer.holds(view, draft):
        return view
    return replace(view, text="", empty=True, pasted=False)
