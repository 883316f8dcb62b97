"""One HTTP request over a connection of its own, on asyncio's streams and httptools.

Deliberately small: no redirects, cookies, proxies or pools. A general client takes longer to import than a verb of the command
line may take in all, and the daemon is on this machine, or one address away.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

from outrider.errors import InvalidInput, NoDaemon, TimedOut

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Address:
    """Where a daemon listens: a host and port, or the path of a Unix socket. `prefix` stands before every path."""

    url: str
    host: str = ""
    port: int = 0
    prefix: str = ""
    secure: bool = False
    path: str | None = None

    @property
    def authority(self) -> str:
        """What goes into the Host header."""
        if self.path is not None:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


@dataclass(slots=True)
class Answer:
    """What came back: the status, the headers by lower-case name, the whole body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False

    # The names httptools calls.
    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


def address(url: str) -> Address:
    """Reads `http://host:port[/prefix]`, `https://…` or `unix:/path`; InvalidInput says what is wrong with it."""
    if url.startswith("unix:"):
        path = url.removeprefix("unix:")
        path = path.removeprefix("//") if path.startswith("///") else path
        if not path.startswith("/"):
            raise InvalidInput(
                f"The address {url} should name a socket by its whole path, such as unix:/run/user/1000/o.sock."
            )
        return Address(url, path=path)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"The address {url} cannot be read: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise InvalidInput(f"The address {url} should look like http://127.0.0.1:3848 or unix:/path/to/socket.")
    secure = parts.scheme == "https"
    prefix = parts.path.rstrip("/")
    return Address(
        f"{parts.scheme}://{parts.netloc}{prefix}", parts.hostname, port or (443 if secure else 80), prefix, secure
    )


async def exchange(
    to: Address, method: str, target: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float
) -> Answer:
    """Sends one request and reads its whole answer.

    NoDaemon where nothing listens, or what listens breaks off; TimedOut where no whole answer came in `timeout_s`. In
    both cases it is not known whether the request was acted on, unless nothing listened (`detail.sent` is then false).
    """
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await _connect(to)
            try:
                writer.write(_request(to, method, target, headers, body))
                return await _answer(to, reader)
            finally:
                writer.close()
    except TimeoutError as error:
        raise TimedOut(f"The daemon at {to.url} did not answer within {timeout_s:g} s.") from error


async def _connect(to: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        if to.path is not None:
            return await asyncio.open_unix_connection(to.path)
        return await asyncio.open_connection(to.host, to.port, ssl=True if to.secure else None)
    except OSError as error:
        raise NoDaemon(absence(to), detail={"url": to.url, "sent": False}) from error


def absence(to: Address) -> str:
    """The sentence for an address at which nothing answers."""
    return f"No daemon answers at {to.url}. Start it with: outrider up"


def _request(to: Address, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    fixed = {
        "Host": to.authority,
        "Accept": "application/json",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    lines = [
        f"{method} {to.prefix}{target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in (fixed | dict(headers)).items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise InvalidInput("A line break cannot go into a token, a key or an address.")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


async def _answer(to: Address, reader: asyncio.StreamReader) -> Answer:
    answer = Answer()
    parser = httptools.HttpResponseParser(answer)
    try:
        while not answer.complete and (data := await reader.read(CHUNK)):
            parser.feed_data(data)
        answer.status = parser.get_status_code()
    except (httptools.HttpParserError, ConnectionError) as error:
        raise NoDaemon(f"What listens at {to.url} does not speak HTTP as a daemon does.") from error
    # Without a length the end of the connection is the end of the answer.
    if not answer.status or (not answer.complete and {"content-length", "transfer-encoding"} & answer.headers.keys()):
        raise NoDaemon(
            f"The daemon at {to.url} broke off in the middle of its answer. See whether it runs: outrider doctor"
        )
    return answer
