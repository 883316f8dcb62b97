"""What comes in the Redis's name: only who has the fleet's key has anything done, once, and only where the node lets him."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fleet.node import KEY, PERSON, Node, eventually, node
from outrider.errors import Forbidden, TimedOut
from outrider.logic.seal import Seal
from outrider.model.fleet import Call, Delivery
from outrider.store import care
from outrider.store.directory import DATABASE
from redis_server import RedisServer

KILL = Call("POST", "/api/agents/task/kill", "", "", PERSON)
PAST, FUTURE = 1, 9_999_999_999_999


async def read(redis: RedisServer, *nodes: Node) -> None:
    """Waits until they have read all letters to them."""
    for each in nodes:
        await eventually(lambda each=each: redis.letters(each.name) == [], f"{each.name} to have read its letters")  # type: ignore[misc]


async def test_who_can_write_to_redis_has_nothing_typed_and_what_was_said_is_said_once(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with node("north", redis.url, tmp_path) as north:
        async with node("south", redis.url, tmp_path):
            await eventually(lambda: north.sees() == {"south": True}, "north to see south")
        await north.send("south", "hello")
        await eventually(lambda: redis.letters("south"), "the command to be carried")
        with pytest.raises(TimedOut):
            await north.fleet.call("south", KILL, limit_s=0.2)
        recorded = await eventually(
            lambda: found if len(found := redis.letters("south")) == 2 else None, "both letters"
        )
        assert isinstance(recorded, list)
        command, call = recorded
        digest, _, body = command.partition(".")
        async with node("south", redis.url, tmp_path) as south, node("west", redis.url, tmp_path) as west:
            await eventually(lambda: south.typed == ["hello"], "south to type it")
            await read(redis, south)
            for letter in (command, call, command):  # again, and again
                redis.put_letter("south", letter)
                redis.put_letter("west", letter)  # and to somebody else
            stranger = Seal(["a key of somebody else's fleet"])
            told = {**json.loads(body), "id": "made-up", "until": FUTURE}
            order = {
                "from": "north",
                "at": FUTURE,
                "kind": "call",
                "id": "x",
                "until": FUTURE,
                "call": json.loads("{}"),
            }
            for letter in (
                body,
                f"{'0' * 64}.{body}",
                f"{digest}.{body.replace('hello', 'rm -rf /')}",
                stranger.close("letter south", json.dumps(told)),
                stranger.close("letter south", json.dumps(order)),
                Seal([KEY]).close("letter north", json.dumps(told)),  # as if it had been one to north
                Seal([KEY]).close("entry south 1 1-0", json.dumps(told)),
                "",
                "\x00\ud7ff",
            ):
                redis.put_letter("south", letter)
            redis.ask("XADD", "outrider:cmd:south", "*", "c", "no body")
            redis.ask("XADD", "outrider:cmd:south", "*", "b", b"\xff\xfe")
            redis.ask("HSET", "outrider:nodes", b"\xff", b"\xff")
            await read(redis, south, west)
            assert south.typed == ["hello"]
            assert (south.served, west.typed, west.served) == (
                [],
                [],
                [],
            )  # the call came when nobody waited for it any more
            assert (await north.fleet.call("south", KILL)).status == 200
            assert south.served == ["POST /api/agents/task/kill"]
        async with node("south", redis.url, tmp_path) as south:  # what it did is on its disk
            redis.put_letter("south", command)
            await read(redis, south)
            assert south.typed == []


async def test_a_call_is_performed_once_while_it_can_be_heard_again(redis: RedisServer, tmp_path: Path) -> None:
    asked = {"method": "POST", "path": "/api/agents/task/kill", "query": "", "body": ""}
    call = {"call": {**asked, "actor": {"name": "uid:1000", "scope": "write"}}, "from": "north", "kind": "call"}
    seal = Seal([KEY])
    async with node("south", redis.url, tmp_path) as south:
        for call_id, until in (("once", FUTURE), ("once", FUTURE), ("late", PAST)):
            letter = {**call, "id": call_id, "until": until, "at": FUTURE}
            redis.put_letter("south", seal.close("letter south", json.dumps(letter)))
        await eventually(lambda: len(redis.letters("north")) == 1, "the answer")
        await read(redis, south)
        assert south.served == ["POST /api/agents/task/kill"]


async def test_a_node_that_is_not_to_be_steered_refuses_what_bears_the_key_too(
    redis: RedisServer, tmp_path: Path
) -> None:
    """`north` does not ask by itself: it is told so by the card. Here it asks all the same."""
    async with node("north", redis.url, tmp_path) as north, node("south", redis.url, tmp_path, steer=False) as south:
        await eventually(lambda: north.sees() == {"south": True}, "north to see south")
        refused = await north.outcome(await north.send("south", "hello"))
        assert refused.status is Delivery.REFUSED
        assert "south is not steered by other nodes (fleet.steer)" in str(refused.error)
        reply = await north.fleet.call("south", KILL)
        assert (reply.status, "fleet.steer" in reply.body) == (403, True)
        with pytest.raises(Forbidden, match=r"fleet\.steer"):
            await north.fleet.drain("south", PERSON, on=True)
        looked = await north.fleet.call("south", Call("GET", "/api/agents/task/output", "", "", PERSON))
        assert looked.status == 200
        assert (south.typed, south.served) == ([], ["GET /api/agents/task/output"])


def restored(copy: Path, data: Path) -> None:
    """As `outrider db restore` does it."""
    care.restore(copy, data, now_ms=1)


def file_put_back(copy: Path, data: Path) -> None:
    """By hand: the file says that it is the same database."""
    lost(copy, data)
    data.joinpath(DATABASE).write_bytes(copy.read_bytes())


def folder_put_back(copy: Path, data: Path) -> None:
    """By hand, with what stands beside it: the Redis alone knows how far the database had come."""
    file_put_back(copy, data)
    data.joinpath("typed.tally").unlink()


def lost(copy: Path, data: Path) -> None:
    """The disk with it: it begins anew."""
    for part in data.glob(f"{DATABASE}*"):
        part.unlink()


async def unheard(letter: object) -> None:
    """A word of another node that is lost."""


@pytest.mark.parametrize("becomes", [restored, file_put_back, folder_put_back, lost])
async def test_another_database_types_nothing_that_the_one_before_may_have_typed(
    redis: RedisServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    becomes: Callable[[Path, Path], None],
) -> None:
    """South has typed the first, and its word of it was lost; the second waits for it. What is sent to the new one is typed."""
    copy = tmp_path / "copy"
    async with node("north", redis.url, tmp_path) as north:
        async with node("south", redis.url, tmp_path) as south:
            await south.tell(1)
            await eventually(lambda: north.sees() == {"south": True}, "north to see south")
            with (
                closing(sqlite3.connect(tmp_path / "south" / DATABASE)) as reading,
                closing(sqlite3.connect(copy)) as to,
            ):
                reading.backup(to)
            former = south.store.incarnation
            feed = f"outrider:ev:south:{former}"
            monkeypatch.setattr(north.fleet._outgoing, "receipt", unheard)
            typed = await north.send("south", "typed")
            await eventually(lambda: south.typed == ["typed"], "south to type it")
            await south.tell(2)
            await eventually(lambda: len(redis.seqs(feed)) > 1, "what it told since to be kept")
        waits = await north.send("south", "waits")
        await eventually(lambda: len(redis.letters("south")) > 1, "both to be carried")
        monkeypatch.undo()
        becomes(copy, tmp_path / "south")
        if becomes is file_put_back:
            redis.ask("FLUSHALL")
        async with node("south", redis.url, tmp_path) as south:
            for parcel in (typed, waits):
                ended = await north.outcome(parcel)
                assert ended.status is Delivery.DOUBTFUL
                assert "south's database is another one than when this was sent" in str(ended.error)
            assert south.typed == []
            assert south.store.incarnation != former
            await eventually(lambda: north.knows("south") == south.store.incarnation, "north to know the new one")
            assert (await north.outcome(await north.send("south", "new"))).status is Delivery.TAKEN
            assert south.typed == ["new"]


async def test_what_was_never_handed_over_goes_to_the_first_database_that_is_there(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with node("north", redis.url, tmp_path) as north:
        early = await north.send("south", "before south has spoken")
        await eventually(lambda: redis.connections() and north.fleet.health()["status"] == "ok", "north to be there")
        async with node("south", redis.url, tmp_path) as south:
            assert (await north.outcome(early)).status is Delivery.TAKEN
            assert south.typed == ["before south has spoken"]
