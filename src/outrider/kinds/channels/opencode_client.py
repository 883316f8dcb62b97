"""Asking an OpenCode server: plain HTTP on loopback, for one answer or for a stream of lines (1.18.33)."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

FAULTS = (OSError, EOFError, ValueError, RecursionError, asyncio.LimitOverrunError)
"""How an answer fails to come."""
_SILENCE_S = 45.0  # it sends a heartbeat every 10 s
_PIECE = 1 << 16
_LARGEST = 1 << 22  # bytes of one line at most: of an event, or of an answer


class Refused(ValueError):
    """It answered that it does not do what was asked."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where one spawn's server listens, and where its events go."""

    port: int
    user: str
    password: str
    spool: Path


def read(path: Path) -> Server | None:
    """Where a spawn's server listens, as its file says; None where it has none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Server(int(found["port"]), str(found["user"]), str(found["password"]), Path(found["spool"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


async def ask(server: Server, path: str, answer_s: float, body: Mapping[str, object] | None = None) -> object:
    """What it answers to a GET, or with a body to a POST, as JSON; None for nothing. OSError, EOFError, ValueError or LimitOverrunError
    where it does not, or not in time; of a POST it is then not known what it did, but for ConnectionRefusedError
    and Refused."""
    async with contextlib.aclosing(lines(server, path, answer_s, body)) as answer:
        return cast("object", json.loads(b"".join([line async for line in answer]) or b"null"))


async def lines(
    server: Server, path: str, answer_s: float, body: Mapping[str, object] | None = None
) -> AsyncGenerator[bytes, None]:
    """The lines of a response's body as they come."""
    sent = b"" if body is None else json.dumps(body).encode()
    kind = f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n" if body is not None else ""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=_LARGEST)
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
            if len(rest) > _LARGEST:
                raise ValueError("it sends a line that is too large")
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
    if size > _LARGEST:
        raise ValueError("it sends a piece that is too large")
    return (await reader.readexactly(size + 2))[:-2]
