"""OpenCode's own server: opened for one spawn on loopback behind a password, and followed into the agent's hook spool.

What it tells is written down as if a hook had left it there, so that one road leads to the daemon. While the daemon is away it
is not heard; when it comes back the status of every session is asked first. A plugin would hear everything, but OpenCode
fetches a package from the network for the sake of any plugin and, offline, does not draw its screen for over a minute (1.18.33).
"""

import asyncio
import base64
import contextlib
import json
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import structlog

from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.folders import Folders, open_folders
from outrider.logic.policy.opencode import compile_opencode
from outrider.logic.policy.rules import Policy

log = structlog.get_logger()

SERVER = "server.json"
KEY_VARIABLE = "OPENCODE_SERVER_PASSWORD"
USER_VARIABLE = "OPENCODE_SERVER_USERNAME"
CONFIG_VARIABLE = "OPENCODE_CONFIG_CONTENT"
_SOON_S, _LATER_S = 0.5, 20.0
_SOON = 120  # tries: it may take a minute until it listens; one that still doesn't has ended
_HEAD_S = 5.0  # a request that comes while it starts is taken and never answered
_SILENCE_S = 45.0  # it sends a heartbeat every 10 s
_PIECE = 1 << 16
_LINE = 1 << 22  # bytes of one event at most; a larger one ends the connection, and it is opened again
_TOLD = frozenset({"session.created", "session.status", "session.idle", "session.error", "message.updated"})
_ASKED = ("permission.", "question.")
_DROPPED = frozenset({"output", "metadata", "raw", "attachments", "summary", "snapshot"})


class Refused(ValueError):
    """It answered that it does not do what was asked."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where one spawn's server listens, and where its events go."""

    port: int
    user: str
    password: str
    spool: Path


def furnish(ground: Ground) -> Furnishing:
    """A free port, a password nobody else has, and both written down for the daemon."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    password = ground.environ.get(KEY_VARIABLE) or secrets.token_hex(16)
    content = {
        "port": port,
        "user": ground.environ.get(USER_VARIABLE) or "opencode",
        "password": password,
        "spool": str(ground.spool),
    }
    env = {KEY_VARIABLE: password}
    if ground.policy is not None:
        env[CONFIG_VARIABLE] = _with_permissions(ground.environ.get(CONFIG_VARIABLE), ground.policy)
    return Furnishing({SERVER: json.dumps(content)}, ("--port", str(port), "--hostname", "127.0.0.1"), env)


def _with_permissions(given: str | None, policy: Policy) -> str:
    """The settings that OpenCode takes from its environment, with the policy's permissions behind those that are there.

    What cannot be read as JSON is left out: OpenCode itself would refuse it.
    """
    try:
        found = json.loads(given or "{}")
    except (ValueError, RecursionError):
        found = {}
    return json.dumps(joined(found if isinstance(found, dict) else {}, compile_opencode(policy)))


def joined(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Settings in settings, those above behind those below; what is `"ask"` below for a tool holds for all its calls."""
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        if key == "permission" and isinstance(under, str):
            under = {"*": under}
        found[key] = joined(under, value) if isinstance(value, Mapping) and isinstance(under, Mapping) else value
    return found


class Sieve:
    """What of the stream is worth writing down: no deltas, no output of tools, each state of a call once."""

    def __init__(self) -> None:
        self._calls: dict[str, str] = {}

    def pick(self, event: Mapping[str, object]) -> dict[str, object] | None:
        """The event as a hook call, None where it tells nothing."""
        name, properties = event.get("type"), event.get("properties")
        if not isinstance(name, str) or not isinstance(properties, dict):
            return None
        if name == "message.part.updated":
            return self._part(name, properties)
        if name not in _TOLD and not name.startswith(_ASKED):
            return None
        return {"hook_event_name": name, **properties}

    def _part(self, name: str, properties: Mapping[str, object]) -> dict[str, object] | None:
        part = properties.get("part")
        if not isinstance(part, dict) or part.get("type") not in {"tool", "text", "reasoning"}:
            return None
        state, slim = part.get("state"), dict(part)
        if isinstance(state, dict):
            call, status = str(part.get("callID")), str(state.get("status"))
            if self._calls.get(call) == status:
                return None
            self._calls[call] = status
            slim["state"] = {key: value for key, value in state.items() if key not in _DROPPED}
        return {"hook_event_name": name, **properties, "part": slim}


