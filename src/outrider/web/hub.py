"""From the engine's bus to every WebSocket: one reader, each event encoded once, nobody waits for anybody.

A client holds a bounded buffer. Who lets it fill up is told to go (`Ending.LAGGED`) and comes back with its cursor; its
buffer is thrown away at once. The hub itself is a subscriber that may fall behind: then it catches up from the journal, so
that what it hands out has no gap either.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from outrider.model import wire
from outrider.model.event import Event
from outrider.web.engine import Engine

PAGE = 500
"""How many events are read from the journal at a time."""


class Ending(Enum):
    """Why a client gets nothing more."""

    LAGGED = auto()
    SHUTDOWN = auto()
    REVOKED = auto()
    GONE = auto()


class Filter:
    """Which events a client wants; an empty set lets everything through."""

    def __init__(self, sessions: frozenset[str] = frozenset(), names: frozenset[str] = frozenset()) -> None:
        self.sessions = sessions
        self.names = names

    def wants(self, event: Event) -> bool:
        """Whether the event passes."""
        return (not self.sessions or event.fact.session in self.sessions) and (
            not self.names or event.fact.name in self.names
        )


class Client:
    """One reader's buffer between the hub and its socket."""

    def __init__(self, actor: str, wish: Filter, limit: int) -> None:
        self.actor = actor
        self.filter = wish
        self.ending: Ending | None = None
        self._limit = limit
        self._buffer: list[tuple[int, str]] = []
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many events wait for its reader."""
        return len(self._buffer)

    def offer(self, seq: int, text: str) -> None:
        """Keeps it for the reader; past the limit the client is ended instead."""
        if self.ending is not None:
            return
        if len(self._buffer) >= self._limit:
            self.end(Ending.LAGGED)
            return
        self._buffer.append((seq, text))
        self._wake.set()

    def end(self, ending: Ending) -> None:
        """Nothing more from now on; the first reason stands."""
        if self.ending is None:
            self.ending = ending
            self._buffer.clear()
            self._wake.set()
            self._ended.set()

    async def take(self) -> list[tuple[int, str]]:
        """Waits for events and takes all there are, oldest first, as (seq, JSON); empty once it was ended."""
        await self._wake.wait()
        return self.drain()

    def drain(self) -> list[tuple[int, str]]:
        """Takes what is there, without waiting."""
        if self.ending is None:
            self._wake.clear()
        taken, self._buffer = self._buffer, []
        return taken

    async def ended(self) -> None:
        """Returns once it was ended."""
        await self._ended.wait()


class Hub:
    """All WebSocket clients of this daemon. `run` must be running before the first client is let in.

    `buffer` is how many events a client may fall behind, `grace_s` how long one that was told to go may take to read that.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], int], buffer: int = 1000, grace_s: float = 5.0) -> None:
        self.grace_s = grace_s
        self._engine = engine
        self._clock = clock
        self._limit = buffer
        self._clients: set[Client] = set()  # those that are offered events
        self._open: set[Client] = set()
        self._ready = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closing = False
        self.cut_off = 0
        """How many were cut off because they were too slow, since this daemon started."""
        self.told = 0
        """How many events were handed out as they happened, and how long (ms) after they did, in all."""
        self.told_ms = 0
        self._last = 0

    @property
    def clients(self) -> int:
        """How many WebSockets are open."""
        return len(self._open)

    @property
    def lagging(self) -> int:
        """How many of them were too slow and are on their way out."""
        return sum(client.ending is Ending.LAGGED for client in self._open)

    def behind(self, newest: int) -> int:
        """How many events the slowest client still has to be given, of all up to `newest`."""
        return max(0, newest - self._last) + max((client.waiting for client in self._clients), default=0)

    async def run(self) -> None:
        """Hands out events until it is cancelled, or until the engine's bus ends for good."""
        subscription = self._engine.subscribe()
        try:
            last = self._last = await self._engine.last_seq()
            self._ready.set()
            while True:
                async for event in subscription:
                    last = self._last = self._hand_out(event, last)
                    self.told, self.told_ms = self.told + 1, self.told_ms + max(0, self._clock() - event.fact.at_ms)
                if not subscription.lagged:
                    return
                subscription.close()
                subscription = self._engine.subscribe()
                last = self._last = await self._catch_up(last)
        finally:
            subscription.close()
            self.shut()

    async def ready(self) -> None:
        """Returns once nothing that is journalled from now on can be missed."""
        await self._ready.wait()

    async def empty(self) -> None:
        """Returns once no WebSocket is open."""
        await self._empty.wait()

    def enter(self, actor: str, wish: Filter) -> Client:
        """A WebSocket of this actor has opened; it gets nothing before `join`."""
        client = Client(actor, wish, self._limit)
        self._open.add(client)
        self._empty.clear()
        if self._closing:
            client.end(Ending.SHUTDOWN)
        return client

    def join(self, client: Client) -> None:
        """From now on the client is offered every event that passes its filter."""
        if client.ending is None:
            self._clients.add(client)

    def leave(self, client: Client) -> None:
        """The WebSocket is closed."""
        self._open.discard(client)
        self._clients.discard(client)
        client.end(Ending.GONE)
        if not self._open:
            self._empty.set()

    def expel(self, actor: str) -> None:
        """Ends every client of this actor: it may not come in any more."""
        for client in self._open:
            if client.actor == actor:
                client.end(Ending.REVOKED)

    def shut(self) -> None:
        """Ends every client with SHUTDOWN, and all that come later."""
        self._closing = True
        for client in self._open:
            client.end(Ending.SHUTDOWN)
        self._clients.clear()

    def _hand_out(self, event: Event, last: int) -> int:
        if event.seq <= last:
            return last
        text: str | None = None
        for client in list(self._clients):
            if client.filter.wants(event):
                text = text or wire.event_text(event)
                client.offer(event.seq, text)
                if client.ending is not None:
                    self.cut_off += client.ending is Ending.LAGGED
                    self._clients.discard(client)
        return event.seq

    async def _catch_up(self, last: int) -> int:
        while page := await self._engine.events(since=last, limit=PAGE):
            for event in page:
                last = self._hand_out(event, last)
        return last
