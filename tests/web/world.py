"""A web face over a little engine: called in the same process, or served on real sockets."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from outrider import __version__
from outrider.fleet.alone import Alone
from outrider.model.fleet import NodeCard
from outrider.sockets import open_tcp, open_unix
from outrider.web.access import Access, Door, Peer
from outrider.web.app import Web, build
from outrider.web.fleet import Fleet
from outrider.web.server import serve
from web.engine_double import (
    NODE,
    LittleCallers,
    LittleEngine,
    LittleNotices,
    LittleRecordings,
    LittleTokens,
    make_agent,
)

UID = 1234
OWNER = Peer(Door.LOOPBACK, UID)
HOST = "localhost:3848"


@dataclass
class World:
    """One daemon's web face; `port` and `unix` only where it is served."""

    engine: LittleEngine
    tokens: LittleTokens
    callers: LittleCallers
    web: Web
    port: int = 0
    unix: Path = Path()
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def client(self, peer: Peer = OWNER) -> httpx.AsyncClient:
        """Calls it without a socket, as if `peer` had connected to port 3848 of localhost."""
        transport = httpx.ASGITransport(_From(self.web.app, peer), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}")

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def stream(self) -> str:
        return f"ws://localhost:{self.port}/ws"


def card(engine: LittleEngine) -> NodeCard:
    """What this node says of itself."""
    alive = sum(each.verdict.alive for each in engine.agents())
    return NodeCard(
        NODE, "1f2e", __version__, (), len(engine.agents()), alive, 0.5, 0, 1, 0, steer=True, draining=False
    )


def world(
    *,
    uid: int = UID,
    engine: LittleEngine | None = None,
    buffer: int = 1000,
    max_body: int = 4096,
    grace_s: float = 5.0,
    fleet: Fleet | None = None,
) -> World:
    """With one agent, `my-task`, that waits for an approval."""
    engine = engine or LittleEngine()
    engine.put(make_agent("my-task", at=engine.now))
    tokens = LittleTokens()
    access = Access(uid, hosts=frozenset({"devbox:3848"}), origins=frozenset({"https://outrider.example"}))
    callers = LittleCallers()
    web = build(
        engine,
        access,
        tokens,
        callers,
        LittleNotices(),
        recordings=LittleRecordings(engine),
        fleet=fleet or Alone(NODE, engine.clock, lambda: "1f2e", lambda: card(engine)),
        clock=engine.clock,
        max_body=max_body,
        buffer=buffer,
        grace_s=grace_s,
    )
    return World(engine, tokens, callers, web)


@asynccontextmanager
async def served(
    tmp_path: Path,
    *,
    uid: int | None = None,
    buffer: int = 1000,
    engine: LittleEngine | None = None,
    grace_s: float = 5.0,
    fleet: Fleet | None = None,
) -> AsyncIterator[World]:
    """The same on a free port of loopback and on a Unix socket, for the user who runs the tests."""
    made = world(uid=os.getuid() if uid is None else uid, buffer=buffer, engine=engine, grace_s=grace_s, fleet=fleet)
    sockets = open_tcp("127.0.0.1", 0)
    made.port = sockets[0].getsockname()[1]
    made.unix = tmp_path / "run" / "outrider.sock"
    sockets.append(open_unix(made.unix))

    async def run() -> None:
        await serve(made.web, sockets, made.stop)
        made.stopped.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(run())
        try:
            yield made
        finally:
            made.stop.set()


def owned(here: World) -> ASGIApp:
    """It, as its own user reaches it."""
    return _From(here.web.app, OWNER)


class _From:
    """Says who connected, as the server does for real connections."""

    def __init__(self, app: ASGIApp, peer: Peer) -> None:
        self._app = app
        self._peer = peer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = None if self._peer.door is Door.UNIX else ("127.0.0.1", 3848)
        await self._app({**scope, "state": {"peer": self._peer}, "server": address}, receive, send)
