"""The server on real sockets: doors, who comes through them, and what is no HTTP."""

import asyncio
import json
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from outrider.errors import BadSetting, Conflict
from outrider.sockets import is_loopback, open_tcp, open_unix, port_holder
from web.world import World, served

LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="whose loopback connection it is, only Linux tells"
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with served(tmp_path) as made:
        yield made


@LINUX
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
async def test_the_same_user_needs_no_token(here: World, host: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        got = await client.post(f"http://{host}:{here.port}/api/agents/my-task/interrupt")
        log = (await client.get(f"http://{host}:{here.port}/api/agents/my-task/log")).json()
    assert got.status_code == 200
    assert log["log"][0]["actor"] == f"uid:{os.getuid()}"


async def test_the_unix_socket_needs_no_token(here: World) -> None:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(here.unix))) as client:
        got = await client.post("http://outrider/api/agents/my-task/interrupt")
        proxied = await client.get("http://outrider/api/agents", headers={"X-Forwarded-For": "10.0.0.1"})
    assert (got.status_code, proxied.status_code) == (200, 401)


@LINUX
async def test_another_users_connection_needs_a_token(tmp_path: Path) -> None:
    async with served(tmp_path, uid=os.getuid() + 1) as here, httpx.AsyncClient(trust_env=False) as client:
        url = f"{here.url}/api/agents"
        nobody = await client.get(url)
        forged = await client.get(url, headers={"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"})
        secret = await here.tokens.create("me", "read", "uid:1")  # type: ignore[arg-type]
        known = await client.get(url, headers={"Authorization": f"Bearer {secret}"})
        with pytest.raises(InvalidStatus) as caught:
            await connect(here.stream, proxy=None)
        async with connect(here.stream, proxy=None, additional_headers={"Authorization": f"Bearer {secret}"}) as stream:
            assert json.loads(await stream.recv())["type"] == "connected"
    assert (nobody.status_code, forged.status_code, known.status_code) == (401, 401, 200)
    assert caught.value.response.status_code == 401


@LINUX
@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Origin": "https://evil.example"}, 403, "wrong_origin"),
        ({"Origin": "null"}, 403, "wrong_origin"),
        ({"X-Forwarded-For": "127.0.0.1"}, 401, "unauthorized"),
        ({"Authorization": "Bearer nonsense"}, 401, "unauthorized"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/ws"])
async def test_the_stream_has_the_same_gate(
    here: World, headers: dict[str, str], status: int, code: str, path: str
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"ws://localhost:{here.port}{path}", proxy=None, additional_headers=headers)
    assert caught.value.response.status_code == status
    assert json.loads(caught.value.response.body)["code"] == code


@LINUX
async def test_a_rebound_name_gets_no_stream(here: World) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"ws://evil.example:{here.port}/ws", proxy=None, host="127.0.0.1")
    assert caught.value.response.status_code == 421


@LINUX
async def test_our_own_page_gets_the_stream(here: World) -> None:
    async with connect(f"ws://localhost:{here.port}/", proxy=None, origin=f"http://localhost:{here.port}") as stream:  # type: ignore[arg-type]
        assert json.loads(await stream.recv())["type"] == "connected"


@LINUX
async def test_health_names_the_stream_as_it_was_asked(here: World) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        got = (await client.get(f"{here.url}/health")).json()
    assert got["websocket"]["url"] == f"ws://localhost:{here.port}"


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
async def test_what_is_no_http_gets_an_error_too(here: World, garbage: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(garbage)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["code"] == "malformed"


async def test_answers_name_no_server(here: World) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        got = await client.get(f"{here.url}/health")
    assert "server" not in got.headers


def test_a_busy_port_says_who_has_it() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port}") as caught:
            open_tcp("127.0.0.1", port)
    assert "--port" in caught.value.message
    if sys.platform.startswith("linux"):
        assert f"pid {os.getpid()}" in caught.value.message


def test_who_has_a_port_may_be_unknown(tmp_path: Path) -> None:
    assert port_holder(1, tmp_path) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_localhost_is_both_families(host: str) -> None:
    sockets = open_tcp(host, 0)
    try:
        assert sockets[0].getsockname()[0] == "127.0.0.1"
        assert len({sock.getsockname()[1] for sock in sockets}) == 1
        assert [sock.family for sock in sockets][:2] in (
            [socket.AF_INET, socket.AF_INET6],
            [socket.AF_INET],
        )
    finally:
        for sock in sockets:
            sock.close()


def test_an_open_door_needs_a_token_first() -> None:
    with pytest.raises(BadSetting, match="outrider token create"):
        open_tcp("0.0.0.0", 0)
    (sock,) = open_tcp("0.0.0.0", 0, has_tokens=True)
    sock.close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "::::"])
def test_a_host_that_is_none_of_ours(host: str) -> None:
    with pytest.raises(BadSetting, match=r"203\.|host"):
        open_tcp(host, 0, has_tokens=True)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("devbox", False),
    ],
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_the_unix_socket_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "outrider.sock"
    with closing(open_unix(path)):
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(Conflict, match="Another daemon"):
            open_unix(path)
    with closing(open_unix(path)):  # a stale one is replaced
        pass


def test_a_directory_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(BadSetting, match="chmod 700"):
        open_unix(tmp_path / "outrider.sock")
    tmp_path.chmod(0o700)
    with pytest.raises(BadSetting, match="too long"):
        open_unix(tmp_path / ("x" * 200))
