"""The event stream on real sockets: everything once, in order, for everybody who keeps up."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from outrider.errors import StoreError
from outrider.model.actor import Scope
from outrider.model.event import Event, EventName, Fact
from web.engine_double import LittleEngine
from web.world import HOST, World, owned, served, world

WAIT_S = 40.0


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with served(tmp_path) as made:
        yield made


@asynccontextmanager
async def listening(here: World, query: str = "", path: str = "/ws") -> AsyncIterator[ClientConnection]:
    async with asyncio.timeout(WAIT_S), connect(f"ws://localhost:{here.port}{path}{query}", proxy=None) as client:
        yield client


async def heard(client: ClientConnection) -> dict[str, object]:
    message = json.loads(await client.recv())
    assert isinstance(message, dict)
    return message


async def seqs(client: ClientConnection, until: int) -> list[int]:
    """The seqs of all events up to and with `until`; batches are taken apart."""
    got: list[int] = []
    while not got or got[-1] < until:
        message = json.loads(await client.recv())
        got += [each["seq"] for each in (message if isinstance(message, list) else [message])]
    return got


async def rest(client: ClientConnection) -> list[dict[str, Any]]:
    """All messages until the other side closes."""
    got = []
    with suppress(ConnectionClosed):
        while True:
            got.append(json.loads(await client.recv()))
    return got


@pytest.mark.parametrize("path", ["/", "/ws"])
async def test_connected_then_events_as_promised(here: World, path: str) -> None:
    here.engine.tell("my-task")
    async with listening(here, path=path) as client:
        assert await heard(client) == {"type": "connected", "seq": 1}
        event = here.engine.tell("my-task", state="working", prevState="idle")
        assert await heard(client) == {
            "seq": 2,
            "event": "state_change",
            "type": "state_change",
            "timestamp": event.fact.at_ms,
            "node": "here",
            "session": "my-task",
            "state": "working",
            "prevState": "idle",
        }


async def test_the_same_on_the_unix_socket(here: World) -> None:
    async with unix_connect(str(here.unix), "ws://localhost/ws?since=0") as client:
        assert (await heard(client))["type"] == "connected"


async def test_ping_subscribe_and_what_is_not_understood(here: World) -> None:
    async with listening(here) as client:
        await heard(client)
        await client.send('{"type":"ping"}')
        assert await heard(client) == {"type": "pong"}
        for nonsense in ("{", "[]", '{"type":"dance"}', '{"type":"subscribe","events":["nope"]}', b"\xff"):
            await client.send(nonsense)
            told = await heard(client)
            assert (told["type"], told["code"]) == ("error", "invalid_input")
        await client.send('{"type":"subscribe","sessions":["b"],"events":["progress"]}')
        assert await heard(client) == {"type": "subscribed", "sessions": ["b"], "events": ["progress"]}
        for session in ("a", "b"):
            here.engine.tell(session, EventName.ALERT)
            here.engine.tell(session, EventName.PROGRESS)
        assert (await heard(client))["seq"] == 4
        await client.send('{"type":"subscribe"}')
        await heard(client)
        here.engine.tell("a")
        assert (await heard(client))["seq"] == 5


async def test_filters_hold_for_what_was_and_what_comes(here: World) -> None:
    for session in ("a", "b", "c"):
        here.engine.tell(session, EventName.ALERT)
    async with listening(here, "?since=0&session=a,c&event=alert") as client:
        await heard(client)
        for session in ("a", "b", "c"):
            here.engine.tell(session, EventName.ALERT)
            here.engine.tell(session, EventName.PROGRESS)
        here.engine.tell("c", EventName.ALERT)
        assert await seqs(client, until=10) == [1, 3, 4, 8, 10]


async def publish(engine: LittleEngine, count: int) -> None:
    for number in range(count):
        engine.tell("my-task", n=number)
        if number % 7 == 0:
            await asyncio.sleep(0)


@pytest.mark.parametrize("batch", ["", "&batch=1"])
async def test_since_has_no_gap_and_no_repeat_while_others_publish(tmp_path: Path, batch: str) -> None:
    async with served(tmp_path, buffer=10_000) as here:
        await publish(here.engine, 1200)

        async def read(since: int) -> list[int]:
            async with listening(here, f"?since={since}{batch}") as client:
                await heard(client)
                return await seqs(client, until=4200)

        async with asyncio.TaskGroup() as group:
            group.create_task(publish(here.engine, 3000))
            readers = [(since, group.create_task(read(since))) for since in (0, 1, 600, 1199, 1200, 0)]
        for since, reader in readers:
            assert reader.result() == list(range(since + 1, 4201))


class Unreadable(LittleEngine):
    """Each place in its journal can be read at the second try."""

    def __init__(self, line_limit: int) -> None:
        super().__init__(line_limit=line_limit)
        self.asked: set[int] = set()

    async def events(
        self,
        *,
        since: int,
        limit: int,
        sessions: frozenset[str] = frozenset(),
        names: frozenset[str] = frozenset(),
    ) -> Sequence[Event]:
        if since not in self.asked:
            self.asked.add(since)
            raise StoreError("The disk failed a read.")
        return await super().events(since=since, limit=min(limit, 300), sessions=sessions, names=names)


async def test_a_hub_that_fell_behind_catches_up_though_the_journal_cannot_be_read_at_first(tmp_path: Path) -> None:
    engine = Unreadable(line_limit=10)
    async with served(tmp_path, engine=engine) as here, listening(here) as client:
        await heard(client)
        for _ in range(500):  # without a pause: the hub's line holds ten
            engine.tell("a")
        assert await seqs(client, until=500) == list(range(1, 501))
        engine.tell("a")
        assert (await heard(client))["seq"] == 501


async def test_a_cursor_from_another_journal_is_told(here: World) -> None:
    here.engine.tell("a")
    async with listening(here, "?since=99") as client:
        assert await heard(client) == {"type": "connected", "seq": 1}
        told = await heard(client)
        assert (told["type"], told["detail"]) == ("error", {"since": 99, "seq": 1})
        here.engine.tell("a")
        assert (await heard(client))["seq"] == 2


async def test_what_the_journal_no_longer_has_is_told(here: World) -> None:
    here.engine.journal.append(Event(50, "here", Fact(EventName.ALERT, "a", 1)))
    async with listening(here, "?since=3") as client:
        await heard(client)
        assert await heard(client) == {"type": "gap", "since": 3, "first": 50}
        assert (await heard(client))["seq"] == 50


@pytest.mark.parametrize(
    "query", ["?since=x", "?since=-1", "?since=9999999999999999999", "?event=nope", "?batch=2", "?sinse=1"]
)
async def test_a_query_that_cannot_be_used(here: World, query: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with listening(here, query):
            pass
    assert caught.value.response.status_code == 422
    assert json.loads(caught.value.response.body)["code"] == "invalid_input"


async def test_health_counts_who_listens(here: World) -> None:
    async with listening(here) as client:
        await heard(client)
        assert here.web.hub.clients == 1
    async with asyncio.timeout(WAIT_S):
        await here.web.hub.empty()
    assert here.web.hub.clients == 0


def rude(here: World, query: str) -> socket.socket:
    """A WebSocket client that reads its handshake and then nothing."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", here.port))
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    ask = f"GET /ws{query} HTTP/1.1\r\nHost: localhost:{here.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}\r\n"
    sock.sendall(ask.encode())
    return sock


