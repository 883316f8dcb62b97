"""The journal over HTTP."""

from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict, Field, with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.model import wire
from outrider.model.event import EventName
from outrider.web.answers import encoded, routes
from outrider.web.context import Service, Strict, one_of, several

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


class EventList(TypedDict):
    """Events, oldest first. `seq` is the newest in the journal; ask again with `since` = the seq of the last one here."""

    events: list[EventJSON]
    count: int
    seq: int


class EventQuery(Strict):
    """Which events."""

    since: int = Field(0, ge=0, le=2**63 - 1, description="Only those after this seq.")
    limit: int = Field(100, ge=1, le=1000, description="At most so many.")
    session: list[str] = Field([], description="Only of these agents; repeat it, or put commas between them.")
    event: list[str] = Field([], description="Only of these names; repeat it, or put commas between them.")


router = routes("/api", "events")


@router.get("/events", response_model=EventList)
async def list_events(engine: Service, query: Annotated[EventQuery, Query()]) -> Response:
    """The journal after `since`, oldest first; the WebSocket on `/ws` gives the same, and then goes on live."""
    names = one_of(query.event, _NAMES, "event")
    found = await engine.events(since=query.since, limit=query.limit, sessions=several(query.session), names=names)
    texts = wire.array(wire.event_text(event) for event in found)
    return encoded(f'{{"events":{texts},"count":{len(found)},"seq":{await engine.last_seq()}}}')
