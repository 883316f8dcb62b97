"""Terminals of other nodes' agents, watched and used from this one."""

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from outrider.errors import Conflict, Forbidden, NoSuchAgent, OutriderError, TerminalAway, TimedOut, Unavailable
from outrider.fleet.line import Inlet, Outlet, Said
from outrider.fleet.post import Post
from outrider.model.actor import Actor, Scope
from outrider.model.pane import Glimpse, Over, Picture
from outrider.tasks import ended

PATIENCE_S = 15.0
LAST_S = 2.0
MOST = 8_000_000
"""Bytes of output that may wait for a viewer who is slow."""
LOST = Over("", lagged=True)
"""The viewer comes back, to a fresh picture."""
_ERRORS = {kind.code: kind for kind in (Conflict, Forbidden, NoSuchAgent, TerminalAway, Unavailable)}


class RemoteViewer:
    """One person's view of one agent's terminal, which is on another node. `glimpses` is iterated once; `told` is set when who has
    control has changed."""

    def __init__(self, actor: Actor, outlet: Outlet) -> None:
        self.actor = actor
        self.told = asyncio.Event()
        self.holder: str | None = None
        self.has_control = False
        self._outlet = outlet
        self._seen: deque[Glimpse] = deque()
        self._waiting = 0
        self._more = asyncio.Event()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked: deque[asyncio.Future[None]] = deque()
        self._over = False

    @property
    def glimpses(self) -> AsyncIterator[Glimpse]:
        """A picture, then what the pane's program writes; Over comes last."""
        return self._glimpses()

    async def _glimpses(self) -> AsyncIterator[Glimpse]:
        while True:
            await self._more.wait()
            while self._seen:
                glimpse = self._seen.popleft()
                self._waiting -= len(glimpse) if isinstance(glimpse, bytes) else 0
                yield glimpse
                if isinstance(glimpse, Over):
                    return
            self._more.clear()

    async def take(self) -> None:
        """Takes control. Forbidden where the actor may not type, Conflict where the agent is not running; TimedOut, Unavailable."""
        if self.actor.scope is Scope.READ:
            raise Forbidden(
                "You may not type here: that takes a token with the scope write, and a node that lets itself be steered."
            )
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._over or not self._outlet.say({"is": "take"}):
            raise Unavailable("The agent's node does not take it in: you do not have control.")
        self._asked.append(answer)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await answer
        except TimeoutError:
            raise TimedOut("The agent's node did not answer in time.") from None

    async def release(self) -> None:
        """Gives control back."""
        self._outlet.say({"is": "release"})

    async def type(self, text: str) -> None:
        """Types what a keyboard sent, once or, where the line breaks, not at all; Conflict without control, Unavailable where it is
        known to be broken."""
        self._put("keys", text)

    async def paste(self, text: str) -> None:
        """Pastes a text as one; Conflict without control."""
        self._put("paste", text)

    def _put(self, what: str, text: str) -> None:
        if not self.has_control:
            raise Conflict("You do not have control of this terminal; take it first.", detail={"holder": self.holder})
        if self._over or not self._outlet.say({"is": what, "text": text}):
            raise Unavailable("The agent's node does not take it in: nothing was typed.")

    async def opened(self) -> None:
        """Returns once it is shown; raises why it is not."""
        await self._opened

    async def listen(self, inlet: Inlet) -> None:
        """Takes what comes from there, until it is over."""
        try:
            while not self._over:
                for said in await inlet.hear():
                    self._take(said)
        except Unavailable as error:
            self._end(LOST, error)

    def lost(self, error: Unavailable) -> None:
        """Nothing can be said any more."""
        self._end(LOST, error)

    def _take(self, said: Said) -> None:
        match said["is"]:
            case "open":
                self.holder = cast("str | None", said["holder"])
                _resolve(self._opened, None)
            case "picture":
                self._show(Picture(cast("int", said["cols"]), cast("int", said["rows"]), _bytes(said)))
            case "bytes":
                self._show(_bytes(said))
            case "over":
                self._end(Over(str(said["why"]), lagged=bool(said["lagged"])), Unavailable(str(said["why"])))
            case "control":
                before = self.holder, self.has_control
                self.holder, self.has_control = cast("str | None", said["holder"]), bool(said["you"])
                if before != (self.holder, self.has_control):
                    self.told.set()
            case "refused":
                self._end(LOST, _error(said))
            case "done" | "not_done" if self._asked:
                _resolve(self._asked.popleft(), None if said["is"] == "done" else _error(said))

    def _show(self, glimpse: Picture | bytes) -> None:
        self._waiting += len(glimpse) if isinstance(glimpse, bytes) else 0
        if self._waiting > MOST:
            self._end(LOST, Unavailable("The viewer is too slow."))
        elif not self._over:
            self._seen.append(glimpse)
            self._more.set()

    def _end(self, over: Over, error: OutriderError) -> None:
        if self._over:
            return
        self._over = True
        _resolve(self._opened, error)
        for asked in self._asked:
            _resolve(asked, error)
        self._seen.append(over)
        self._more.set()


class Watching:
    """Asks other nodes to show terminals."""

    def __init__(self, post: Post, token: Callable[[], str]) -> None:
        self._post = post
        self._token = token

    @asynccontextmanager
    async def watch(self, node: str, session: str, actor: Actor) -> AsyncIterator[RemoteViewer]:
        """A view of that agent, gone with its control at the end. Unavailable, TimedOut, and why its node does not show it."""
        view = self._token()
        outlet = Outlet(f"{view}:in", self._post.broker, self._post.seal)
        inlet = Inlet(f"{view}:out", self._post.broker, self._post.seal)
        viewer = RemoteViewer(actor, outlet)
        until = self._post.now_ms() + round(PATIENCE_S * 1000)
        asked = {"kind": "view", "id": view, "until": until, "session": session}
        await self._post.send(node, {**asked, "actor": actor.name, "scope": actor.scope.value})
        failed: OutriderError | None = None
        async with asyncio.TaskGroup() as group:
            carrying = group.create_task(_carry(outlet, viewer))
            listening = group.create_task(viewer.listen(inlet))
            try:
                failed = await _opened(viewer, node)
                if failed is None:
                    yield viewer
            finally:
                outlet.say({"is": "bye"})
                outlet.close()
                await ended([listening])
                await asyncio.wait([carrying], timeout=LAST_S)
                await ended([carrying])
        if failed is not None:
            raise failed


async def _opened(viewer: RemoteViewer, node: str) -> OutriderError | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await viewer.opened()
    except TimeoutError:
        return TimedOut(f"{node} did not answer within {PATIENCE_S:g} s.", detail={"node": node})
    except OutriderError as error:
        return error
    return None


async def _carry(outlet: Outlet, viewer: RemoteViewer) -> None:
    try:
        await outlet.run()
    except Unavailable as error:
        viewer.lost(error)


def _resolve(future: "asyncio.Future[None]", error: OutriderError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        future.exception()  # it may be that nobody waits for it


def _error(said: Said) -> OutriderError:
    kind = _ERRORS.get(str(said["code"]), Unavailable)
    return kind(str(said["error"]), detail=cast("dict[str, object]", said["detail"]))


def _bytes(said: Said) -> bytes:
    return base64.b64decode(str(said["data"]))
