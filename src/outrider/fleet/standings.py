"""What other nodes say of commands that they have, and said last: who cannot be asked now has not forgotten, but its word has an age."""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace

from outrider.errors import NoSuchThing, TimedOut, Unavailable
from outrider.fleet.membership import Membership
from outrider.fleet.parcels import shown
from outrider.model.command import FINAL, Command, Status
from outrider.model.event import Event, EventName
from outrider.model.fleet import Call, Delivery, Parcel, Reply

WAIT_S = 2.0
REMEMBERED = 2000
ENDS = frozenset({EventName.COMMAND_SENT, EventName.COMMAND_FAILED, EventName.COMMAND_UNCERTAIN})
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
        self._ends: OrderedDict[str, tuple[Status, str | None, int]] = OrderedDict()
        """By id, as it was told in an event: how, why, and when."""

    def heard(self, event: Event) -> None:
        """Something happened on another node: perhaps to a command that was sent there from here."""
        data = event.fact.data
        job, status, error = data.get("jobId"), data.get("status"), data.get("error")
        if event.fact.name not in ENDS or not isinstance(job, str) or status not in FINAL:
            return
        self._ends[job] = Status(str(status)), error if isinstance(error, str) else None, event.fact.at_ms
        while len(self._ends) > REMEMBERED:
            self._ends.popitem(last=False)

    def shown(self, parcel: Parcel) -> Command:
        """A parcel as the command that it is, with the end that its node has told of it."""
        command = shown(parcel)
        if parcel.status is not Delivery.TAKEN or (end := self._ends.get(parcel.id)) is None:
            return command
        status, error, at_ms = end
        return replace(command, status=status, error=error, changed_ms=at_ms, waits=None)

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
