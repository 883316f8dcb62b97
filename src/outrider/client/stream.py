"""The event stream: one connection to it, and the endless reading that survives connections.

What comes in is JSON, one event a message or arrays of them; what comes out is every event once, in order. The cursor (the
seq of the last event that went out) is all that is kept over a broken connection: the daemon has the rest in its journal.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from outrider.client.exchange import absence
from outrider.client.failure import failure
from outrider.client.place import JsonObject, Place
from outrider.errors import NoDaemon, TimedOut, Unavailable
from outrider.exchange import Address

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
LARGEST = 2**24
FAREWELL_S = 0.5
"""How long to wait for the other side to agree to a close; whoever leaves does not care."""


class Sleep(Protocol):
    """How to let time pass; asyncio.sleep."""

    async def __call__(self, delay: float, /) -> None: ...


def filters(place: Place, sessions: tuple[str, ...], names: tuple[str, ...]) -> str:
    """The query that asks for events from there on, of those sessions and names; empty filters let everything through."""
    pairs = place.query()
    pairs += [("session", session) for session in sessions]
    return urlencode(pairs + [("event", name) for name in names])


@asynccontextmanager
async def connection(to: Address, headers: Mapping[str, str], query: str = "") -> "AsyncIterator[ClientConnection]":
    """One open WebSocket; NoDaemon, TimedOut, or what the daemon refused it with."""
    # Late, because only the verbs that follow events should pay for it.
    from websockets.asyncio.client import connect, unix_connect  # noqa: PLC0415
    from websockets.exceptions import (  # noqa: PLC0415
        ConnectionClosed,
        InvalidHandshake,
        InvalidMessage,
        InvalidStatus,
    )

    uri = f"{'wss' if to.secure else 'ws'}://{to.authority}{to.prefix}/ws{'?' if query else ''}{query}"
    try:
        if to.path is not None:
            opening = unix_connect(
                to.path, uri, additional_headers=headers, compression=None, max_size=LARGEST, close_timeout=FAREWELL_S
            )
        else:
            # Proxies are for the web; the daemon is at the address that was given.
            opening = connect(
                uri,
                additional_headers=headers,
                compression=None,
                max_size=LARGEST,
                close_timeout=FAREWELL_S,
                proxy=None,
            )
        async with opening as socket:
            yield socket
    except InvalidStatus as error:
        raise failure(error.response.status_code, _object(error.response.body)) from error
    except TimeoutError as error:
        raise TimedOut(f"The daemon at {to.url} did not answer in time.") from error
    except (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage) as error:
        raise NoDaemon(absence(to), detail={"url": to.url}) from error


async def follow(
    to: Address,
    headers: Mapping[str, str],
    place: Place,
    *,
    sessions: tuple[str, ...],
    names: tuple[str, ...],
    sleep: Sleep = asyncio.sleep,
) -> AsyncGenerator[JsonObject, None]:
    """As `Client.events`. A message of type `gap` goes out as it came: what it names is no longer in the journal."""
    wait_s, heard = 0.0, False
    while True:
        try:
            async with connection(to, headers, filters(place, sessions, names)) as socket:
                async for message in socket:
                    for event in _several(message):
                        if event.get("type") == "connected":
                            wait_s, heard = 0.0, True
                            place.connected(event)
                        elif place.takes(event):
                            yield event
        except Unavailable:  # NoDaemon and a daemon that is just stopping among them
            if not heard:
                raise
        except TimedOut:
            if not heard:
                raise
        await sleep(wait_s)
        wait_s = min(LONGEST_WAIT_S, wait_s * 2 or FIRST_WAIT_S)


def _several(message: str | bytes | bytearray) -> list[JsonObject]:
    try:
        found = json.loads(message)
    except ValueError:
        return []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _object(text: str | bytes | bytearray | None) -> JsonObject:
    return next(iter(_several(text or "{}")), {})
