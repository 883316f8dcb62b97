"""Terminals of this node's agents, shown to and used by people on other nodes."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, cast

import structlog

from outrider.errors import OutriderError, Unavailable
from outrider.fleet.line import Inlet, Outlet, Said
from outrider.fleet.post import Letter, Post
from outrider.model.actor import Actor, Scope
from outrider.model.pane import Glimpse, Over, Picture
from outrider.store.outbox import Inbox
from outrider.tasks import ended

log = structlog.get_logger()
STARTED = "started"
LAST_S = 2.0
"""How long the last words may take."""


class Viewer(Protocol):
    """One person's view of one agent's terminal, here."""

    @property
    def glimpses(self) -> AsyncIterator[Glimpse]: ...

    @property
    def told(self) -> asyncio.Event: ...

    @property
    def holder(self) -> str | None: ...

    @property
    def has_control(self) -> bool: ...

    async def take(self) -> None: ...

    async def release(self) -> None: ...

    async def type(self, text: str) -> None: ...

    async def paste(self, text: str) -> None: ...


class Viewers(Protocol):
    """Those who watch terminals here."""

    def watch(self, session: str, actor: Actor) -> AbstractAsyncContextManager[Viewer]: ...


class Views:
    """Serves them. Who asks was let in on the other node; where `steer` is not set it may watch alone."""

    def __init__(self, post: Post, viewers: Viewers, inbox: Inbox, *, steer: bool) -> None:
        self._post = post
        self._viewers = viewers
        self._inbox = inbox
        self._steer = steer

    async def serve(self, letter: Letter, at_ms: int) -> None:
        """Answers one letter, for as long as somebody watches. One that was answered before is left: what was typed is not again."""
        try:
            view, until = str(letter["id"]), cast("int", letter["until"])
            if self._post.now_ms() > until or not await self._inbox.keep(view, STARTED, at_ms):
                return
            scope = Scope(str(letter["scope"])) if self._steer else Scope.READ
            actor = Actor(f"{letter['actor']}@{letter['from']}", scope)
            await self._show(view, str(letter["session"]), actor)
        except (Unavailable, KeyError, ValueError, TypeError) as error:
            log.info("a terminal is not shown to another node any more", why=str(error)[:200])
        except Exception:  # as the server does with those who watch here: they are cut off, and the daemon goes on
            log.exception("showing a terminal to another node met a mistake of ours")

    async def _show(self, view: str, session: str, actor: Actor) -> None:
        outlet = Outlet(f"{view}:out", self._post.broker, self._post.seal)
        inlet = Inlet(f"{view}:in", self._post.broker, self._post.seal)
        async with asyncio.TaskGroup() as group:
            carrying = group.create_task(_until_away(outlet.run()))
            try:
                async with self._viewers.watch(session, actor) as viewer:
                    outlet.say({"is": "open", "holder": viewer.holder})
                    around = [
                        carrying,
                        group.create_task(_show(viewer, outlet)),
                        group.create_task(_tell_control(viewer, outlet)),
                        group.create_task(_until_away(_obey(viewer, inlet, outlet))),
                    ]
                    try:
                        await asyncio.wait(around, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        await ended(around[1:])
            except OutriderError as error:
                outlet.say({"is": "refused", **_told(error)})
            finally:
                outlet.close()
                await asyncio.wait([carrying], timeout=LAST_S)
                await ended([carrying])
        await inlet.dry()


async def _show(viewer: Viewer, outlet: Outlet) -> None:
    async for glimpse in viewer.glimpses:
        match glimpse:
            case Picture(width=width, height=height, data=data):
                fits = outlet.say({"is": "picture", "cols": width, "rows": height, "data": _text(data)})
            case bytes():
                fits = outlet.say({"is": "bytes", "data": _text(glimpse)})
            case Over(why=why, lagged=lagged):
                outlet.say({"is": "over", "why": why, "lagged": lagged})
                return
        if not fits:
            return


async def _tell_control(viewer: Viewer, outlet: Outlet) -> None:
    while True:
        viewer.told.clear()
        outlet.say({"is": "control", "holder": viewer.holder, "you": viewer.has_control})
        await viewer.told.wait()


async def _obey(viewer: Viewer, inlet: Inlet, outlet: Outlet) -> None:
    while True:
        for said in await inlet.hear():
            if said["is"] == "bye":
                return
            try:
                await _do(viewer, said)
                answer: Said = {"is": "done"}
            except Unavailable:
                raise
            except OutriderError as error:
                answer = {"is": "not_done", **_told(error)}
            if said["is"] == "take":
                outlet.say(answer)


async def _do(viewer: Viewer, said: Said) -> None:
    match said["is"]:
        case "take":
            await viewer.take()
        case "release":
            await viewer.release()
        case "keys":
            await viewer.type(str(said["text"]))
        case "paste":
            await viewer.paste(str(said["text"]))


async def _until_away(work: Awaitable[None]) -> None:
    try:
        await work
    except Unavailable as error:
        log.info("a line to another node is broken", why=error.message)


def _told(error: OutriderError) -> Said:
    return {"code": error.code, "error": error.message, "detail": dict(error.detail)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
