"""The link to the broker: whether it can be used, as all parts of the fleet found it last.

While it cannot, one part looks for it (the signs of life); the others wait for that one's word. So a Redis that comes back is
asked by each node once or twice a second, and not by all of them in the same moment.
"""

import asyncio
from collections.abc import Callable

import structlog

from outrider.errors import OutriderError

log = structlog.get_logger()

RETRY_S = 0.5
"""How long to wait before the broker is tried again, by half more or less: short, as it costs one connection."""
SPREAD_S = 0.1
"""Within which time the parts of a node begin again."""


class Link:
    """One for all that use the broker."""

    def __init__(self, clock: Callable[[], int], chance: Callable[[], float]) -> None:
        """`chance` is from 0 to 1, anew each time."""
        self._clock = clock
        self._chance = chance
        self._held = asyncio.Event()
        self.why = "It has not been reached yet."
        """Why it cannot be used; '' while it can."""
        self.since_ms = clock()

    @property
    def up(self) -> bool:
        """Whether it could be used last."""
        return not self.why

    @property
    def retry_s(self) -> float:
        """How long to wait before it is tried again, for the one that looks for it."""
        return RETRY_S * (0.5 + self._chance())

    async def again(self) -> None:
        """Returns when one of the others may try again: a moment after the link was found to be there."""
        if self.up:
            await asyncio.sleep(self.retry_s)
            return
        await self._held.wait()
        await asyncio.sleep(SPREAD_S * self._chance())

    def held(self) -> None:
        """It could be used."""
        self._held.set()
        if self.why:
            log.info("the fleet can be reached")
            self.why, self.since_ms = "", self._clock()

    def lost(self, error: OutriderError) -> None:
        """It could not."""
        self._held.clear()
        if not self.why:
            log.warning("the fleet cannot be reached; this node goes on alone", why=error.message)
            self.since_ms = self._clock()
        self.why = error.message
