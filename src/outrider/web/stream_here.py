"""This node's events for one WebSocket: what was, from the journal, and then what happens, without a gap or a repeat.

The order that makes it so: read the journal until it has no more, join the hub, read the journal once more, then drop from
the live events those at or below the last seq sent. Joining first would fill the buffer during a long replay.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from outrider.errors import InvalidInput
from outrider.model import wire
from outrider.model.event import Event
from outrider.web.answers import error_json
from outrider.web.engine import Engine
from outrider.web.hub import PAGE, Client, Entry, Hub

Message = Mapping[str, object]


class Here:
    """After `since`; None: only what happens from now on."""

    def __init__(self, engine: Engine, hub: Hub, client: Client, since: int | None) -> None:
        self._engine = engine
        self._hub = hub
        self._client = client
        self._since = since
        self._last = 0

    @property
    def cursor(self) -> str:
        """Where the client comes back to."""
        return f"since={self._last}"

    def sent(self, entry: Entry) -> None:
        """That one went out, and all before it."""
        self._last = entry.seq

    async def pages(self, tick_s: float) -> AsyncIterator[Message | list[Entry]]:
        """Messages, and events in their order; live ones at most once in so long. Ends with the client."""
        since = self._since
        if since is None:
            self._hub.join(self._client)
            self._last = await self._engine.last_seq()
            yield {"type": "connected", "seq": self._last}
        else:
            newest = await self._engine.last_seq()
            yield {"type": "connected", "seq": newest}
            async for message in self._start_from(since, newest):
                yield message
            async for page in self._replay():
                yield page
            self._hub.join(self._client)
            async for page in self._replay():
                yield page
        while taken := await self._client.take(tick_s):
            yield [entry for entry in taken if entry.seq > self._last]

    async def _start_from(self, since: int, newest: int) -> AsyncIterator[Message]:
        """Sets the cursor, and says so where not everything after it can be had."""
        self._last = min(since, newest)
        if since > newest:
            late = InvalidInput(
                f"'since' is {since}, but the newest event is {newest}: this is another journal, or it was restored.",
                detail={"since": since, "seq": newest},
            )
            yield {"type": "error", **error_json(late)}
            return
        oldest = await self._engine.events(since=since, limit=1)
        if oldest and oldest[0].seq > since + 1:
            yield {"type": "gap", "since": since, "first": oldest[0].seq}

    async def _replay(self) -> AsyncIterator[list[Entry]]:
        """What the journal has after the cursor, a page at a time, until it has no more."""
        while self._client.ending is None:
            wish = self._client.filter
            page: Sequence[Event] = await self._engine.events(
                since=self._last, limit=PAGE, sessions=wish.sessions, names=wish.names
            )
            own = self._hub.own
            yield [Entry(event.seq, wire.event_text(event), own) for event in page]
            if len(page) < PAGE:
                return
