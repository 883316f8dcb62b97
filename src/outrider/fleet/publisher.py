"""Telling the fleet what happens here: the journal, event by event under its own seq, and the latest of each agent.

The journal is the spool: while the broker is away nothing is kept beside it, and afterwards it is read on from where the feed
ends, so that everything is told in order and once. A broker that lost everything is told the newest events again, so many.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from outrider.errors import StoreError, Unavailable
from outrider.fleet.agents import changes_text, told_of
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership
from outrider.logic.seal import Seal
from outrider.model import wire
from outrider.model.agent import Agent
from outrider.model.approval import Approval
from outrider.model.fleet import Feed, Place
from outrider.ports import Broker, Bus, Subscription
from outrider.store import Store

PAGE = 500
LOOK_S = 0.25
"""How often agents are looked at of which nothing was told: their counters change without an event."""
GATHER_S, GATHER_EACH_S = 0.01, 0.001
"""How long is waited at most for more to tell on one way, and for each event of the last time: who tells little tells it at once."""
TRIM_S = 60.0
HOUR_MS = 3_600_000
Seen = tuple[Agent, Approval | None]


class Agents(Protocol):
    """The agents here, as they are shown."""

    def __call__(self) -> Mapping[str, Seen]: ...


class Publisher:
    """Keeps this node's feed at the journal's end."""

    def __init__(
        self,
        node: str,
        agents: Agents,
        *,
        broker: Broker,
        seal: Seal,
        link: Link,
        membership: Membership,
        store: Store,
        bus: Bus,
        clock: Callable[[], int],
        events_hours: float,
        events_max: int,
    ) -> None:
        self._node = node
        self._agents = agents
        self._broker = broker
        self._seal = seal
        self._link = link
        self._membership = membership
        self._store = store
        self._bus = bus
        self._clock = clock
        self._keep_ms = round(events_hours * HOUR_MS)
        self._most = events_max
        self._at = Place(0)
        self._stands: Place | None = None
        """Where the feed ends, as the broker was told last."""
        self._told: dict[str, Seen] = {}
        self._sealed_with = 0
        """How often the keys had been changed when that was told."""
        self._trimmed_ms = 0
        self._compared = False

    @property
    def incarnation(self) -> str | None:
        """Which database this is; None until its end was compared with what was told of it: it may be an older copy, put back by hand."""
        return self._store.incarnation if self._compared else None

    @property
    def feed(self) -> Feed:
        """What this node tells."""
        return Feed(self._node, self._store.incarnation)

    async def run(self) -> None:
        """For ever; while the broker is away, or another daemon has our name, it waits."""
        while True:
            try:
                await self._follow()
            except Unavailable as error:
                if not isinstance(error, StoreError):
                    self._link.lost(error)
            await self._link.again()

    async def _follow(self) -> None:
        if not self._membership.joined:
            return
        losses = self._membership.losses
        await self._begin()
        while self._membership.joined and losses == self._membership.losses:
            fresh = self._bus.subscribe()  # before looking: what comes in between wakes us
            try:
                while (told := await self._tell()) == PAGE:
                    pass
                await self._trim()
                await _either(fresh, LOOK_S)
                await asyncio.sleep(min(told * GATHER_EACH_S, GATHER_S))
            finally:
                fresh.close()

    async def _begin(self) -> None:
        """Finds out where the feed ends."""
        newest, last = await self._broker.newest(self.feed), await self._store.last_seq()
        if newest is not None and newest.seq > last:
            # The file was put back by hand: its numbers would mean other events than those that were told.
            await self._store.renew()
            newest = None
        self._compared = True
        if newest is None:
            first = max(await self._store.first_seq(), await self._store.seq_at(self._clock() - self._keep_ms))
            self._stands, self._at = None, Place(max(first - 1, last - self._most, 0), self._at.part)
        else:
            self._stands = self._at = newest
        kept = await self._broker.states(self.feed)
        self._told = {}
        gone = kept.keys() - self._agents().keys()
        await self._broker.publish(self.feed, (), dict.fromkeys(gone))

    async def _tell(self) -> int:
        """Tells a page of what is new; how many events that were, PAGE where there may be more."""
        if self._seal.changes != self._sealed_with:  # the old key will not be believed for ever
            self._told, self._sealed_with = {}, self._seal.changes
        events = await self._store.events(since=self._at.seq, limit=PAGE)
        entries = [(Place(event.seq), self._sealed(Place(event.seq), wire.event_text(event))) for event in events]
        at = entries[-1][0] if entries else self._at
        agents = self._agents()
        changes: dict[str, str | None] = {
            session: _told(*seen) for session, seen in agents.items() if not self._same(session, seen)
        }
        changes |= dict.fromkeys(self._told.keys() - agents.keys())
        if changes:
            at = Place(at.seq, max(at.part + 1, self._clock()))
            entries.append((at, self._sealed(at, changes_text(changes))))
        states = {session: self._kept(session, told) for session, told in changes.items()}
        if entries and await self._broker.newest(self.feed) != self._stands:
            await (
                self._begin()
            )  # a broker that was restarted may have forgotten the last of it: it is told that again, in its order
            return PAGE
        if entries:
            await self._broker.publish(self.feed, entries, states)
            self._stands = self._at = at
            self._told = dict(agents)
        return len(events)

    def _kept(self, session: str, told: str | None) -> str | None:
        return None if told is None else self._seal.close(f"agent {self._node} {session}", told)

    def _same(self, session: str, seen: Seen) -> bool:
        known = self._told.get(session)
        return known is not None and known[0] is seen[0] and known[1] is seen[1]  # frozen: a change is another object

    def _sealed(self, place: Place, text: str) -> str:
        return self._seal.close(purpose(self.feed, place), text)

    async def _trim(self) -> None:
        now = self._clock()
        if now - self._trimmed_ms > TRIM_S * 1000:
            self._trimmed_ms = now
            oldest_ms = now - self._keep_ms
            # Behind the last event that is too old there may stand what was told of agents since: its part is when.
            await self._broker.trim(self.feed, Place(await self._store.seq_at(oldest_ms) - 1, oldest_ms))


def purpose(feed: Feed, place: Place) -> str:
    """What an entry is sealed for: its place, so that nothing can be told again elsewhere."""
    return f"entry {feed.node} {feed.incarnation} {place.seq}-{place.part}"


def _told(agent: Agent, approval: Approval | None) -> str:
    return told_of(wire.agent_json(agent), wire.approval_json(approval) if approval is not None else None)


async def _either(fresh: Subscription, limit_s: float) -> None:
    """Returns with the next event, or after so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            async for _ in fresh:
                return
