"""A small daemon that answers as the real one does, from tables that a test fills; it runs in a thread of its own."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

NOW = 1_795_000_000_000


def agent(session: str = "my-task", **changes: object) -> dict[str, object]:
    """An agent as GET /api/agents gives it."""
    return {
        "id": f"a-{session}",
        "session": session,
        "node": "here",
        "kind": "claude",
        "state": "working",
        "progress": None,
        "progress_source": "none",
        "alive": True,
        "exit_status": None,
        "since": NOW,
        "confidence": "high",
        "detail": {"tool": "Edit", "file": "a.py"},
        "model": None,
        "workdir": "/src/project",
        "created": NOW,
        "changed": NOW,
        "ended": None,
        "auto": None,
        "policy": None,
        "branch": None,
        "worktree": None,
        "sandbox": None,
        "unapplied": [],
        "spawned": True,
        "spec": None,
        "pid": 42,
        "version": "2.1.197",
        "agent_session": None,
        "tmux": {"server": "outrider", "pane": "%3"},
        "counters": dict.fromkeys(
            ("files_read", "files_written", "files_edited", "commands", "tests", "errors", "tokens"), 0
        )
        | {"thinking_s": 0.0, "cost_usd": 0.0},
        **changes,
    }


def command(**changes: object) -> dict[str, object]:
    """A command as GET /api/commands/{id} gives it."""
    return {
        "id": "c1",
        "jobId": "c1",
        "session": "my-task",
        "command": "go on",
        "status": "queued",
        "actor": "uid:1",
        "when": "ready",
        "priority": 0,
        "created": NOW,
        "changed": NOW,
        "not_before": None,
        "expires": None,
        "error": None,
        "attempts": [],
        **changes,
    }


def event(seq: int, session: str = "my-task", **changes: object) -> dict[str, object]:
    """A state change as the journal has it."""
    common = {"seq": seq, "event": "state_change", "type": "state_change", "timestamp": NOW, "node": "here"}
    return {**common, "session": session, "state": "working", "prevState": "thinking", **changes}


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: object


@dataclass
class FakeDaemon:
    """`answers` maps "METHOD path" to (status, body), or to a list of those, used one after the other, the last for ever,
    or to a function that gives it.

    `journal` is what the event stream and /api/events give; `cut` makes the stream close after so many events, once each.
    """

    url: str = ""
    answers: dict[str, object] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    journal: list[dict[str, object]] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    close_code: int = 4008

    def fresh(self) -> "FakeDaemon":
        """The same address with everything forgotten: starting one for every test would take longer than the tests."""
        for held in (self.answers, self.asked, self.journal, self.cut, self.connected):
            held.clear()
        return self

    def answer(self, method: str, path: str) -> tuple[int, object]:
        found = self.answers.get(
            f"{method} {path}", (404, {"error": "No such route.", "code": "no_such_route", "detail": {}})
        )
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found()
        assert isinstance(found, tuple)
        return found

    async def http(self, request: Request) -> Response:
        raw = await request.body()
        path, method = request.url.path, request.method
        body = json.loads(raw) if raw else None
        self.asked.append(Asked(method, path, request.url.query, dict(request.headers), body))
        if f"{method} {path}" == "GET /api/events":
            since, limit = (int(request.query_params.get(name, "0")) for name in ("since", "limit"))
            found = [one for one in self.journal if int(str(one["seq"])) > since][:limit]
            newest = self.journal[-1]["seq"] if self.journal else 0
            return JSONResponse({"events": found, "count": len(found), "seq": newest})
        status, answer = self.answer(method, path)
        if isinstance(answer, str):
            return Response(answer, status, media_type="text/html")
        return JSONResponse(answer, status)

    async def stream(self, websocket: WebSocket) -> None:
        await websocket.accept()
        since = websocket.query_params.get("since")
        newest = int(str(self.journal[-1]["seq"])) if self.journal else 0
        await websocket.send_json({"type": "connected", "seq": newest})
        sent = min(int(since), newest) if since is not None else newest
        self.connected.append(websocket.url.query)
        left = self.cut.pop(0) if self.cut else None
        while True:
            for one in [one for one in self.journal if int(str(one["seq"])) > sent]:
                if left == 0:
                    break
                left = None if left is None else left - 1
                await websocket.send_json(one)
                sent = max(sent, int(str(one["seq"])))
            if left == 0:
                await websocket.close(self.close_code)
                return
            try:
                async with asyncio.timeout(0.01):
                    if (await websocket.receive())["type"] == "websocket.disconnect":
                        return
            except TimeoutError:
                continue


@contextmanager
def daemon(path: Path | None = None) -> Iterator[FakeDaemon]:
    """A running one, on a free port of loopback, or on the Unix socket `path`."""
    fake = FakeDaemon()
    methods = ["GET", "POST", "PATCH", "DELETE"]
    routes = [WebSocketRoute("/ws", fake.stream), Route("/{rest:path}", fake.http, methods=methods)]
    if path is None:
        listening = socket.create_server(("127.0.0.1", 0))
        fake.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen()
        fake.url = f"unix:{path}"
    config = uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.should_exit = True
        thread.join(40)
        listening.close()
