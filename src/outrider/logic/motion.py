"""The movement of one agent's screen: when it last changed, and what that alone says of an agent whose screens no rule reads."""

from outrider.logic.stillness import worked
from outrider.logic.words import MOVING_MS, STANDING_MS
from outrider.model.kind import Kind
from outrider.model.pane import Screen
from outrider.model.state import Reading, Source, State

# The kind whose rules know no program: what moves is all there is to go by.
GENERIC = "generic"
# Since it was born so long ago (ms), what a known kind draws must have been something that its rules read.
STARTING_MS = 15_000


class Motion:
    """What moves works, what stands still doesn't. Times in ms; nothing is known before the first screen was seen."""

    def __init__(self, born_ms: int) -> None:
        self._born_ms = born_ms
        self._moves: tuple[int, ...] = ()

    @property
    def last_ms(self) -> int | None:
        """When the screen changed last."""
        return self._moves[-1] if self._moves else None

    def saw(self, kind: Kind, screen: Screen, before: Screen | None) -> None:
        """A screen, after that one."""
        rows = before.rows if before is not None else ()
        if screen.rows != rows and (not self._moves or kind.name != GENERIC or worked(screen, rows)):
            self._moves = (*self._moves[-2:], screen.taken_ms)

    def reading(self, kind: Kind, now_ms: int, looked_ms: int, *, read: bool) -> Reading | None:
        """What its movement says; nothing of a kind whose rules have `read` something of it."""
        known = kind.rules and kind.name != GENERIC
        if not self._moves or (known and read):
            return None
        if known and now_ms - self._born_ms < STARTING_MS:
            return None
        moved = self._moves[-1]
        if len(self._moves) > 1 and now_ms - moved <= MOVING_MS:
            return Reading(Source.MOTION, State.WORKING, "moving", "its screen keeps changing", moved)
        if looked_ms - moved >= STANDING_MS:
            return Reading(Source.MOTION, State.IDLE, "standing", "its screen stands still", moved)
        return None
