"""Who is in the fleet: this node's own sign of life, and those of others.

A node is away when no *new* card of it came for a while, by this node's own clock: neither clocks that differ nor old cards that
somebody puts back make it look alive. A name belongs to one daemon, and so does a database (`claims`): a second one stays outside,
and says so.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import structlog

from outrider.errors import Unavailable
from outrider.fleet import claims
from outrider.fleet.link import Link
from outrider.fleet.strangers import Strangers
from outrider.logic.seal import Seal
from outrider.model.fleet import Feed, NodeCard, Register
from outrider.model.fleet_wire import NodeJSON, card_of, card_text, node_json
from outrider.ports import Broker

log = structlog.get_logger()

NAME_S = 30.0
"""How long a name stays with its node after its last sign of life, at least: a pause must not cost it."""

SILENT_S = 2.0
HEALING_MS = 3000
"""For so long after the broker came back it is looked more often who else is back."""


@dataclass(slots=True)
class Neighbour:
    """Another node: its last card, as it was sealed too, and when that came, by our own clocks."""

    card: NodeCard
    sealed: str
    heard_s: float
    seen_ms: int
    away_ms: int | None = None


class Membership:
    """Tells the fleet that we are here, once a heartbeat, and notes who else is."""

    def __init__(
        self,
        own: Callable[[], NodeCard],
        *,
        site: str,
        broker: Broker,
        seal: Seal,
        link: Link,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
        heartbeat_s: float,
        away_s: float,
    ) -> None:
        """`own` is this node's card now, but for the stamp and the offset; `site` is where its data directory lies."""
        self._own = own
        self._broker = broker
        self._seal = seal
        self._link = link
        self._clock = clock
        self._monotonic = monotonic
        self._heartbeat_s = heartbeat_s
        self._away_s = away_s
        self._keep_s = max(NAME_S, 3 * away_s)
        self._neighbours: dict[str, Neighbour] = {}
        self._site = site
        self.renamed: dict[str, str] = {}
        """What nodes were called while this one ran, and are called now."""
        self._offset_ms: int | None = None
        self._stamp_ms = 0
        self._strangers = Strangers(away_s)
        self.conflict = ""
        """Why this node is not in the fleet though the broker is there; '' where it is."""
        self.joined = False
        self.losses = 0
        """How often the broker was found to have forgotten us."""
        self._untold: set[str] = set()
        """Nodes that were known when it had, and of which it was not told since."""
        self.changed: Callable[[Neighbour], None] = _nobody
        """Called for a node that is new, is away from now on, or is back."""
        self.gone: Callable[[str], None] = _no_name
        """Called with the name of a node that was forgotten."""

    def __iter__(self) -> Iterator[Neighbour]:
        return iter(tuple(self._neighbours.values()))

    def holding(self, incarnation: str | None) -> Neighbour | None:
        """The other node that has that database, whatever it is called by now."""
        return next((each for each in self._neighbours.values() if each.card.incarnation == incarnation), None)

    def get(self, node: str) -> Neighbour | None:
        """That node, where it is not this one and was heard of."""
        return self._neighbours.get(node)

    def feeds(self) -> set[Feed]:
        """What the other nodes tell."""
        return {each.card.feed for each in self._neighbours.values()}

    def shown(self) -> list[NodeJSON]:
        """All nodes, this one first, the others in order of name."""
        now = self._clock()
        own = replace(self._own(), offset_ms=self._offset_ms or 0)
        others = sorted(self._neighbours.values(), key=lambda each: each.card.node)
        return [
            node_json(own, here=True, seen_ms=now, away_ms=None),
            *(node_json(each.card, here=False, seen_ms=each.seen_ms, away_ms=each.away_ms) for each in others),
        ]

    @property
    def estranged(self) -> str:
        """Why nobody believes this node, and it nobody: the others have another key; '' where that is not so."""
        return "" if self._neighbours else self._strangers.why(self._monotonic())

    def common_ms(self, own_ms: int) -> int:
        """A time of our clock as the broker's clock had it."""
        return own_ms - (self._offset_ms or 0)

    def silent(self, node: str) -> bool:
        """Whether nothing was heard of it for so long that it will hardly answer; it need not count as away yet."""
        known = self._neighbours.get(node)
        return known is None or self._monotonic() - known.heard_s > max(SILENT_S, 3 * self._heartbeat_s)

    def forget(self, node: str) -> None:
        """Leaves a node out until it is heard of again."""
        if (gone := self._neighbours.pop(node, None)) is not None:
            self.gone(gone.card.node)

    async def run(self) -> None:
        """For ever."""
        while True:
            pause_s = self._heartbeat_s
            try:
                await self.beat()
                if self._clock() - self._link.since_ms < HEALING_MS:
                    pause_s = min(pause_s, self._link.retry_s)
            except Unavailable as error:
                self.joined = False
                self._link.lost(error)
                pause_s = min(pause_s, self._link.retry_s)
            self._look_round()
            await asyncio.sleep(pause_s)

    async def beat(self) -> None:
        """One sign of life, and one look at those of others."""
        began = self._monotonic()
        own = self._own()
        found = await self._claimed(own)
        now_ms, cards = found.now_ms, found.cards
        took_ms = round((self._monotonic() - began) * 1000)
        self._offset_ms = self._clock() - took_ms // 2 - now_ms
        own = replace(own, offset_ms=self._offset_ms)
        lost = bool(self._stamp_ms) and own.node not in cards
        if not claims.held(found, self._site):
            self._refused(own, found)
        else:
            self.conflict = ""
            self._stamp_ms = max(now_ms, self._stamp_ms + 1)
            card = replace(own, stamp_ms=self._stamp_ms)
            await self._broker.announce(
                card.feed, self._seal.close(f"card {own.node}", card_text(card)), round(self._keep_s * 1000)
            )
            await self._leave_the_old(card, cards)
            self.joined = True
        if lost:
            self.losses += 1
            log.warning("the broker has forgotten everything; this node tells it again")
            self._untold = set(self._neighbours)
        reminded = await self._tell_again(cards)
        self._read(own.node, cards, now_ms, reminded)
        self._link.held()

    async def leave(self) -> None:
        """Leaves the name to the data directory and to its database: where one of them is started next, nobody waits for it."""
        if self.joined:
            feed = self._own().feed
            await self._broker.hold(feed, claims.legacy(self._site, feed.incarnation), round(self._keep_s * 1000))

    async def _claimed(self, own: NodeCard) -> Register:
        """The register, with the name and the database in our hands where they were nobody's, or were left to us."""
        ttl_ms = round(self._keep_s * 1000)
        found = await self._broker.claim(own.feed, self._site, ttl_ms)
        # Who was refused waits until the time is over: the one that it was refused for may just be starting again.
        if claims.left(found, self._site, own.incarnation) and not self.conflict:
            await self._broker.hold(own.feed, self._site, ttl_ms)
            found = await self._broker.claim(own.feed, self._site, ttl_ms)
        return found

    def _refused(self, own: NodeCard, found: Register) -> None:
        cards = [card for name, sealed in found.cards.items() if (card := self._opened(name, sealed)) is not None]
        why = claims.refusal(own, found, self._site, cards, self._keep_s)
        if not self.conflict:
            log.error("this node stays outside of the fleet", node=own.node, why=why)
        self.joined, self.conflict = False, why

    async def _leave_the_old(self, card: NodeCard, cards: Mapping[str, str]) -> None:
        """A node that was given another name, or another database, takes what it told before away."""
        for name, sealed in cards.items():
            old = self._opened(name, sealed)
            if old is not None and name != card.node and old.incarnation == card.incarnation:
                await self._broker.forget(name)
                await self._broker.drop(old.feed)
                self.forget(name)
            elif old is not None and name == card.node and old.incarnation != card.incarnation:
                await self._broker.drop(old.feed)  # a backup was put back here: its numbers mean other events

    async def _tell_again(self, cards: Mapping[str, str]) -> set[str]:
        """Who is away cannot tell a broker that has lost everything that it exists, so this is done for it: also for one that was
        still there when that happened. Their names."""
        self._untold -= cards.keys()
        away = [each for each in self if each.away_ms is not None and each.card.node in self._untold]
        await self._broker.remind({each.card.node: each.sealed for each in away})
        names = {each.card.node for each in away}
        self._untold -= names
        return names

    def _read(self, own: str, cards: Mapping[str, str], now_ms: int, reminded: Collection[str]) -> None:
        for name, sealed in cards.items():
            if name != own and (card := self._opened(name, sealed)) is not None:
                self._hear(card, sealed, now_ms)
        for each in self:
            if each.away_ms is not None and each.card.node not in cards and each.card.node not in reminded:
                self.forget(each.card.node)

    def _opened(self, name: str, sealed: str) -> NodeCard | None:
        body = self._seal.open(f"card {name}", sealed)
        card = card_of(body) if body is not None else None
        if card is None or card.node != name:
            self._strangers.note(name, sealed, self._monotonic())
            return None
        self._strangers.know(name)
        return card

    def _hear(self, card: NodeCard, sealed: str, now_ms: int) -> None:
        others = [each for each in self._neighbours.values() if each.card.incarnation == card.incarnation]
        former = [each for each in others if each.card.node != card.node]
        if any(each.card.stamp_ms >= card.stamp_ms for each in former):
            return  # by a name that it has not any more
        for each in former:
            self.renamed[each.card.node] = card.node
            self.forget(each.card.node)
        self.renamed.pop(card.node, None)
        known = self._neighbours.get(card.node)
        if known is not None and card.stamp_ms <= known.card.stamp_ms:
            return
        age_ms = max(0, now_ms - card.stamp_ms)
        heard_s = self._monotonic() - (
            age_ms / 1000 if known is None else 0
        )  # a card that was there before us may be old
        fresh = Neighbour(card, sealed, heard_s, self._clock() - age_ms)
        self._neighbours[card.node] = fresh
        if known is None or known.away_ms is not None:
            self.changed(fresh)

    def _look_round(self) -> None:
        for each in self._neighbours.values():
            if each.away_ms is None and self._monotonic() - each.heard_s > self._away_s:
                each.away_ms = each.seen_ms
                self.changed(each)


def _nobody(neighbour: Neighbour) -> None:
    """Nobody wants to know."""


def _no_name(node: str) -> None:
    """Nobody wants to know."""
