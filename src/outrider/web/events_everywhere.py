"""A page of all nodes' events: of each node in order, among nodes by the times that they bear."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from outrider.model.event import Event
from outrider.model.fleet import Feed
from outrider.model.fleet_wire import cursor_of, place_on
from outrider.web.engine import Engine
from outrider.web.fleet import Feeds
from outrider.web.hub import PAGE, Filter, entry_of
from outrider.web.stream_everywhere import Places


@dataclass(frozen=True, slots=True)
class AllNodesPage:
    """Events as JSON, the cursor behind them, and the nodes of which some are not kept any more."""

    texts: Sequence[str]
    cursor: str
    missed: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one node has: the events that are wanted, and the seq up to which it was looked at for them."""

    feed: Feed
    since: int
    events: Sequence[Event]
    reached: int
    missed: bool


async def present(engine: Engine, feeds: Feeds) -> Places:
    """Where all nodes are now, as far as this one has heard."""
    newest = await engine.last_seq()
    return {feed.node: (feed, seq) for feed, seq in ((feeds.own, newest), *feeds.places().items())}


async def read_all(engine: Engine, feeds: Feeds, places: Places | None, wish: Filter, limit: int) -> AllNodesPage:
    """At most so many events after those places; None: from the beginning. Unavailable where the fleet cannot be asked now."""
    newest, parts = await engine.last_seq(), []
    asked = {session.partition("/")[0] if "/" in session else feeds.own.node for session in wish.sessions}
    for feed, seq in ((feeds.own, newest), *feeds.places().items()):
        known = (feed, 0) if places is None else place_on(places, feed)
        if asked and feed.node not in asked:
            parts.append(_Part(feed, known[1] if known is not None else 0, (), seq, missed=False))
        elif known is None or known[0] != feed:
            parts.append(_Part(feed, seq, (), seq, missed=True))
        elif feed == feeds.own:
            parts.append(await _own(engine, (feed, known[1]), seq, wish, limit))
        else:
            parts.append(await _other(feeds, (feed, known[1]), wish, limit))
    merged = heapq.merge(
        *([(event.fact.at_ms, part.feed, event) for event in part.events] for part in parts), key=_time
    )
    page = [(feed, event) for _, feed, event in islice(merged, limit)]
    taken: dict[Feed, list[int]] = {}
    for feed, event in page:
        taken.setdefault(feed, []).append(event.seq)
    reached = {part.feed: _reached(part, taken.get(part.feed, [])) for part in parts}
    texts = [entry_of(feed, event).text for feed, event in page]
    return AllNodesPage(texts, cursor_of(reached), [part.feed.node for part in parts if part.missed])


def _time(row: tuple[int, Feed, Event]) -> int:
    return row[0]


def _reached(part: _Part, taken: Sequence[int]) -> int:
    if len(taken) == len(part.events):
        return part.reached
    return taken[-1] if taken else part.since


async def _own(engine: Engine, after: tuple[Feed, int], newest: int, wish: Filter, limit: int) -> _Part:
    feed, since = after
    first = await engine.events(since=since, limit=1) if since else ()
    found = await engine.events(since=since, limit=limit, sessions=wish.sessions, names=wish.names)
    reached = found[-1].seq if found and (len(found) == limit or found[-1].seq > newest) else max(newest, since)
    return _Part(feed, since, found, reached, missed=bool(first) and first[0].seq > since + 1)


async def _other(feeds: Feeds, after: tuple[Feed, int], wish: Filter, limit: int) -> _Part:
    feed, since = after
    found: list[Event] = []
    at, missed = since, False
    while len(found) < limit and (page := await feeds.past(feed, at, PAGE)):
        missed = missed or (at == since > 0 and page[0].seq > since + 1)
        found += [event for event in page if wish.wants(event)]
        at = page[-1].seq
    if len(found) > limit:
        found, at = found[:limit], found[limit - 1].seq
    return _Part(feed, since, found, at, missed)
