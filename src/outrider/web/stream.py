"""The event stream on a WebSocket: what was, from the journal, and then what happens, without a gap or a repeat.

The order that makes it so: read the journal until it has no more, join the hub, read the journal once more, then drop from
the live events those at or below the last seq sent. Joining first would fill the buffer during a long replay.

Out: `connected` first, then one event a message (`?batch=1`: arrays of those of one tick), between them `pong`, `subscribed`,
`gap`, `error`. In: `ping` and `subscribe`. A message that is not understood is answered, never punished by a close.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import Field, TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from outrider.errors import InvalidInput, OutriderError
from outrider.model import wire
from outrider.model.event import Event, EventName
from outrider.web.answers import error_json, refusal
from outrider.web.context import Asker, Context, Given, Strict, one_of, several
from outrider.web.hub import PAGE, Client, Ending, Filter

BROKEN = 1011
_CODES: Mapping[Ending | None, int] = {Ending.LAGGED: 4008, Ending.REVOKED: 4001, Ending.SHUTDOWN: 1001}
TICK_S = 0.02

_EVENTS = [name.value for name in EventName]
_QUERY = ("since", "session", "event", "batch")
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
    """What a client asked for in its address. `since` None means: only what happens from now on."""

    filter: Filter
    since: int | None
    batch: bool

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
        return cls(
            filter=Filter(several(query.getlist("session")), names),
            since=None if since is None else int(since),
            batch=batch in {"1", "true"},
        )


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
    await websocket.accept()
    client = context.hub.enter(actor.name, wish.filter)
    try:
        await _Stream(websocket, context, client, wish).run()
    except WebSocketDisconnect:
        pass
    finally:
        context.hub.leave(client)


class _Stream:
    def __init__(self, websocket: WebSocket, context: Context, client: Client, wish: Wish) -> None:
        self._websocket = websocket
        self._engine = context.engine
        self._hub = context.hub
        self._client = client
        self._wish = wish
        self._last = 0

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
        since = self._wish.since
        if since is None:
            self._hub.join(self._client)
            self._last = await self._engine.last_seq()
            await self._say({"type": "connected", "seq": self._last})
        else:
            newest = await self._engine.last_seq()
            await self._say({"type": "connected", "seq": newest})
            await self._start_from(since, newest)
            await self._replay()
            self._hub.join(self._client)
            await self._replay()
        async for fresh in self._live():
            await self._send(fresh)

    async def _live(self) -> AsyncIterator[list[tuple[int, str]]]:
        while taken := await self._client.take():
            if self._wish.batch:
                await asyncio.sleep(TICK_S)
                taken += self._client.drain()
            yield [entry for entry in taken if entry[0] > self._last]

    async def _start_from(self, since: int, newest: int) -> None:
        """Sets the cursor, and says so where not everything after it can be had."""
        self._last = min(since, newest)
        if since > newest:
            late = InvalidInput(
                f"'since' is {since}, but the newest event is {newest}: this is another journal, or it was restored.",
                detail={"since": since, "seq": newest},
            )
            await self._say({"type": "error", **error_json(late)})
            return
        oldest = await self._engine.events(since=since, limit=1)
        if oldest and oldest[0].seq > since + 1:
            await self._say({"type": "gap", "since": since, "first": oldest[0].seq})

    async def _replay(self) -> None:
        """Sends what the journal has after the cursor, a page at a time, until it has no more."""
        while self._client.ending is None:
            wish = self._client.filter
            page: Sequence[Event] = await self._engine.events(
                since=self._last, limit=PAGE, sessions=wish.sessions, names=wish.names
            )
            await self._send([(event.seq, wire.event_text(event)) for event in page])
            if len(page) < PAGE:
                return

    async def _send(self, entries: list[tuple[int, str]]) -> None:
        if self._wish.batch and entries:
            await self._websocket.send_text(wire.array(text for _, text in entries))
            self._last = entries[-1][0]
            return
        for seq, text in entries:
            if self._client.ending is not None:
                return
            await self._websocket.send_text(text)
            self._last = seq

    async def _say(self, message: dict[str, object]) -> None:
        await self._websocket.send_text(wire.text(message))

    async def _part(self) -> None:
        code = _CODES.get(self._client.ending)
        if code is not None:
            await self._websocket.close(code, f"since={self._last}")

    async def _fail(self, error: OutriderError) -> None:
        try:
            await self._say({"type": "error", **error_json(error)})
            await self._websocket.close(BROKEN, f"since={self._last}")
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
                if message["type"] == "websocket.disconnect":
                    break
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
