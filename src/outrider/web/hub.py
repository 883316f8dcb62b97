"""From the engine's bus to every WebSocket: one reader, each event encoded once, nobody waits for anybody.

A client holds a bounded buffer. Who lets it fill up is told to go (`Ending.LAGGED`) and comes back with its cursor; its
buffer is thrown away at once. The hub itself is a subscriber that may fall behind: then it catches up from the journal, so
that what it hands out has no gap either.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

import structlog

from outrider.errors import StoreError
from outrider.model import wire
from outrider.model.event import Event
from outrider.model.fleet import Feed
from outrider.model.fleet_wire import cursor_part
from outrider.web.engine import Engine
from outrider.web.fleet import Feeds

log = structlog.get_logger()

PAGE = 500
"""How many events are read from the journal at a time."""
RETRY_S = 0.25


class Ending(Enum):
    """Why a client gets nothing more."""

    LAGGED = auto()
    SHUTDOWN = auto()
    REVOKED = auto()
    GONE = auto()


class What(Enum):
    """What an entry of a client's buffer is; only clients of all nodes get others than events."""

    EVENT = auto()
    BEGAN = auto()
    MISSED = auto()
    CHANGED = auto()


class Entry(NamedTuple):
    """Something for a client: an event with its JSON, or what is to be known of a node's events: those behind `seq` come."""

    seq: int
    text: str
    feed: Feed
    what: What = What.EVENT


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

    def __init__(self, actor: str, wish: Filter, limit: int, *, everywhere: bool = False) -> None:
        """`everywhere`: it wants all nodes' events."""
        self.actor = actor
        self.everywhere = everywhere
        self.filter = wish
        self.ending: Ending | None = None
        self._limit = limit
        self._buffer: list[Entry] = []
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many events wait for its reader."""
        return len(self._buffer)

    def offer(self, entry: Entry) -> None:
        """Keeps it for the reader; past the limit the client is ended instead."""
        if self.ending is not None:
            return
        if len(self._buffer) >= self._limit:
            self.end(Ending.LAGGED)
            return
        self._buffer.append(entry)
        self._wake.set()

    def end(self, ending: Ending) -> None:
        """Nothing more from now on; the first reason stands."""
        if self.ending is None:
            self.ending = ending
            self._buffer.clear()
            self._wake.set()
            self._ended.set()

    async def take(self, tick_s: float, limit_s: float | None = None) -> list[Entry]:
        """Waits for events, and that long for more; takes all there are, oldest first. Empty once it was ended, or after the limit."""
        try:
            async with asyncio.timeout(limit_s):
                await self._wake.wait()
        except TimeoutError:
            return []
        if tick_s:
            await asyncio.sleep(tick_s)
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

    def __init__(
        self, engine: Engine, feeds: Feeds, *, clock: Callable[[], int], buffer: int = 1000, grace_s: float = 5.0
    ) -> None:
        self.grace_s = grace_s
        self._engine = engine
        self._feeds = feeds
        feeds.listener = self
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
    def own(self) -> Feed:
        """What this node tells."""
        return self._feeds.own

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
            self._last = await self._engine.last_seq()
            self._ready.set()
            while True:
                async for event in subscription:
                    self._hand_out(event)
                    self.told, self.told_ms = self.told + 1, self.told_ms + max(0, self._clock() - event.fact.at_ms)
                if not subscription.lagged:
                    return
                subscription.close()
                subscription = self._engine.subscribe()
                await self._catch_up()
        finally:
            subscription.close()
            self.shut()

    async def ready(self) -> None:
        """Returns once nothing that is journalled from now on can be missed."""
        await self._ready.wait()

    async def empty(self) -> None:
        """Returns once no WebSocket is open."""
        await self._empty.wait()

    def enter(self, actor: str, wish: Filter, *, everywhere: bool = False) -> Client:
        """A WebSocket of this actor has opened; it gets nothing before `join`."""
        client = Client(actor, wish, self._limit, everywhere=everywhere)
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

    def _hand_out(self, event: Event) -> None:
        if event.seq <= self._last:
            return
        self._last = event.seq
        here: Entry | None = None
        everywhere: Entry | None = None
        for client in list(self._clients):
            if not client.filter.wants(event):
                continue
            if client.everywhere:
                everywhere = everywhere or entry_of(self._feeds.own, event)
                self._offer(client, everywhere)
            else:
                here = here or Entry(event.seq, wire.event_text(event), self._feeds.own)
                self._offer(client, here)

    def _offer(self, client: Client, entry: Entry) -> None:
        client.offer(entry)
        if client.ending is not None:
            self.cut_off += client.ending is Ending.LAGGED
            self._clients.discard(client)

    # ---- other nodes -----------------------------------------------------------------------------

    def heard(self, feed: Feed, event: Event) -> None:
        """An event of another node."""
        entry: Entry | None = None
        for client in list(self._clients):
            if client.everywhere and client.filter.wants(event):
                entry = entry or entry_of(feed, event)
                self._offer(client, entry)

    def began(self, feed: Feed, seq: int) -> None:
        """A node's events come, from behind that seq on."""
        self._tell(Entry(seq, "", feed, What.BEGAN))

    def missed(self, feed: Feed, since: int, first: int) -> None:
        """Events of a node cannot be had."""
        self._tell(Entry(first - 1, "", feed, What.MISSED))

    def changed(self, node: str) -> None:
        """A node came, went or was forgotten."""
        self._tell(Entry(0, wire.text({"type": "node", "node": node}), Feed(node, ""), What.CHANGED))

    def _tell(self, entry: Entry) -> None:
        for client in list(self._clients):
            if client.everywhere:
                self._offer(client, entry)

    async def _catch_up(self) -> None:
        """Hands out what it missed; where the journal cannot be read, once it can be."""
        while True:
            try:
                while page := await self._engine.events(since=self._last, limit=PAGE):
                    for event in page:
                        self._hand_out(event)
            except StoreError as error:
                log.warning("events wait for the disk", why=error.message)
                await asyncio.sleep(RETRY_S)
            else:
                return


def entry_of(feed: Feed, event: Event) -> Entry:
    """An event as clients of all nodes get it: with its cursor."""
    return Entry(event.seq, f'{wire.event_text(event)[:-1]},"cursor":"{cursor_part(feed, event.seq)}"}}', feed)
