"""The journal over HTTP: this node's, or what is kept of all nodes'."""

from typing import Annotated, Literal, NotRequired

from fastapi import Query
from pydantic import ConfigDict, Field, with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.errors import InvalidInput
from outrider.model import wire
from outrider.model.event import EventName
from outrider.web.answers import encoded, routes
from outrider.web.context import Given, Strict, one_of, several
from outrider.web.events_everywhere import present, read_all
from outrider.web.hub import Filter
from outrider.web.stream_everywhere import NOW, wanted_nodes

_NAMES = [name.value for name in EventName]


@with_config(ConfigDict(extra="allow"))
class EventJSON(TypedDict):
    """One event: the common fields, and beside them the fields of its own kind. `type` says the same as `event`."""

    seq: int
    event: EventName
    type: EventName
    timestamp: int
    node: str
    session: str
    cursor: NotRequired[str]


class EventList(TypedDict):
    """Events, oldest first. `seq` is the newest in the journal; ask again with `since` = the seq of the last one here.

    With `nodes=all` ask again with `cursor`, until there are none; `missed` are nodes of which some events after the last cursor are not
    kept any more.
    """

    events: list[EventJSON]
    count: int
    seq: int
    cursor: NotRequired[str]
    missed: NotRequired[list[str]]


class EventQuery(Strict):
    """Which events."""

    since: int = Field(0, ge=0, le=2**63 - 1, description="Only those after this seq.")
    limit: int = Field(100, ge=1, le=1000, description="At most so many.")
    session: list[str] = Field([], description="Only of these agents; repeat it, or put commas between them.")
    event: list[str] = Field([], description="Only of these names; repeat it, or put commas between them.")
    nodes: Literal["here", "all"] = Field("here", description="Of this node, or of all of the fleet.")
    cursor: str | None = Field(
        None,
        description="With `nodes=all`, in place of `since`: only those after it; `0` or none: all that are kept; `now`: none.",
    )


router = routes("/api", "events")


@router.get("/events", response_model=EventList)
async def list_events(context: Given, query: Annotated[EventQuery, Query()]) -> Response:
    """The journal after `since`, oldest first; the WebSocket on `/ws` gives the same, and then goes on live."""
    names, sessions = one_of(query.event, _NAMES, "event"), several(query.session)
    everywhere, places, _ = wanted_nodes(query.nodes, query.cursor)
    engine, feeds = context.engine, context.fleet.feeds
    if everywhere:
        if query.since:
            raise InvalidInput("'since' is a place in this node's journal; with nodes=all it is 'cursor'.")
        if query.cursor == NOW:
            places = await present(engine, feeds)
        read = await read_all(engine, feeds, places, Filter(sessions, names), query.limit)
        told = wire.text({"seq": await engine.last_seq(), "cursor": read.cursor, "missed": read.missed})
        return encoded(f'{{"events":{wire.array(read.texts)},"count":{len(read.texts)},{told[1:]}')
    found = await engine.events(since=query.since, limit=query.limit, sessions=sessions, names=names)
    texts = wire.array(wire.event_text(event) for event in found)
    return encoded(f'{{"events":{texts},"count":{len(found)},"seq":{await engine.last_seq()}}}')
