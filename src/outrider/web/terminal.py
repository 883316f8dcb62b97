"""The live terminal on a WebSocket: bytes out, and keys in from the one viewer who has control.

Out, binary: what the pane's program writes, byte for byte. Out, text: `picture` (the terminal is reset to that size; the bytes
that follow draw it), `control` (who has it), `error`, and `end` with the reason before it is closed. In, text: `take`, `release`,
`keys`, `paste`. A message that is refused or not understood is answered, never punished by a close. A viewer that is too slow is
closed with code 4008 and comes back to a fresh picture; nobody waits for it.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import Field, TypeAdapter, ValidationError

from outrider.errors import InvalidInput, OutriderError
from outrider.model import wire
from outrider.model.actor import Actor, Scope
from outrider.model.pane import Over, Picture
from outrider.web.answers import error_json, refusal
from outrider.web.context import Asker, Context, Given, Strict
from outrider.web.engine import Viewer
from outrider.web.hub import Client, Ending, Filter

LAGGED, ENDED, REVOKED, LEAVING = 4008, 4000, 4001, 1001
MAX_KEYS = 16 * 1024

router = APIRouter()


class Take(Strict):
    """May I type? Whoever had control loses it."""

    type: Literal["take"]


class Release(Strict):
    """I am done typing."""

    type: Literal["release"]


class Keys(Strict):
    """What the keyboard sent, escape sequences included."""

    type: Literal["keys"]
    text: str = Field(min_length=1, max_length=MAX_KEYS)


class Paste(Strict):
    """A text from the clipboard: it arrives as one, bracketed where the program asked for that."""

    type: Literal["paste"]
    text: str = Field(min_length=1, max_length=MAX_KEYS)


_Message = Take | Release | Keys | Paste
Said: TypeAdapter[_Message] = TypeAdapter(Annotated[_Message, Field(discriminator="type")])


@router.websocket("/api/agents/{session}/terminal")
async def terminal(websocket: WebSocket, session: str, context: Given, actor: Asker) -> None:
    """The live terminal; refused with an ordinary error answer where there is none."""
    await show(websocket, context, actor, context.engine.viewers.watch(session, actor))


async def show(
    websocket: WebSocket, context: Context, actor: Actor, watching: AbstractAsyncContextManager[Viewer]
) -> None:
    """A terminal, wherever it is, until it is over or the viewer leaves."""
    await context.hub.ready()
    # Stands in the hub without events, from before anything is waited for: so it is told when the daemon goes, and when its token is
    # revoked, also while the terminal opens.
    client = context.hub.enter(actor.name, Filter())
    try:
        async with watching as viewer:
            await websocket.accept()
            try:
                await _Terminal(websocket, context, client, viewer).run()
            except WebSocketDisconnect:
                pass
            finally:
                client.end(Ending.GONE)
    except OutriderError as error:
        await websocket.send_denial_response(refusal(error))
    finally:
        context.hub.leave(client)


class _Terminal:
    def __init__(self, websocket: WebSocket, context: Context, client: Client, viewer: Viewer) -> None:
        self._websocket = websocket
        self._hub = context.hub
        self._client = client
        self._viewer = viewer

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(self._feed())
            around = [group.create_task(work) for work in (self._listen(), self._tell_control())]
            hurrying = group.create_task(self._hurry())
            await self._client.ended()
            for task in (feeding, *around):
                task.cancel()
            await asyncio.wait((feeding, *around))
            await self._part()
            hurrying.cancel()

    async def _feed(self) -> None:
        try:
            async for glimpse in self._viewer.glimpses:
                match glimpse:
                    case Picture(width=width, height=height, data=data):
                        await self._say({"type": "picture", "cols": width, "rows": height})
                        await self._websocket.send_bytes(data)
                    case bytes():
                        await self._websocket.send_bytes(glimpse)
                    case Over(why=why, lagged=lagged):
                        if lagged:
                            self._client.end(Ending.LAGGED)
                        else:
                            await self._say({"type": "end", "why": why})
                        break
        except WebSocketDisconnect:
            pass
        self._client.end(Ending.GONE)

    async def _listen(self) -> None:
        try:
            while True:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                try:
                    await self._obey(message.get("text") or "")
                except OutriderError as error:
                    await self._say({"type": "error", **error_json(error)})
        except WebSocketDisconnect:
            pass
        self._client.end(Ending.GONE)

    async def _obey(self, text: str) -> None:
        try:
            said = Said.validate_json(text)
        except ValidationError:
            raise InvalidInput(
                'This message is not understood; possible: {"type":"take"}, {"type":"release"}, and '
                f'{{"type":"keys","text":"…"}} and {{"type":"paste","text":"…"}} with up to {MAX_KEYS} characters.'
            ) from None
        match said:
            case Take():
                await self._viewer.take()
            case Release():
                await self._viewer.release()
            case Keys(text=keys):
                await self._viewer.type(keys)
            case Paste(text=text):
                await self._viewer.paste(text)

    async def _tell_control(self) -> None:
        try:
            while True:
                self._viewer.told.clear()
                await self._say(
                    {
                        "type": "control",
                        "holder": self._viewer.holder,
                        "you": self._viewer.has_control,
                        "may": self._viewer.actor.scope is not Scope.READ,
                    }
                )
                await self._viewer.told.wait()
        except WebSocketDisconnect:
            self._client.end(Ending.GONE)

    async def _say(self, message: dict[str, object]) -> None:
        await self._websocket.send_text(wire.text(message))

    async def _part(self) -> None:
        codes = {Ending.LAGGED: LAGGED, Ending.REVOKED: REVOKED, Ending.SHUTDOWN: LEAVING}
        try:
            await self._websocket.close(codes.get(self._client.ending, ENDED) if self._client.ending else ENDED)
        except (WebSocketDisconnect, RuntimeError):
            return  # it has closed already

    async def _hurry(self) -> None:
        """Who reads nothing would keep its last words, and this connection, for ever."""
        await self._client.ended()
        await asyncio.sleep(self._hub.grace_s)
        abort: Callable[[], None] | None = self._websocket.scope["state"].get("abort")
        if abort is not None:
            abort()
