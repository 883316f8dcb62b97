"""The event stream on a WebSocket: this node's events, or all nodes' (`?nodes=all`).

Out: `connected` first, then one event a message (`?batch=1`: arrays of those of one tick), between them `pong`, `subscribed`,
`gap`, `error`, and with all nodes `node`. In: `ping` and `subscribe`. A message that is not understood is answered, never punished
by a close.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import Field, TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from outrider.errors import InvalidInput, OutriderError
from outrider.model import wire
from outrider.model.event import EventName
from outrider.web.answers import error_json, refusal
from outrider.web.context import Asker, Context, Given, Strict, one_of, several
from outrider.web.hub import Client, Ending, Entry, Filter, Hub
from outrider.web.stream_everywhere import Everywhere, Places, wanted_nodes
from outrider.web.stream_here import Here, Message

BROKEN = 1011
_CODES: Mapping[Ending | None, int] = {Ending.LAGGED: 4008, Ending.REVOKED: 4001, Ending.SHUTDOWN: 1001}
TICK_S = 0.02

_EVENTS = [name.value for name in EventName]
_QUERY = ("since", "session", "event", "batch", "nodes", "cursor")
_MAX_SEQ = 2**63 - 1

router = APIRouter()


class Ping(Strict):
    """Are you there?"""

    type: Literal["ping"]


class Subscribe(Strict):
    """From now on only events of these sessions and names; empty lists let everything through."""

    type: Literal["subscribe"]
    sessions: list[str] = Field([])
    events: list[EventName] = Field([])


Said: TypeAdapter[Ping | Subscribe] = TypeAdapter(Annotated[Ping | Subscribe, Field(discriminator="type")])


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asked for in its address. `since` None means: only what happens from now on; so does `cursor`, which is for
    `everywhere`: `whole` are nodes that it does not name."""

    filter: Filter
    since: int | None
    batch: bool
    everywhere: bool
    cursor: Places | None
    whole: bool

    @classmethod
    def of(cls, query: QueryParams) -> "Wish":
        """Reads the query; InvalidInput names what cannot be used."""
        for name in query:
            if name not in _QUERY:
                raise InvalidInput(f"{name!r} in the query is not known here; known: {', '.join(_QUERY)}.")
        since, batch = query.get("since"), query.get("batch", "0")
        if since is not None and not (since.isascii() and since.isdigit() and int(since) <= _MAX_SEQ):
            raise InvalidInput(f"'since' must be the seq of an event, a whole number, not {since[:40]!r}.")
        if batch not in {"0", "1", "false", "true"}:
            raise InvalidInput(f"'batch' must be 0 or 1, not {batch[:40]!r}.")
        names = one_of(query.getlist("event"), _EVENTS, "event")
        everywhere, cursor, whole = wanted_nodes(query.get("nodes", "here"), query.get("cursor"))
        if everywhere and since is not None:
            raise InvalidInput("'since' is a place in this node's journal; with nodes=all it is 'cursor'.")
        return cls(
            filter=Filter(several(query.getlist("session")), names),
            since=None if since is None else int(since),
            batch=batch in {"1", "true"},
            everywhere=everywhere,
            cursor=cursor,
            whole=whole,
        )


class Source(Protocol):
    """What a client is sent."""

    @property
    def cursor(self) -> str:
        """Where it comes back to, for the reason of a close."""
        ...

    def pages(self, tick_s: float) -> AsyncIterator[Message | list[Entry]]:
        """Messages and events, as they are to be sent; live events at most once in so long."""
        ...

    def sent(self, entry: Entry) -> None:
        """That one went out, and all before it."""
        ...


def source_of(context: Context, client: Client, wish: Wish) -> Source:
    """What that wish is fulfilled from."""
    if wish.everywhere:
        feeds = context.fleet.feeds
        return Everywhere(context.engine, feeds, context.hub, client, wish.cursor, whole=wish.whole)
    return Here(context.engine, context.hub, client, wish.since)


@router.websocket("/")
@router.websocket("/ws")
async def events_stream(websocket: WebSocket, context: Given, actor: Asker) -> None:
    """The event stream; refused with an ordinary error answer where the query cannot be used."""
    try:
        wish = Wish.of(websocket.query_params)
    except OutriderError as error:
        await websocket.send_denial_response(refusal(error))
        return
    await context.hub.ready()
    client = context.hub.enter(actor.name, wish.filter, everywhere=wish.everywhere)
    try:
        await websocket.accept()
        await _Stream(websocket, context.hub, client, source_of(context, client, wish), batch=wish.batch).run()
    except WebSocketDisconnect:
        pass
    finally:
        context.hub.leave(client)


class _Stream:
    def __init__(self, websocket: WebSocket, hub: Hub, client: Client, source: Source, *, batch: bool) -> None:
        self._websocket = websocket
        self._hub = hub
        self._client = client
        self._source = source
        self._batch = batch

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            around = [group.create_task(self._listen()), group.create_task(self._hurry())]
            try:
                await self._feed()
                await self._part()
            except WebSocketDisconnect:
                self._client.end(Ending.GONE)
            except OutriderError as error:  # the journal cannot be read
                await self._fail(error)
            for task in around:
                task.cancel()

    async def _feed(self) -> None:
        async for page in self._source.pages(TICK_S if self._batch else 0.0):
            if isinstance(page, list):
                await self._send(page)
            else:
                await self._say(page)

    async def _send(self, entries: list[Entry]) -> None:
        if self._batch and entries:
            await self._websocket.send_text(wire.array(entry.text for entry in entries))
            self._source.sent(entries[-1])
            return
        for entry in entries:
            if self._client.ending is not None:
                return
            await self._websocket.send_text(entry.text)
            self._source.sent(entry)

    async def _say(self, message: Message) -> None:
        await self._websocket.send_text(wire.text(message))

    async def _part(self) -> None:
        code = _CODES.get(self._client.ending)
        if code is not None:
            await self._websocket.close(code, self._source.cursor)

    async def _fail(self, error: OutriderError) -> None:
        try:
            await self._say({"type": "error", **error_json(error)})
            await self._websocket.close(BROKEN, self._source.cursor)
        except WebSocketDisconnect:
            self._client.end(Ending.GONE)

    async def _hurry(self) -> None:
        """A client that reads nothing would keep its last words, and this connection, for ever."""
        await self._client.ended()
        await asyncio.sleep(self._hub.grace_s)
        abort: Callable[[], None] | None = self._websocket.scope["state"].get("abort")
        if abort is not None:
            abort()

    async def _listen(self) -> None:
        try:
            while self._client.ending is None:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect" or self._client.ending is not None:
                    break  # who was told to go gets no other word: the close may just be on its way
                await self._say(self._answer(message.get("text") or ""))
        except WebSocketDisconnect:
            pass
        self._client.end(Ending.GONE)

    def _answer(self, text: str) -> dict[str, object]:
        try:
            said = Said.validate_json(text)
        except ValidationError as error:
            return {"type": "error", **error_json(_not_understood(error))}
        match said:
            case Ping():
                return {"type": "pong"}
            case Subscribe(sessions=sessions, events=events):
                names = [name.value for name in events]
                self._client.filter = Filter(frozenset(sessions), frozenset(names))
                return {"type": "subscribed", "sessions": sessions, "events": names}


def _not_understood(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return InvalidInput(
        f"This message is not understood ({field + ': ' if field else ''}{first['msg']}); possible: "
        '{"type":"ping"} and {"type":"subscribe","sessions":[…],"events":[…]}.'
    )
