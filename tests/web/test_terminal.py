"""The live terminal on real sockets: what is shown, who may type, and what refusals look like."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from outrider.model.actor import Scope
from outrider.model.pane import Over
from web.world import World, served

WAIT_S = 40.0


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with served(tmp_path) as made:
        yield made


def viewing(here: World, session: str = "my-task", token: str = "") -> connect:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"ws://localhost:{here.port}/api/agents/{session}/terminal"
    return connect(url, proxy=None, additional_headers=headers)


async def told(client: ClientConnection, kind: str) -> dict[str, object]:
    """The next message of that type; binary ones and others are passed over."""
    async with asyncio.timeout(WAIT_S):
        while True:
            message = await client.recv()
            if isinstance(message, str) and (said := json.loads(message))["type"] == kind:
                assert isinstance(said, dict)
                return said


async def test_a_picture_then_bytes(here: World) -> None:
    async with viewing(here) as client, asyncio.timeout(WAIT_S):
        assert await told(client, "picture") == {"type": "picture", "cols": 80, "rows": 24}
        assert [message async for message, _ in _binary(client, 2)] == [b"drawn", b"more"]


async def _binary(client: ClientConnection, count: int) -> AsyncIterator[tuple[bytes, int]]:
    while count:
        if isinstance(message := await client.recv(), bytes):
            count -= 1
            yield message, count


async def test_keys_only_from_who_has_control(here: World) -> None:
    async with viewing(here) as client:
        assert (await told(client, "control"))["you"] is False
        await client.send('{"type":"keys","text":"too early"}')
        assert (await told(client, "error"))["code"] == "conflict"
        await client.send('{"type":"take"}')
        assert (await told(client, "control"))["you"] is True
        await client.send(json.dumps({"type": "keys", "text": "\x1b[Aé\r"}))
        await client.send(json.dumps({"type": "paste", "text": "two\nlines"}))
        await client.send('{"type":"release"}')
        assert (await told(client, "control"))["you"] is False
        assert here.engine.viewers.typed == ["\x1b[Aé\r", "pasted: two\nlines"]


async def test_a_reader_watches_and_may_not_type(here: World) -> None:
    token = await here.tokens.create("reader", Scope.READ, "uid:1234")
    async with viewing(here, token=token) as client:
        assert (await told(client, "control"))["may"] is False
        await client.send('{"type":"take"}')
        assert (await told(client, "error"))["code"] == "forbidden"
        await client.send('{"type":"keys","text":"x"}')
        assert (await told(client, "error"))["code"] == "conflict"
        assert here.engine.viewers.typed == []


async def test_what_is_not_understood_is_answered(here: World) -> None:
    async with viewing(here) as client:
        for bad in ("", "no json", "[]", '{"type":"shout"}', '{"type":"keys","text":""}', '{"type":"take","now":1}'):
            await client.send(bad)
            assert (await told(client, "error"))["code"] == "invalid_input", bad
        await client.send(b"\x00\xff")
        assert (await told(client, "error"))["code"] == "invalid_input"


async def test_no_agent_no_terminal(here: World) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with viewing(here, "nobody"):
            pass
    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body or b"")["code"] == "no_such_agent"


@pytest.mark.parametrize(("over", "code"), [(Over("It is gone."), 4000), (Over("Too slow.", lagged=True), 4008)])
async def test_the_end_says_why(here: World, over: Over, code: int) -> None:
    here.engine.viewers.shown.append(over)
    async with viewing(here) as client:
        if not over.lagged:
            assert (await told(client, "end"))["why"] == "It is gone."
        with pytest.raises(ConnectionClosed) as closed:
            await told(client, "nothing more")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


async def test_a_revoked_token_and_a_daemon_that_goes_end_it(here: World) -> None:
    token = await here.tokens.create("phone", Scope.WRITE, "uid:1234")
    async with viewing(here, token=token) as phone, viewing(here) as own:
        await told(phone, "control")
        here.web.hub.expel("token:phone")
        with pytest.raises(ConnectionClosed) as closed:
            await told(phone, "nothing more")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
        await told(own, "control")
        here.stop.set()
        with pytest.raises(ConnectionClosed) as closed:
            await told(own, "nothing more")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


async def typed(client: ClientConnection) -> None:
    """Takes control and types, whether that is heard or not, and listens to the end."""
    await client.send('{"type":"take"}')
    await client.send('{"type":"keys","text":"rm"}')
    await told(client, "nothing more")


async def test_a_token_that_is_revoked_while_the_terminal_opens_opens_none(here: World) -> None:
    token = await here.tokens.create("phone", Scope.WRITE, "uid:1234")
    here.engine.viewers.opening = lambda: here.web.hub.expel("token:phone")
    async with viewing(here, token=token) as phone:
        with pytest.raises(ConnectionClosed) as closed:
            await typed(phone)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
    async with asyncio.timeout(WAIT_S):
        await here.web.hub.empty()
    assert here.engine.viewers.typed == []
