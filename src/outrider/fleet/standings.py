"""What other nodes say of commands that they have, and said last: who cannot be asked now has not forgotten, but its word has an age."""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from outrider.errors import NoSuchThing, TimedOut, Unavailable
from outrider.fleet.membership import Membership
from outrider.model.command import FINAL
from outrider.model.fleet import Call, Reply

WAIT_S = 2.0
REMEMBERED = 2000
Told = dict[str, object]


class Standings:
    """Asks, and remembers the newest answers."""

    def __init__(
        self, ask: Callable[[str, Call, float], Awaitable[Reply]], membership: Membership, clock: Callable[[], int]
    ) -> None:
        """`ask` has a call answered by that node within so many seconds."""
        self._ask = ask
        self._membership = membership
        self._clock = clock
        self._last: OrderedDict[str, tuple[Told, int]] = OrderedDict()
        """By path, with when it was said."""

    async def of(self, node: str, call: Call) -> Reply | None:
        """What that node says; where it is silent, at once what it said last, with `as_of` (Unix ms); None where it never did.
        An end stays what it is."""
        known = self._last.get(call.path)
        if known is not None and known[0].get("status") in FINAL:
            return Reply(200, json.dumps(known[0]))
        if self._membership.silent(node):
            return _aged(known)
        try:
            reply = await self._ask(node, call, WAIT_S)
        except (Unavailable, TimedOut, NoSuchThing):
            return _aged(known)
        if reply.status >= 400:
            return None
        self._last[call.path] = json.loads(reply.body), self._clock()
        self._last.move_to_end(call.path)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return reply


def _aged(known: tuple[Told, int] | None) -> Reply | None:
    return None if known is None else Reply(200, json.dumps({**known[0], "as_of": known[1]}))
