"""Strangers: panes that belong to no agent of ours. Some are agents that somebody started; one may be a spawn of ours that was
cut off before it was written down where it runs."""

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase

import structlog

from outrider.errors import Conflict
from outrider.kinds.load import Kinds
from outrider.logic.names import RESERVED
from outrider.model.pane import Pane, PaneRef
from outrider.supervisor.crew import Crew
from outrider.supervisor.muster import Muster
from outrider.supervisor.signs import recognise

log = structlog.get_logger()

ADOPTER = "outrider"
LOOKS_S = (0.5, 1, 2, 4, 8, 15, 30, 60)
"""After how long a pane is looked at again, look by look: what a script starts late does not change the program in front."""


@dataclass(frozen=True, slots=True)
class Known:
    """A pane that was looked at: what was in front, how often so far, when to look again (the loop's time; None: not for that)."""

    command: str
    looks: int
    due_s: float | None


class Strangers:
    """Looks at each unknown pane when it comes, when the program in front changes, and ever more rarely after that."""

    def __init__(
        self, *, crew: Crew, muster: Muster, kinds: Kinds, own: str, patterns: tuple[str, ...], adopt: bool
    ) -> None:
        self._crew = crew
        self._muster = muster
        self._kinds = kinds
        self._own = own
        self._patterns = patterns
        self._adopt = adopt
        self._seen: dict[PaneRef, Known] = {}
        self._new: asyncio.Queue[Pane] = asyncio.Queue()

    def meet(self, pane: Pane) -> None:
        """A pane of nobody was seen; called for each at every sweep, so it must cost nothing when it is known."""
        known, now_s = self._seen.get(pane.ref), asyncio.get_running_loop().time()
        same = known is not None and known.command == pane.command
        if known is not None and same and (known.due_s is None or now_s < known.due_s):
            return
        looks = known.looks + 1 if known is not None and same else 0
        due_s = now_s + LOOKS_S[min(looks, len(LOOKS_S) - 1)] if self._eligible(pane) else None
        self._seen[pane.ref] = Known(pane.command, looks, due_s)
        self._new.put_nowait(pane)

    async def run(self) -> None:
        """Deals with them as they come; the daemon's task."""
        while True:
            await self._deal(await self._new.get())

    async def _deal(self, pane: Pane) -> None:
        member = self._crew.of_generation(pane.generation)
        if member is not None:
            self._muster.rejoin(member, pane)
            return
        if not self._eligible(pane):
            return
        kind = recognise(pane, self._kinds)
        if kind is None or kind.name == "shell":
            return
        self._seen[pane.ref] = Known(pane.command, 0, None)  # forgotten later, it is not taken in again
        try:
            await self._muster.adopt(pane, kind, ADOPTER)
        except Conflict as error:
            log.warning("an agent was seen but not adopted", session=pane.session, why=error.message)

    def _eligible(self, pane: Pane) -> bool:
        """Whether it may be adopted without being asked for."""
        if not self._adopt or pane.ref.server == self._own or pane.session == RESERVED or pane.dead:
            return False
        return any(fnmatchcase(pane.session, pattern) for pattern in self._patterns)
