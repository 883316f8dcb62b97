"""Strangers: panes that belong to no agent of ours. Some are agents that somebody started; one may be a spawn of ours that was
cut off before it was written down where it runs."""

import asyncio
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
SETTLE_S = 0.5


class Strangers:
    """Looks at each unknown pane once, and again when the program in it changes."""

    def __init__(
        self, *, crew: Crew, muster: Muster, kinds: Kinds, own: str, patterns: tuple[str, ...], adopt: bool
    ) -> None:
        self._crew = crew
        self._muster = muster
        self._kinds = kinds
        self._own = own
        self._patterns = patterns
        self._adopt = adopt
        self._seen: dict[PaneRef, str] = {}
        self._new: asyncio.Queue[Pane] = asyncio.Queue()

    def meet(self, pane: Pane) -> None:
        """A pane of nobody was seen; called for each at every sweep, so it must cost nothing when it is known."""
        if self._seen.get(pane.ref) == pane.command:
            return
        self._seen[pane.ref] = pane.command
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
        if not self._adopt or pane.ref.server == self._own or pane.session == RESERVED or pane.dead:
            return
        if not any(fnmatchcase(pane.session, pattern) for pattern in self._patterns):
            return
        kind = recognise(pane, self._kinds)
        if kind is None or kind.name == "shell":
            return
        try:
            await self._muster.adopt(pane, kind, ADOPTER)
        except Conflict as error:
            log.warning("an agent was seen but not adopted", session=pane.session, why=error.message)
