"""Another node, in memory: what it tells, and how far it was heard here."""

from collections.abc import Mapping, Sequence

from outrider.errors import Unavailable
from outrider.fleet.alone import Alone
from outrider.fleet.listener import Listener, Nobody
from outrider.model.event import Event, EventName, Fact
from outrider.model.fleet import Feed, NodeCard
from web.engine_double import NODE

OWN = Feed(NODE, "1f2e")
SOUTH = Feed("south", "9abc")


class LittleFeeds:
    """Fits `Feeds`: tells its listener what a test says."""

    def __init__(self) -> None:
        self.listener: Listener = Nobody()
        self.own = OWN
        self.journals: dict[Feed, list[Event]] = {}
        self.away = False

    def places(self) -> Mapping[Feed, int]:
        return {feed: journal[-1].seq if journal else 0 for feed, journal in self.journals.items()}

    async def past(self, feed: Feed, since: int, limit: int) -> Sequence[Event]:
        if self.away:
            raise Unavailable("Redis cannot be used.")
        return [event for event in self.journals[feed] if event.seq > since][:limit]

    def begin(self, feed: Feed, *seqs: int) -> None:
        """A node is heard of, with what it has told already."""
        self.journals[feed] = [_event(feed, seq) for seq in seqs]
        self.listener.began(feed, seqs[-1] if seqs else 0)

    def tell(self, feed: Feed, seq: int, name: EventName = EventName.ALERT) -> None:
        """It tells the next."""
        journal, event = self.journals[feed], _event(feed, seq, name)
        if seq > self.places()[feed] + 1:
            self.listener.missed(feed, self.places()[feed], seq)
        journal.append(event)
        self.listener.heard(feed, event)


class LittleFleet(Alone):
    """This node, and what others tell."""

    def __init__(self) -> None:
        card = NodeCard(*OWN, "0", (), 0, 0, 0.0, 0, 0, 0, steer=False, draining=False)
        super().__init__(NODE, lambda: 0, lambda: OWN.incarnation, lambda: card)
        self.feeds: LittleFeeds = LittleFeeds()  # type: ignore[assignment]


def _event(feed: Feed, seq: int, name: EventName = EventName.ALERT) -> Event:
    return Event(seq, feed.node, Fact(name, f"{feed.node}/task", 1000 + seq))
