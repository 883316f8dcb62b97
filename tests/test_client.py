"""The client against a small daemon: errors as classes, the event stream over broken connections."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, agent, daemon, event
from outrider import errors
from outrider.client import Client
from outrider.client.exchange import address
from outrider.client.place import Everywhere


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeDaemon]:
    with daemon() as one:
        yield one


@pytest.fixture
def fake(serving: FakeDaemon) -> FakeDaemon:
    return serving.fresh()


@pytest.fixture
def client(fake: FakeDaemon) -> Client:
    return Client(fake.url, "secret", timeout_s=5, sleep=no_wait)


async def no_wait(_delay: float) -> None:
    await asyncio.sleep(0)


async def take(found: AsyncIterator[Mapping[str, object]], count: int) -> list[Mapping[str, object]]:
    taken = []
    async for one in found:
        taken.append(one)
        if len(taken) == count:
            break
    return taken


async def test_sends_the_token_and_reads_the_answer(fake: FakeDaemon, client: Client) -> None:
    fake.answers["GET /api/agents"] = (200, {"agents": [agent("a"), agent("b")], "count": 2})
    assert [one["session"] for one in await client.agents(state="working", kind=None)] == ["a", "b"]
    assert fake.asked[0].headers["authorization"] == "Bearer secret"
    assert fake.asked[0].query == "state=working"


async def test_over_a_unix_socket(tmp_path: Path) -> None:
    with daemon(tmp_path / "o.sock") as fake:
        fake.journal += [event(1)]
        fake.answers["GET /api/agents/x"] = (200, agent("x"))
        client = Client(fake.url)
        assert (await client.agent("x"))["session"] == "x"
        assert (await take(client.events(0), 1))[0]["seq"] == 1


REFUSALS = [
    (404, "no_such_agent", errors.NoSuchAgent, 4),
    (409, "conflict", errors.Conflict, 1),
    (422, "invalid_input", errors.InvalidInput, 1),
    (421, "wrong_host_or_such", errors.OutriderError, 1),
    (403, "wrong_origin", errors.Forbidden, 1),
    (503, "terminal_away", errors.TerminalAway, 1),
    (504, "timeout", errors.TimedOut, 5),
]


@pytest.mark.parametrize(("status", "code", "kind", "exit_code"), REFUSALS)
async def test_raises_what_was_answered(
    fake: FakeDaemon, client: Client, status: int, code: str, kind: type[errors.OutriderError], exit_code: int
) -> None:
    fake.answers["POST /api/agents/x/kill"] = (status, {"error": "Because.", "code": code, "detail": {"a": 1}})
    with pytest.raises(kind) as raised:
        await client.kill("x")
    error = raised.value
    assert (error.message, error.code, error.status, error.exit_code) == ("Because.", code, status, exit_code)
    assert error.detail == {"a": 1}


async def test_a_degraded_daemon_still_tells_its_health(fake: FakeDaemon, client: Client) -> None:
    fake.answers["GET /health"] = (503, {"status": "degraded", "reason": "tmux is away"})
    assert (await client.health())["reason"] == "tmux is away"


async def test_says_how_to_start_a_daemon_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(
        errors.NoDaemon, match=f"No daemon answers at http://127.0.0.1:{port}. Start it with: outrider up"
    ):
        await Client(f"http://127.0.0.1:{port}").agents()
    with pytest.raises(errors.NoDaemon):
        await take(Client(f"http://127.0.0.1:{port}").events(), 1)


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"])
async def test_what_is_no_daemon_is_said_to_be_none(says: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(says)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(errors.NoDaemon):
            await Client(f"http://127.0.0.1:{port}").agents()


async def test_an_answer_that_does_not_come_is_a_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(errors.TimedOut):
            await Client(f"http://127.0.0.1:{port}", timeout_s=0.05).agents()


async def test_html_is_not_taken_for_an_answer(fake: FakeDaemon, client: Client) -> None:
    fake.answers["GET /api/stats"] = (200, "<h1>Welcome</h1>")
    with pytest.raises(errors.OutriderError, match="is that an Outrider daemon"):
        await client.stats()


@pytest.mark.parametrize("url", ["127.0.0.1:3848", "ftp://x", "http://", "unix:relative", "http://a:port"])
def test_bad_addresses_are_refused(url: str) -> None:
    with pytest.raises(errors.InvalidInput, match="The address"):
        address(url)


@pytest.mark.parametrize(
    ("url", "authority"),
    [("http://localhost:3848", "localhost:3848"), ("http://[::1]:9", "[::1]:9"), ("https://a.b/c/", "a.b")],
)
def test_addresses(url: str, authority: str) -> None:
    assert address(url).authority == authority


async def test_a_line_break_in_a_token_is_refused(fake: FakeDaemon) -> None:
    with pytest.raises(errors.InvalidInput):
        await Client(fake.url, "a\r\nX: y").agents()


async def test_the_journal_is_read_to_its_end(fake: FakeDaemon, client: Client) -> None:
    fake.journal += [event(number) for number in range(1, 1203)]
    assert [one["seq"] async for one in client.journal(2)] == list(range(3, 1203))
    assert await client.cursor() == 1202


async def test_events_resume_where_they_broke_off(fake: FakeDaemon, client: Client) -> None:
    fake.journal += [event(number) for number in range(1, 11)]
    fake.cut += [0, 3, 2, 0]
    taken = await take(client.events(2, ["my-task"], ["state_change"]), 8)
    assert [one["seq"] for one in taken] == list(range(3, 11))
    cursors = [query.split("&")[0] for query in fake.connected]
    assert cursors == ["since=2", "since=2", "since=5", "since=7", "since=7"]
    assert fake.connected[0] == "since=2&session=my-task&event=state_change"


async def test_events_from_now_on_start_at_the_present(fake: FakeDaemon, client: Client) -> None:
    fake.journal += [event(1), event(2)]
    fake.cut += [1]
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(take(client.events(), 2))
        while not fake.connected:
            await asyncio.sleep(0.01)
        fake.journal += [event(3), event(4)]
    assert [one["seq"] for one in taking.result()] == [3, 4]
    assert fake.connected == ["", "since=3"]


async def test_repeats_are_dropped(fake: FakeDaemon, client: Client) -> None:
    fake.journal += [event(1), event(2), event(2), event(1), event(3)]
    assert [one["seq"] for one in await take(client.events(0), 3)] == [1, 2, 3]


async def test_a_fresh_journal_is_followed_from_its_own_end(fake: FakeDaemon, client: Client) -> None:
    """After a new data directory the old cursor is beyond every event, and would hide them all."""
    fake.journal += [event(900)]
    stream = client.events(899)
    assert [one["seq"] for one in await take(stream, 1)] == [900]
    fake.journal[:] = [event(1), event(2)]
    fake.cut += [0]
    again = client.events(900)
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(take(again, 1))
        while len(fake.connected) < 3:
            await asyncio.sleep(0.01)
        fake.journal += [event(3)]
    assert [one["seq"] for one in taking.result()] == [3]


async def test_a_refused_stream_says_why(fake: FakeDaemon) -> None:
    with pytest.raises(errors.OutriderError):
        await take(Client(f"{fake.url}/elsewhere").events(0), 1)


def test_a_place_on_all_nodes_is_where_it_began_and_what_came_since() -> None:
    place = Everywhere(None)
    assert place.query() == [("nodes", "all")]
    place.connected({"type": "connected", "seq": 1, "cursor": "north@1f2e:1,south@9abc:2"})
    taken = [
        place.takes(message)
        for message in (
            {"event": "alert", "type": "alert", "node": "south", "cursor": "south@9abc:3"},
            {"type": "gap", "node": "west", "cursor": "west@77aa:9"},
            {"type": "node", "node": "west"},
        )
    ]
    assert taken == [True, True, False]
    assert place.query() == [("nodes", "all"), ("cursor", "north@1f2e:1,south@9abc:2,south@9abc:3,west@77aa:9")]
