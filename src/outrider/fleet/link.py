"""The link to the broker: whether it can be used, as all parts of the fleet found it last."""

from collections.abc import Callable

import structlog

from outrider.errors import OutriderError

log = structlog.get_logger()

RETRY_S = 0.5
"""How long to wait before the broker is tried again: short, as it costs one connection."""


class Link:
    """One for all that use the broker."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.why = "It has not been reached yet."
        """Why it cannot be used; '' while it can."""
        self.since_ms = clock()

    @property
    def up(self) -> bool:
        """Whether it could be used last."""
        return not self.why

    def held(self) -> None:
        """It could be used."""
        if self.why:
            log.info("the fleet can be reached")
            self.why, self.since_ms = "", self._clock()

    def lost(self, error: OutriderError) -> None:
        """It could not."""
        if not self.why:
            log.warning("the fleet cannot be reached; this node goes on alone", why=error.message)
            self.since_ms = self._clock()
        self.why = error.message
