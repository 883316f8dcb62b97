"""All nodes' events for one WebSocket: of each node in order, without a gap or a repeat, from a cursor that any node understands.

A cursor has a place of each node. What was told after it is read again from this node's journal, or from what the fleet keeps of
another node. Where that is not all (it was trimmed; the node has another database now; the cursor does not name it), the client gets
a `gap` with the node's place from which it goes on, and reads afresh how things are. While the fleet cannot be asked, that node's
events wait; the other nodes' go on.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from outrider.errors import InvalidInput, StoreError, Unavailable
from outrider.model.event import Event
from outrider.model.fleet import Feed
from outrider.model.fleet_wire import cursor_of, cursor_part, place_on, places_of
from outrider.web.engine import Engine
from outrider.web.fleet import Feeds
from outrider.web.hub import PAGE, Client, Entry, Hub, What, entry_of
from outrider.web.stream_here import Message

AGAIN_S = 0.5
NOW = "now"
"""The cursor of the present."""
Places = Mapping[str, tuple[Feed, int]]
Page = Message | list[Entry]


def wanted_nodes(nodes: str, cursor: str | None) -> tuple[bool, Places | None, bool]:
    """Whether all nodes are wanted, from where, and whether from the beginning; InvalidInput where that does not go together."""
    if nodes not in {"here", "all"}:
        raise InvalidInput(f"'nodes' must be here or all, not {nodes[:40]!r}.")
    if cursor is not None and nodes != "all":
        raise InvalidInput("'cursor' is a place on all nodes: ask for nodes=all with it, or for 'since' without.")
    named = cursor if cursor not in {None, "0", NOW} else None
    return nodes == "all", places_of(named) if named is not None else None, cursor == "0"


class Everywhere:
    """After `since`, by node; None: only what happens from now on. `whole`: a node that `since` does not name from its beginning."""

    def __init__(
        self, engine: Engine, feeds: Feeds, hub: Hub, client: Client, since: Places | None, *, whole: bool
    ) -> None:
        self._engine = engine
        self._feeds = feeds
        self._hub = hub
        self._client = client
        self._since = since
        self._whole = whole
        self._places: dict[str, tuple[Feed, int]] = dict(since or {})
        self._behind: set[Feed] = set()
        """Nodes of which there is more to be read before what happens may go out."""

    @property
    def cursor(self) -> str:
        """Nothing: the client has every event's cursor, and all of them would not fit into the reason of a close."""
        return ""

    def sent(self, entry: Entry) -> None:
        """That one went out."""

    async def pages(self, tick_s: float) -> AsyncIterator[Page]:
        """Messages, and events; live ones at most once in so long. Ends with the client."""
        live = self._since is None and not self._whole
        if live:
            self._hub.join(self._client)
        newest = await self._engine.last_seq()
        present = {self._feeds.own: newest, **self._feeds.places()}
        yield {"type": "connected", "seq": newest, "cursor": cursor_of(present)}
        if live:
            self._places = {feed.node: (feed, seq) for feed, seq in present.items()}
        else:
            for gap in self._begin_all(present):
                yield gap
            async for page in self._catch_up():
                yield page
            self._hub.join(self._client)
            newest = await self._engine.last_seq()
            for gap in self._begin_all({self._feeds.own: newest, **self._feeds.places()}):
                yield gap
        while self._client.ending is None:
            async for page in self._catch_up():
                yield page
            for page in self._sorted(await self._client.take(tick_s, AGAIN_S if self._behind else None)):
                yield page

    def _begin_all(self, present: Mapping[Feed, int]) -> list[Message]:
        gaps = [self._begin(feed, seq) for feed, seq in present.items()]
        return [gap for gap in gaps if gap is not None]

    def _begin(self, feed: Feed, seq: int) -> Message | None:
        """Goes on with a node that stands at that seq; the gap, where the client's cursor has no place for it."""
        known = place_on(self._places, feed)
        if known is None and self._whole:
            known = (feed, 0)
        lost = known is None or known[0] != feed or (feed == self._feeds.own and known[1] > seq)
        if known is None or lost:
            return self._gap(feed, seq)
        self._places[feed.node] = known
        self._behind.add(feed)
        return None

    def _gap(self, feed: Feed, seq: int) -> Message:
        """The client goes on behind that seq."""
        before = self._places.get(feed.node)
        since = before[1] if before is not None and before[0] == feed else None
        self._places[feed.node] = (feed, seq)
        told = {"type": "gap", "node": feed.node, "since": since, "first": seq + 1}
        return {**told, "cursor": cursor_part(feed, seq)}

    def _sorted(self, taken: Sequence[Entry]) -> list[Page]:
        """What came live, but for what went out already and what is read again anyway."""
        pages: list[Page] = []
        events: list[Entry] = []
        for entry in taken:
            if (told := self._told(entry)) is not None:
                pages += [events, told]
                events = []
            if entry.what is What.EVENT and self._is_next(entry):
                self._places[entry.feed.node] = (entry.feed, entry.seq)
                events.append(entry)
        return [*pages, events]

    def _is_next(self, entry: Entry) -> bool:
        known = self._places.get(entry.feed.node)
        return entry.feed not in self._behind and known is not None and entry.seq > known[1]

    def _told(self, entry: Entry) -> Message | None:
        known = self._places.get(entry.feed.node)
        match entry.what:
            case What.CHANGED:
                return {"type": "node", "node": entry.feed.node}
            case What.BEGAN:
                return self._begin(entry.feed, entry.seq)
            case What.MISSED if known is not None and known[1] < entry.seq and entry.feed not in self._behind:
                return self._gap(entry.feed, entry.seq)
            case What.EVENT if known is None or known[0] != entry.feed:  # this node's database counts as another one
                return self._gap(entry.feed, entry.seq - 1)
        return None

    async def _catch_up(self) -> AsyncIterator[Page]:
        """Reads again what there is to be read of those who are behind; who cannot be asked now stays behind."""
        for feed in sorted(self._behind):
            try:
                async for page in self._own() if feed == self._feeds.own else self._other(feed):
                    yield page
            except StoreError:
                raise
            except Unavailable:
                continue
            self._behind.discard(feed)

    async def _own(self) -> AsyncIterator[Page]:
        feed, since = self._places[self._feeds.own.node]
        oldest = await self._engine.events(since=since, limit=1)
        if oldest and oldest[0].seq > since + 1:
            yield self._gap(feed, oldest[0].seq - 1)
        while self._client.ending is None:
            wish, (_, since) = self._client.filter, self._places[feed.node]
            page = await self._engine.events(since=since, limit=PAGE, sessions=wish.sessions, names=wish.names)
            if page:
                self._places[feed.node] = (feed, page[-1].seq)
                yield [entry_of(feed, event) for event in page]
            if len(page) < PAGE:
                return

    async def _other(self, feed: Feed) -> AsyncIterator[Page]:
        while self._client.ending is None:
            known, since = self._places[feed.node]
            if known != feed:
                return
            page = await self._feeds.past(feed, since, PAGE)
            if not page:
                upto = self._feeds.places().get(feed, 0)
                if upto > since:
                    yield self._gap(feed, upto)
                return
            for part in self._unbroken(feed, page):
                yield part

    def _unbroken(self, feed: Feed, page: Sequence[Event]) -> list[Page]:
        parts: list[Page] = []
        events: list[Entry] = []
        for event in page:
            if event.seq > self._places[feed.node][1] + 1:
                parts += [events, self._gap(feed, event.seq - 1)]
                events = []
            self._places[feed.node] = (feed, event.seq)
            if self._client.filter.wants(event):
                events.append(entry_of(feed, event))
        return [*parts, events]