async def test_who_is_too_slow_is_told_to_go_and_nobody_waits(tmp_path: Path) -> None:
    async with served(tmp_path, buffer=50) as here:
        # The slow one stops reading by itself: websockets keeps at most `max_queue` messages.
        slow_url = f"{here.stream}?since=0"
        async with (
            connect(slow_url, proxy=None, max_queue=1, ping_interval=None) as slow,
            listening(here, "?since=0") as quick,
        ):
            assert (await heard(quick))["type"] == "connected"
            total, seen = 0, 0
            while here.web.hub.lagging == 0:
                total += 1
                here.engine.tell("my-task", text="x" * 50_000)
                seen = (await seqs(quick, until=total))[-1]
            assert seen == total
            got = [each["seq"] for each in await rest(slow) if each["type"] != "connected"]
            assert (slow.close_code, slow.close_reason) == (4008, f"since={got[-1]}")
            assert got == list(range(1, got[-1] + 1))
        async with httpx.AsyncClient(trust_env=False) as client:
            metrics = (await client.get(f"http://127.0.0.1:{here.port}/metrics")).text.splitlines()
        assert "outrider_websocket_cut_off_total 1.0" in metrics
        async with listening(here, f"?since={got[-1]}") as back:
            await heard(back)
            assert await seqs(back, until=total) == list(range(got[-1] + 1, total + 1))


async def test_the_daemon_goes_in_time_though_somebody_does_not_read(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        with closing(rude(here, "?since=0")):
            async with listening(here) as client:
                await heard(client)
                for _ in range(300):
                    here.engine.tell("my-task", text="x" * 50_000)
                here.stop.set()
                await rest(client)
                assert client.close_code == 1001
                async with asyncio.timeout(15):  # before its silence would have it cut off
                    await here.stopped.wait()


async def test_who_never_reads_is_cut_after_a_while(tmp_path: Path) -> None:
    async with served(tmp_path, buffer=10, grace_s=0.05) as here:
        with closing(rude(here, "")):
            async with asyncio.timeout(WAIT_S):
                while here.web.hub.clients == 0:
                    await asyncio.sleep(0.01)
                while here.web.hub.clients:
                    here.engine.tell("my-task", text="x" * 50_000)
                    await asyncio.sleep(0)


async def test_a_revoked_token_ends_its_streams(here: World) -> None:
    secret = await here.tokens.create("phone", Scope.READ, "uid:1234")
    known = {"Authorization": f"Bearer {secret}"}
    async with connect(here.stream, proxy=None, additional_headers=known) as client, listening(here) as other:
        await heard(client)
        await heard(other)
        async with httpx.AsyncClient(trust_env=False) as owner:
            await owner.delete(f"{here.url}/api/tokens/phone")
        await rest(client)
        assert client.close_code == 4001
        here.engine.tell("a")
        assert (await heard(other))["seq"] == 1


async def test_who_says_something_while_it_is_told_to_go_is_told_why() -> None:
    """Its close waits until it reads what was sent before."""
    here = world()
    closing = asyncio.Event()
    told: list[Message] = []
    coming: list[Message] = [{"type": "websocket.connect"}]

    async def receive() -> Message:
        if coming:
            return coming.pop()
        await closing.wait()
        closing.clear()
        return {"type": "websocket.receive", "text": '{"type":"ping"}'}

    async def send(message: Message) -> None:
        told.append(message)
        if message["type"] == "websocket.close":
            closing.set()
            for _ in range(20):
                await asyncio.sleep(0)

    scope = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": [(b"host", HOST.encode())]}
    feeding = asyncio.create_task(here.web.hub.run())
    asking = asyncio.ensure_future(owned(here)(scope, receive, send))
    while [each["type"] for each in told] != ["websocket.accept", "websocket.send"]:
        await asyncio.sleep(0)
    here.web.hub.expel("uid:1234")
    await asking
    feeding.cancel()
    assert [(each["type"], each.get("code")) for each in told[-1:]] == [("websocket.close", 4001)]
