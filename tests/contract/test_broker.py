"""What every broker keeps, whatever carries it; run on a real server (Redis, or Valkey where that is installed)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest

from outrider.bus.redis import RedisBroker
from outrider.errors import Unavailable
from outrider.model.fleet import BEGINNING, Feed, Place
from outrider.ports import Broker
from redis_server import RedisServer

FEED = NORTH = Feed("north", "1f2e")
SOUTH = Feed("south", "9abc")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[RedisServer]:
    running = RedisServer()
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
async def broker(server: RedisServer) -> AsyncIterator[Broker]:
    made: Broker = RedisBroker(server.url)
    yield made
    await made.close()


def _entries(*seqs: int) -> list[tuple[Place, str]]:
    return [(Place(seq), f"event {seq}") for seq in seqs]


async def _seqs(broker: Broker, after: Place, feed: Feed = FEED) -> list[int]:
    return [entry.place.seq for entry in await broker.read({feed: after}, wait_ms=10)]


async def test_a_feed_is_read_in_order_from_any_place_on(broker: Broker) -> None:
    await broker.publish(FEED, _entries(1, 2, 3), {})
    assert await _seqs(broker, BEGINNING) == [1, 2, 3]
    assert await _seqs(broker, Place(2)) == [3]
    assert [(entry.place, entry.body) for entry in await broker.past(FEED, Place(1), 1)] == [(Place(2), "event 2")]
    assert await broker.newest(FEED) == Place(3)


async def test_what_is_published_again_stands_there_once(broker: Broker) -> None:
    await broker.publish(FEED, _entries(1, 2), {})
    await broker.publish(FEED, [*_entries(1, 2), (Place(2, 7), "an agent"), *_entries(3)], {})
    assert [entry.place for entry in await broker.read({FEED: BEGINNING}, wait_ms=10)] == [
        Place(1),
        Place(2),
        Place(2, 7),
        Place(3),
    ]


async def test_a_reader_that_waits_is_woken_by_any_of_its_feeds(broker: Broker) -> None:
    other = Feed("south", "9a")
    reading = asyncio.ensure_future(broker.read({FEED: BEGINNING, other: BEGINNING}, wait_ms=4000))
    await asyncio.sleep(0)
    await broker.publish(other, _entries(5), {})
    assert [(entry.feed, entry.place.seq) for entry in await asyncio.wait_for(reading, 3)] == [(other, 5)]


async def test_another_database_of_the_same_node_is_another_feed(broker: Broker) -> None:
    await broker.publish(FEED, _entries(1, 2, 3), {})
    restored = Feed(FEED.node, "77aa")
    await broker.publish(restored, _entries(1), {})
    assert await _seqs(broker, BEGINNING, restored) == [1]
    await broker.drop(FEED)
    assert (await broker.newest(FEED), await broker.newest(restored)) == (None, Place(1))


async def test_what_is_trimmed_is_seen_as_a_gap_by_its_seq(broker: Broker) -> None:
    await broker.publish(FEED, _entries(1, 2, 3, 4), {})
    await broker.trim(FEED, Place(3))
    assert await _seqs(broker, Place(1)) == [3, 4]


async def test_of_each_agent_the_latest_is_kept(broker: Broker) -> None:
    await broker.publish(FEED, [], {"a": "idle", "b": "idle"})
    await broker.publish(FEED, [], {"a": "working", "b": None})
    assert await broker.states(FEED) == {"a": "working"}


async def test_who_reads_the_newest_place_and_then_the_states_finds_what_was_told_there(
    broker: Broker, server: RedisServer
) -> None:
    """Others are served between two commands of one node, where those are long."""
    server.ask("CONFIG", "SET", "slowlog-log-slower-than", "0")
    await broker.publish(FEED, [(Place(1, 1), "an agent")], {"a": "idle", "b": None})
    told = cast("list[tuple[int, int, int, list[str]]]", server.ask("SLOWLOG", "GET", "6"))
    words = [command[0] for _, _, _, command, *_ in reversed(told)]
    assert [word for word in words if word in {"XADD", "HSET", "HDEL"}] == ["HSET", "HDEL", "XADD"]


async def test_a_name_and_a_database_belong_to_one_until_its_time_is_over(broker: Broker) -> None:
    assert (await broker.claim(NORTH, "one", 60_000))[1:3] == ("one", "one")
    assert (await broker.claim(NORTH, "two", 60_000))[1:3] == ("one", "one")
    assert (await broker.claim(Feed("north", "another"), "two", 60_000))[1:3] == ("one", "two")
    assert (await broker.claim(Feed("another", NORTH.incarnation), "two", 60_000))[1:3] == ("two", "one")
    await broker.hold(NORTH, "three", 60_000)
    assert (await broker.claim(NORTH, "one", 60_000))[1:3] == ("three", "three")
    await broker.announce(NORTH, "card", 1)

    async def free() -> bool:
        return (await broker.claim(NORTH, "two", 60_000))[1:3] == ("two", "two")

    async with asyncio.timeout(40):
        while not await free():
            await asyncio.sleep(0.01)


async def test_cards_of_nodes_stay_until_they_are_forgotten(broker: Broker) -> None:
    await broker.announce(NORTH, "card 1", 1000)
    await broker.announce(NORTH, "card 2", 1000)
    await broker.announce(SOUTH, "card", 1000)
    await broker.forget("south")
    await broker.remind({"north": "card 1", "west": "card"})  # what is there is newer
    assert (await broker.claim(NORTH, "one", 1000)).cards == {"north": "card 2", "west": "card"}


async def test_letters_come_in_order_and_again_until_they_are_done(broker: Broker, server: RedisServer) -> None:
    marks = await broker.send([("north", "letter 0"), ("south", "another"), ("north", "letter 1")])
    assert len(marks) == 3
    await broker.send([("north", "letter 2")])
    assert await broker.send([]) == []
    taken = await broker.receive("north", wait_ms=10)
    assert [letter.body for letter in taken] == ["letter 0", "letter 1", "letter 2"]
    await broker.done("north", [taken[0].mark])
    after_crash = RedisBroker(server.url)
    again = await after_crash.receive("north", wait_ms=10)
    assert [letter.body for letter in again] == ["letter 1", "letter 2"]
    await after_crash.done("north", [letter.mark for letter in again])
    assert await after_crash.receive("north", wait_ms=10) == []
    await after_crash.close()


async def test_only_a_letter_that_nobody_saw_is_withdrawn_for_sure(broker: Broker) -> None:
    [unseen] = await broker.send([("north", "unseen")])
    assert await broker.standing("north", [unseen, "1-1"]) == {unseen}
    assert await broker.withdraw("north", unseen)
    assert await broker.receive("north", wait_ms=10) == []
    [seen] = await broker.send([("north", "seen")])
    taken = await broker.receive("north", wait_ms=10)
    assert not await broker.withdraw("north", seen)
    await broker.done("north", [letter.mark for letter in taken])
    assert not await broker.withdraw("north", seen)


async def test_after_it_was_gone_it_works_again_and_letters_are_not_stranded(
    broker: Broker, server: RedisServer
) -> None:
    await broker.send([("north", "before")])
    await broker.receive("north", wait_ms=10)
    server.kill9()
    with pytest.raises(Unavailable):
        await broker.receive("north", wait_ms=10)
    server.start()
    assert [letter.body for letter in await broker.receive("north", wait_ms=10)] == ["before"]
    server.kill9()
    server.start(wiped=True)
    with pytest.raises(Unavailable):  # the connection that it had, or the group that is gone with everything
        await broker.receive("north", wait_ms=10)
    await broker.send([("north", "after")])
    assert [letter.body for letter in await broker.receive("north", wait_ms=10)] == ["after"]


async def test_a_line_is_heard_in_its_order_and_may_be_taken_away(broker: Broker) -> None:
    await broker.pour("v1:out", 1, ["one", "two"])
    await broker.pour("v1:out", 3, ["three"])
    assert await broker.drawn("v1:out", 1, wait_ms=10) == [(2, "two"), (3, "three")]
    assert await broker.drawn("v1:in", 0, wait_ms=10) == []
    with pytest.raises(Unavailable):  # what was said is not said again
        await broker.pour("v1:out", 2, ["two"])
    await broker.dry("v1:out")
    assert await broker.drawn("v1:out", 0, wait_ms=10) == []


async def test_its_clock_is_the_time(broker: Broker) -> None:
    first = (await broker.claim(NORTH, "one", 1000)).now_ms
    assert first > 1_700_000_000_000
    assert (await broker.claim(NORTH, "one", 1000)).now_ms >= first


async def test_a_password_and_a_prefix_of_our_own(server: RedisServer) -> None:
    """A user of Redis that may touch our keys and nothing else is enough."""
    admin = RedisBroker(server.url)
    rules = "on >geheim resetkeys ~ours:* resetchannels -@all +@stream +@hash +@keyspace +@string +@connection +@transaction +time"
    await admin._ask("ACL", "SETUSER", "outrider", *rules.split())
    await admin.close()
    limited = RedisBroker(server.url.replace("redis://", "redis://outrider:geheim@"), prefix="ours:")
    await limited.publish(FEED, _entries(1), {"a": "idle"})
    await limited.claim(NORTH, "one", 1000)
    await limited.hold(NORTH, "one", 1000)
    await limited.announce(NORTH, "card", 1000)
    await limited.remind({"south": "card"})
    [mark] = await limited.send([("north", "letter")])
    taken = await limited.receive("north", wait_ms=10)
    await limited.done("north", [letter.mark for letter in taken])
    assert not await limited.withdraw("north", mark)
    assert await _seqs(limited, BEGINNING) == [1]
    await limited.trim(FEED, Place(1))
    await limited.forget("north")
    await limited.close()
    elsewhere = RedisBroker(server.url.replace("redis://", "redis://outrider:geheim@"), prefix="theirs:")
    with pytest.raises(Unavailable, match="permission"):
        await elsewhere.announce(NORTH, "card", 1000)
    await elsewhere.close()
    wrong = RedisBroker(server.url.replace("redis://", "redis://outrider:falsch@"), prefix="ours:")
    with pytest.raises(Unavailable, match=r"password|WRONGPASS"):
        await wrong.claim(NORTH, "one", 1000)
    await wrong.close()
