"""One HTTP request over a connection of its own, on asyncio's streams and httptools.

Deliberately small: no redirects, cookies, proxies or pools. What matters to who asks is told apart: whether anything of the
request can have been acted on.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

from outrider.errors import InvalidInput, OutriderError, Unavailable

CHUNK = 65_536
SECURE, PLAIN = 443, 80


class NotSent(Unavailable):
    """Nothing of the request was sent: no connection could be made."""

    code = "not_sent"


class NoAnswer(OutriderError):
    """The request was sent, or begun, and what came back is no answer: it may have been acted on."""

    code = "no_answer"
    status = 502


class TooLate(NoAnswer):
    """No whole answer came in time."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: a host and port, or the path of a Unix socket. `prefix` stands before every path."""

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
        return host if self.port == (SECURE if self.secure else PLAIN) else f"{host}:{self.port}"


@dataclass(slots=True)
class Answer:
    """What came back: the status, the headers by lower-case name, the body (whole, unless `most` bytes were asked for)."""

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


def web_address(url: str) -> Address:
    """Reads `http://host:port[/prefix]` or `https://…`; ValueError says what is wrong with it, and nothing of a password in it."""
    if re.search(r"[^\x21-\x7e]", url):
        raise ValueError("should hold no spaces and nothing but ASCII; write others as %20")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("cannot be read as an address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError("should look like https://host/path")
    if parts.username or parts.password:
        raise ValueError("should hold no name or password; put a token where it belongs")
    secure = parts.scheme == "https"
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Address(
        f"{parts.scheme}://{parts.netloc}", parts.hostname, port or (SECURE if secure else PLAIN), target, secure
    )


async def exchange(
    to: Address,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout_s: float,
    tls: ssl.SSLContext | None = None,
    most: int | None = None,
) -> Answer:
    """Sends one request and reads its answer, at most `most` bytes of it where that is given.

    NotSent where no connection could be made; NoAnswer where what listens breaks off or speaks no HTTP, TooLate where no whole
    answer came in `timeout_s`: it is then not known whether the request was acted on. Messages are without an address.
    """
    content = request(to, method, target, headers, body)
    connected = False
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await _connect(to, tls)
            connected = True
            try:
                writer.write(content)
                return await _answer(reader, most)
            finally:
                writer.close()
    except TimeoutError as error:
        if not connected:
            raise NotSent(f"no connection could be made within {timeout_s:g} s") from error
        raise TooLate(f"no answer came within {timeout_s:g} s") from error


async def _connect(to: Address, tls: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        if to.path is not None:
            return await asyncio.open_unix_connection(to.path)
        return await asyncio.open_connection(to.host, to.port, ssl=(tls or True) if to.secure else None)
    except (OSError, ValueError) as error:  # the second where a host's name cannot be one
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise NotSent(f"no connection could be made: {why}") from error


def request(to: Address, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The request as bytes; InvalidInput where a header would begin a line of its own."""
    fixed = {
        "Host": to.authority,
        "Accept": "application/json",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    path = f"{to.prefix}{target}"
    lines = [
        f"{method} {path if path.startswith('/') else f'/{path}'} HTTP/1.1",
        *(f"{name}: {value}" for name, value in (fixed | dict(headers)).items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise InvalidInput("A line break cannot go into a token, a key or an address.")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


async def _answer(reader: asyncio.StreamReader, most: int | None) -> Answer:
    answer = Answer()
    parser = httptools.HttpResponseParser(answer)
    try:
        while not answer.complete and (data := await reader.read(CHUNK)):
            parser.feed_data(data)
            if most is not None and len(answer.body) > most:
                answer.complete = True
        answer.status = parser.get_status_code()
    except (httptools.HttpParserError, httptools.HttpParserUpgrade, OSError) as error:
        raise NoAnswer("what listens there does not speak HTTP") from error
    # Without a length the end of the connection is the end of the answer.
    if not answer.status or (not answer.complete and {"content-length", "transfer-encoding"} & answer.headers.keys()):
        raise NoAnswer("it broke off in the middle of its answer")
    return answer
