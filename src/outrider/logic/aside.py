"""What stands beside a verdict and has no part in it: who else spoke under the agent's name, and what of its words cannot be heard."""

from dataclasses import replace

from outrider.model.state import Rejected, Verdict


class Aside:
    """One agent's. `said` is all of it; it changes with every change."""

    def __init__(self) -> None:
        self.said: tuple[tuple[Rejected, ...], tuple[str, ...]] = ((), ())

    def overhear(self, foreign: Rejected) -> None:
        """The last word of somebody else that came under its name: shown beside what is believed."""
        self.said = ((foreign,), self.said[1])

    def unheard(self, why: tuple[str, ...]) -> None:
        """Which of its own words cannot be heard, and why, in sentences; empty where all can."""
        self.said = (self.said[0], why)

    def beside(self, verdict: Verdict) -> Verdict:
        """The verdict with it."""
        overheard, unheard = self.said
        if not overheard and unheard == verdict.unheard:
            return verdict
        return replace(verdict, rejected=(*verdict.rejected, *overheard), unheard=unheard)
