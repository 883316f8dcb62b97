"""Hearing what happens on other nodes: their events to who listens here, the latest of their agents to the list.

In come sealed entries of all other nodes' feeds, in order for each; out go events whose seq grows by one. A seq that is missing is a
gap: it is told, and the agents are read anew. What bears no seal of this fleet is left out.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import structlog

from outrider.errors import Unavailable
from outrider.fleet.agents import RemoteAgents
from outrider.fleet.link import Link
from outrider.fleet.listener import Listener, Nobody
from outrider.fleet.membership import Membership, Neighbour
from outrider.fleet.publisher import purpose
from outrider.logic.seal import Seal
from outrider.model.event import Event, EventName, Fact
from outrider.model.fleet import Entry, Feed, Place
from outrider.ports import Broker

log = structlog.get_logger()

WAIT_MS = 500
"""How long a read waits; a node that is new is read after that at the latest."""
REMEMBERED = 2000
"""Events of each node that are kept, so that who comes back soon needs no broker."""
PAGE = 500
COMMON = frozenset({"seq", "event", "type", "timestamp", "node", "session"})


class Follower:
    """Reads the other nodes' feeds. `own` is what this node tells."""

    def __init__(
        self,
        agents: RemoteAgents,
        *,
        own: Callable[[], Feed],
        broker: Broker,
        seal: Seal,
        link: Link,
        membership: Membership,
    ) -> None:
        self._agents = agents
        self._own = own
        self._broker = broker
        self._seal = seal
        self._link = link
        self._membership = membership
        self._places: dict[Feed, Place] = {}
        """Up to where each feed was read."""
        self._heard: dict[Feed, int] = {}
        """The last event of each that was believed: what is none leaves a gap."""
        self._recent: dict[Feed, deque[Event]] = {}
        self.listener: Listener = Nobody()
        self.noted: Callable[[Event], None] = _unnoted
        """Called for every event that is heard."""
        membership.changed = self._changed
        membership.gone = self._gone

    @property
    def own(self) -> Feed:
        """What this node tells."""
        return self._own()

    def places(self) -> Mapping[Feed, int]:
        """Up to which seq each feed was heard."""
        return dict(self._heard)

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._settle()
                for entry in await self._broker.read(self._places, wait_ms=WAIT_MS):
                    await self._take(entry)
                if not self._places:
                    await asyncio.sleep(WAIT_MS / 1000)
            except Unavailable as error:
                self._link.lost(error)
                await self._link.again()

    async def past(self, feed: Feed, since: int, limit: int) -> Sequence[Event]:
        """At most so many events after that seq, of those that were heard; Unavailable where the broker had to be asked and is away."""
        recent = self._recent.get(feed, ())
        upto = self._heard.get(feed, 0)
        if since >= upto:
            return ()
        if recent and recent[0].seq <= since + 1:
            return [event for event in recent if event.seq > since][:limit]
        found: list[Event] = []
        after, more = Place(since, 2**62), True
        while more and len(found) < limit:
            entries = await self._broker.past(feed, after, PAGE)
            for entry in entries:
                if not entry.place.part and entry.place.seq <= upto and (body := self._opened(entry)) is not None:
                    found += [event] if (event := _event(entry, body)) is not None else []
            more = len(entries) == PAGE and entries[-1].place.seq <= upto
            after = entries[-1].place if entries else after
        return found[:limit]

    async def _settle(self) -> None:
        """Begins with feeds that are new, and leaves those that are no more."""
        feeds = self._membership.feeds()
        for feed in feeds - self._places.keys():
            newest = await self._broker.newest(feed)
            await self._read_agents(feed)
            self._places[feed] = newest or Place(0)
            self._heard[feed] = self._places[feed].seq
            self.listener.began(feed, self._heard[feed])
        feeds = self._membership.feeds()  # a node may have been forgotten while its agents were read
        for feed in self._places.keys() - feeds:
            del self._places[feed], self._heard[feed]
            self._recent.pop(feed, None)
            if feed.node not in {each.node for each in feeds}:
                self._agents.forget(feed.node)

    async def _read_agents(self, feed: Feed) -> None:
        told = {}
        for session, sealed in (await self._broker.states(feed)).items():
            body = self._seal.open(f"agent {feed.node} {session}", sealed)
            if body is not None:
                told[session] = body
        self._agents.replace(feed.node, told)

    async def _take(self, entry: Entry) -> None:
        if entry.feed not in self._places:
            return
        body = self._opened(entry)
        event = _event(entry, body) if body is not None and not entry.place.part else None
        before = self._heard[entry.feed]
        if event is not None and event.seq > before + 1:
            # Where that fails the entry is read again, so nothing may be noted of it before.
            await self._read_agents(entry.feed)
            self.listener.missed(entry.feed, before, event.seq)
        self._places[entry.feed] = entry.place
        if body is None:
            return
        if entry.place.part:
            self._agents.change(entry.feed.node, body)
            return
        self._heard[entry.feed] = entry.place.seq
        if event is None:
            return
        self._recent.setdefault(entry.feed, deque(maxlen=REMEMBERED)).append(event)
        self.listener.heard(entry.feed, event)
        self.noted(event)

    def _opened(self, entry: Entry) -> str | None:
        body = self._seal.open(purpose(entry.feed, entry.place), entry.body)
        if body is None:
            log.warning("an entry is not believed: it does not bear this fleet's key", node=entry.feed.node)
        return body

    def _changed(self, neighbour: Neighbour) -> None:
        self._agents.away(neighbour.card.node, neighbour.away_ms)
        self.listener.changed(neighbour.card.node)

    def _gone(self, node: str) -> None:
        self._agents.forget(node)
        self.listener.changed(node)


def _unnoted(event: Event) -> None:
    """Nobody wants to know."""


def _event(entry: Entry, body: str) -> Event | None:
    """An event of another node; its session goes by its address. None for one that this version does not know."""
    try:
        told = json.loads(body)
        fact = Fact(
            EventName(told["event"]),
            f"{entry.feed.node}/{told['session']}" if told["session"] else "",
            told["timestamp"],
            {name: value for name, value in told.items() if name not in COMMON},
        )
    except (ValueError, TypeError, KeyError):
        return None
    return Event(entry.place.seq, entry.feed.node, fact)