class OpenCodeServers:
    """Follows the servers of all spawns that have one; `folder` holds the spawns' directories."""

    def __init__(
        self, folder: Path, *, folders: Callable[[], Folders] = open_folders, answer_s: float = _HEAD_S
    ) -> None:
        """`answer_s` is how long a request may go unanswered before it is made again."""
        self._folder = folder
        self._answer_s = answer_s
        self._open = folders
        self._written = 0

    async def run(self) -> None:
        """Follows for ever, each for as long as its spawn's directory is there."""
        following: dict[Path, asyncio.Task[None]] = {}
        folders = self._open()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    spawns = self._spawns()
                    folders.watch({self._folder, *spawns})
                    for gone in following.keys() - spawns:
                        following.pop(gone).cancel()
                    for path in spawns - following.keys():
                        if (server := read(path / SERVER)) is not None:
                            following[path] = group.create_task(self._follow(server))
                    await folders.changed()
        finally:
            folders.close()

    def _spawns(self) -> set[Path]:
        """The spawns' directories; none where the folder cannot be made, and the next change finds it."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return {path for path in self._folder.iterdir() if path.is_dir()}
        except OSError as error:
            log.warning("the spawns' directory cannot be read", path=str(self._folder), why=str(error))
            return set()

    async def _follow(self, server: Server) -> None:
        tries = 0
        while True:
            try:
                async for event in events(server, self._answer_s):
                    tries = 0
                    self._write(server.spool, event)
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
                log.debug("an OpenCode server cannot be followed", port=server.port, why=str(error))
            tries += 1
            await asyncio.sleep(_SOON_S if tries < _SOON else _LATER_S)

    def _write(self, spool: Path, event: Mapping[str, object]) -> None:
        """As the hook line does it: a name of its own, and there only when it is whole."""
        self._written += 1
        path = spool / f"{os.getpid()}.{self._written}.tmp"
        with contextlib.suppress(OSError):  # it was dropped, or the disk is full: then the screen speaks
            path.write_text(json.dumps(event), encoding="utf-8")
            path.rename(path.with_suffix(".json"))


async def events(server: Server, answer_s: float = _HEAD_S) -> AsyncGenerator[dict[str, object], None]:
    """The sessions' states now, then what happens; of all instances, since the one of `/event` is replaced while OpenCode starts."""
    sieve = Sieve()
    async with contextlib.aclosing(_lines(server, "/global/event", answer_s)) as stream:
        async for line in stream:
            if not line.startswith(b"data:"):
                continue
            event = json.loads(line[5:])
            if isinstance(event, dict) and isinstance(event.get("payload"), dict):
                event = event["payload"]
            if isinstance(event, dict) and event.get("type") == "server.connected":
                for status in await _statuses(server, answer_s):
                    yield status
            elif isinstance(event, dict) and (picked := sieve.pick(event)) is not None:
                yield picked


async def ask(server: Server, path: str, answer_s: float, body: Mapping[str, object] | None = None) -> object:
    """What it answers to a GET, or with a body to a POST, as JSON; None for nothing. OSError, EOFError, ValueError or LimitOverrunError
    where it does not, or not in time; of a POST it is then not known what it did, but for ConnectionRefusedError
    and Refused."""
    async with contextlib.aclosing(_lines(server, path, answer_s, body)) as answer:
        return cast("object", json.loads(b"".join([line async for line in answer]) or b"null"))


async def _statuses(server: Server, answer_s: float) -> list[dict[str, object]]:
    found = await ask(server, "/session/status", answer_s)
    return [
        {"hook_event_name": "session.status", "sessionID": session, "status": status}
        for session, status in (found.items() if isinstance(found, dict) else ())
    ]


async def _lines(
    server: Server, path: str, answer_s: float, body: Mapping[str, object] | None = None
) -> AsyncGenerator[bytes, None]:
    """The lines of a response's body as they come."""
    sent = b"" if body is None else json.dumps(body).encode()
    kind = f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n" if body is not None else ""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=_LINE)
    try:
        token = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
        writer.write(
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Authorization: Basic {token}\r\nAccept: text/event-stream, application/json\r\n{kind}"
            "Connection: close\r\n\r\n".encode()
            + sent
        )
        await writer.drain()
        head = await asyncio.wait_for(_head(reader), answer_s)
        if head.status != 200:
            raise Refused(f"it answers {head.status}")
        rest, left = b"", head.length
        while left != 0 and (piece := await asyncio.wait_for(_piece(reader, head, left), _SILENCE_S)):
            left = left - len(piece) if left is not None else None
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line
        if rest:
            yield rest
    finally:
        writer.close()


@dataclass(frozen=True, slots=True)
class _Head:
    """What a response's head says; `length` of the body in bytes, None where it says none."""

    status: int
    chunked: bool
    length: int | None


async def _head(reader: asyncio.StreamReader) -> _Head:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    words = first.split()
    if len(words) < 2 or not words[1].isdigit():
        raise ValueError("it does not answer as a web server does")
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = fields.get("content-length", "")
    chunked = "chunked" in fields.get("transfer-encoding", "")
    return _Head(int(words[1]), chunked, int(length) if length.isdigit() and not chunked else None)


async def _piece(reader: asyncio.StreamReader, head: _Head, left: int | None) -> bytes:
    """What of the body came, empty at its end. It must not be waited for beyond its length: the server keeps connections open."""
    if not head.chunked:
        return await reader.read(min(_PIECE, left) if left is not None else _PIECE)
    size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
    if size > _LINE:
        raise ValueError("it sends a piece that is too large")
    return (await reader.readexactly(size + 2))[:-2]


def read(path: Path) -> Server | None:
    """Where a spawn's server listens, as its file says; None where it has none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Server(int(found["port"]), str(found["user"]), str(found["password"]), Path(found["spool"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
