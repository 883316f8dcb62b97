"""What the faces need of the history: the part of the engine that charts are drawn from."""

from collections.abc import Sequence
from typing import Protocol

from outrider.model.history import Amounts, Series, Share, Strips


class History(Protocol):
    """What was counted over time."""

    @property
    def totals(self) -> Amounts:
        """Everything that was counted on this node since the daemon started, by the names of `logic.book`."""
        ...

    async def series(
        self, metric: str, *, since_ms: int | None, until_ms: int | None, session: str | None, step_s: int | None
    ) -> Series:
        """A metric over time, of one agent or of the node; InvalidInput where it cannot be had, with what can."""
        ...

    async def shares(self, *, since_ms: int | None, until_ms: int | None) -> Sequence[Share]:
        """What each agent did in that time, in order of session."""
        ...

    async def strips(self, *, since_ms: int | None, until_ms: int | None) -> Strips:
        """What each agent was mostly doing, step by step."""
        ...
