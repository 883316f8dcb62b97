"""Lines: what goes from one node to another while somebody watches, in order, beside the post.

A line has two ends and one direction. Each thing said has a number; one that is missing, or silence, ends it: whoever
watches begins afresh. Nothing is said again, so that a key is pressed once or not at all. What is told of a line is sealed for its
place in it.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import cast

from outrider.errors import Unavailable
from outrider.logic.seal import Seal
from outrider.ports import Broker

Said = Mapping[str, object]
ALIVE: Said = {"is": "alive"}
BEAT_S = 1.0
SILENCE_S = 4.0
"""Shorter than a node takes to count as away: who watches is told first, and comes back to a fresh picture where it was a pause."""
WAIT_MS = 500
MOST = 4_000_000
"""Characters that may wait to be carried."""


class Outlet:
    """The end where things are said."""

    def __init__(self, name: str, broker: Broker, seal: Seal) -> None:
        self._name = name
        self._broker = broker
        self._seal = seal
        self._said: list[str] = []
        self._waiting = 0
        self._next = 1
        self._wake = asyncio.Event()
        self._closed = False

    def say(self, said: Said) -> bool:
        """Has it carried, behind what was said before; False, and it is not, where too much waits already."""
        text = json.dumps(said)
        if self._closed or self._waiting + len(text) > MOST:
            return False
        self._said.append(text)
        self._waiting += len(text)
        self._wake.set()
        return True

    def close(self) -> None:
        """Nothing more; `run` returns once what was said is carried."""
        self._closed = True
        self._wake.set()

    async def run(self) -> None:
        """Carries, until it is closed; Unavailable where that cannot be done."""
        while self._said or not self._closed:
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._wake.wait()
            except TimeoutError:
                self.say(ALIVE)
            self._wake.clear()
            texts, self._said, self._waiting = self._said, [], 0
            first = self._next
            self._next += len(texts)
            bodies = [self._seal.close(_purpose(self._name, first + at), text) for at, text in enumerate(texts)]
            await self._broker.pour(self._name, first, bodies)
            if self._closed:
                self._wake.set()


class Inlet:
    """The end where it is heard."""

    def __init__(self, name: str, broker: Broker, seal: Seal) -> None:
        self._name = name
        self._broker = broker
        self._seal = seal
        self._last = 0

    async def hear(self) -> list[Said]:
        """The next things said. Unavailable where some are missing, or nothing was said for long."""
        ends = asyncio.get_running_loop().time() + SILENCE_S
        while asyncio.get_running_loop().time() < ends:
            found = await self._broker.drawn(self._name, self._last, wait_ms=WAIT_MS)
            said = [self._opened(number, body) for number, body in found]
            if said:
                return [each for each in said if each != ALIVE]
        raise Unavailable("Nothing is heard from there any more.")

    async def dry(self) -> None:
        """Takes away what was said."""
        await self._broker.dry(self._name)

    def _opened(self, number: int, body: str) -> Said:
        text = self._seal.open(_purpose(self._name, number), body)
        if number != self._last + 1 or text is None:
            raise Unavailable("Some of it was lost on the way.")
        self._last = number
        return cast("Said", json.loads(text))


def _purpose(name: str, number: int) -> str:
    return f"line {name} {number}"
