"""uvicorn, embedded: it gets open sockets and stops when told to; signals, logs and the loop are the daemon's.

Each connection carries who is at its other end (`scope["state"]["peer"]` and `["line"]`) and a way to cut it (`["abort"]`).
"""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from outrider.errors import Malformed
from outrider.model import wire
from outrider.web.answers import error_json
from outrider.web.app import Web
from outrider.web.peer import Line

FAREWELL_S = 0.3
"""How long WebSockets have to be told that the daemon goes."""

FINISH_S = 1
"""How long requests that are being answered may take to finish."""

POLL_S = 0.01

MAX_MESSAGE = 64 * 1024


async def serve(web: Web, sockets: Sequence[socket.socket], stop: asyncio.Event, *, lame_s: float = 0.0) -> None:
    """Answers on these listening sockets until `stop` is set, then ends in at most FAREWELL_S + FINISH_S + 0.3 s.

    WebSockets are closed with 1001 and their cursor, requests under way are finished, the sockets are closed. Where somebody
    else holds them too and answers next, `lame_s` is how long clients are sent there first, so that no request is lost.
    """
    lame = _Lame(web.app)
    server = _Server(_config(lame))
    async with asyncio.TaskGroup() as group:
        feeding = group.create_task(web.hub.run())
        serving = group.create_task(server.serve(sockets=list(sockets)))
        await stop.wait()
        if lame_s > 0:
            lame.now = True
            await server.wean(lame_s)
        web.hub.shut()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await web.hub.empty()
        server.should_exit = True
        await serving
        feeding.cancel()
    server.cut()


class _Lame:
    """The app, which from some moment on has every answer close its connection: who asks again connects again."""

    def __init__(self, app: ASGIApp) -> None:
        self.now = False
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if self.now and message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, closing)


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=FINISH_S,
    )


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The daemon owns the signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Unix sockets want a server of their own kind."""
        given = sockets or []
        await super().startup(sockets=[sock for sock in given if sock.family != socket.AF_UNIX])
        loop = asyncio.get_running_loop()
        for sock in given:
            if sock.family == socket.AF_UNIX:
                self.servers.append(await loop.create_unix_server(self._protocol, sock=sock))

    async def wean(self, lame_s: float) -> None:
        """Waits until those who are connected have been answered for the last time, then lets in nobody more.

        A connection that was let in and has asked nothing yet is about to; one that rests since its last answer may be closed.
        """
        before = self._requesters()
        await _until(lambda: before.isdisjoint(self._requesters()), lame_s)
        for listener in self.servers:
            listener.close()
        await _until(lambda: not any(each.owed for each in self._requesters()), lame_s)

    def _requesters(self) -> set["_Protocol"]:
        return {each for each in self.server_state.connections if isinstance(each, _Protocol)}

    def cut(self) -> None:
        """Drops whoever still does not read what was sent."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def _protocol(self) -> HttpToolsProtocol:
        return _Protocol(self.config, self.server_state, self.lifespan.state)


class _Protocol(HttpToolsProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        sock: socket.socket = transport.get_extra_info("socket")
        line = Line(sock)
        self.app_state = {**self.app_state, "peer": line.peer, "line": line, "abort": transport.abort}
        super().connection_made(transport)

    @property
    def owed(self) -> bool:
        """Whether an answer is due: to a request, or to the first one."""
        return self.cycle is None or not self.cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP at all gets an error of our form too."""
        body = wire.text(error_json(Malformed("This is not a valid HTTP request."))).encode()
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()


async def _until(met: Callable[[], bool], limit_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            while not met():  # noqa: ASYNC110 - uvicorn tells nobody when a connection comes or goes
                await asyncio.sleep(POLL_S)
