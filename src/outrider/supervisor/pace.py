"""The pace: when the next command may be tried, within the limits of its agent and of the node.

Who has a turn looks at the screen first and begins then, so that no key follows an old look. A turn is counted from when its attempt was
written down: looks that take longer for one than for the next let no more through than the limit says.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from outrider.logic.rates import SlidingWindow


@dataclass(slots=True)
class Turn:
    """One command's turn. `begun` is called when an attempt is written down; else the turn is given back."""

    clock: Callable[[], int]
    windows: tuple[SlidingWindow, ...]
    used: bool = False

    def begun(self) -> None:
        """It is counted from now on."""
        self.used = True
        for window in self.windows:
            window.begin(self.clock())


class Pace:
    """The node's limit; its agents take their turns in the order in which they come."""

    def __init__(self, per_s: float, clock: Callable[[], int]) -> None:
        self._window = SlidingWindow(per_s)
        self._clock = clock
        self._line = asyncio.Lock()  # fair: first come, first served
        self._given_back = asyncio.Event()

    @asynccontextmanager
    async def turn(self, own: SlidingWindow) -> AsyncIterator[Turn]:
        """A turn, once it has come; `own` is the agent's window, waited for first: while it is full, the agent is in nobody's way."""
        await self._room(own, queued=False)
        queued = self._line.locked()
        async with self._line:
            await self._room(self._window, queued=queued)
            turn = Turn(self._clock, (own, self._window))
            for window in turn.windows:
                window.take(self._clock())
        try:
            yield turn
        finally:
            if not turn.used:
                for window in turn.windows:
                    window.give_back()
                self._given_back.set()

    async def _room(self, window: SlidingWindow, *, queued: bool) -> None:
        while (pause_ms := window.wait_ms(self._clock(), queued=queued)) > 0:
            queued = True
            self._given_back.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_ms / 1000):
                    await self._given_back.wait()
