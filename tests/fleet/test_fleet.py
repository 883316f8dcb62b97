"""Three nodes over lines that are bad: nothing lost, nothing twice, and everybody's clock wrong."""

import os
from pathlib import Path

import pytest

from fleet.node import PERSON, eventually, node
from fleet.relay import relay
from outrider.errors import Conflict, TooMany
from outrider.model.fleet import Delivery
from redis_server import RedisServer

FIVE_MINUTES_MS = 300_000


async def test_a_slow_line_that_is_cut_a_redis_that_is_killed_and_clocks_that_are_off(
    redis: RedisServer, tmp_path: Path
) -> None:
    """South is 200 ms away (there and back), loses one in twenty, is five minutes early, and cut off; west is five minutes late."""
    async with (
        relay(redis.host, redis.port, delay_s=0.1, loss=0.05) as line,
        node("north", redis.url, tmp_path, away_s=2) as north,
        node("south", line.url, tmp_path, away_s=2, skew_ms=FIVE_MINUTES_MS, agents=["rests"]) as south,
        node("west", redis.url, tmp_path, away_s=2, skew_ms=-FIVE_MINUTES_MS) as west,
    ):
        everybody = (north, south, west)
        for each in everybody:
            each.listen()
            others = {other.name: True for other in everybody if other is not each}
            await eventually(lambda each=each, others=others: each.sees() == others, f"{each.name} to see all")  # type: ignore[misc]
        await eventually(lambda: all(len(each.fleet.feeds.places()) == 2 for each in everybody), "all to listen to all")
        await eventually(lambda: len(north.fleet.agents()) == 1, "south's agent to be listed")
        offsets = {told["node"]: round(told["clock_offset_ms"] / 60_000) for told in north.fleet.nodes()}
        assert offsets == {"north": 0, "south": 5, "west": -5}

        sent = [await north.send("south", "1"), await west.send("south", "w1")]
        await south.tell(1, 2)
        line.cut()
        sent += [await north.send("south", "2"), await south.send("north", "s1")]
        short = await west.send("south", "too late", expires_s=0.1)
        await south.tell(3)
        await north.tell(1)
        await eventually(lambda: (north.sees()["south"], west.sees()["south"]) == (False, False), "south to be away")
        assert all(agent.agent["away"] for agent in north.fleet.agents())
        redis.kill9()
        sent.append(await north.send("south", "3"))
        await west.tell(1, 2)
        await eventually(lambda: north.fleet.health()["status"] == "degraded", "north to say that it is alone")
        redis.start()
        line.mend()
        await south.tell(4)

        for parcel, sender in zip(sent, (north, west, north, south, north), strict=True):
            assert (await sender.outcome(parcel)).status is Delivery.TAKEN
        told_late = await west.outcome(
            short
        )  # it may have been taken while the line was cut: then it says that it cannot tell
        assert told_late.status in {Delivery.EXPIRED, Delivery.UNCERTAIN}
        assert [text for text in south.typed if text != "w1"] == ["1", "2", "3"]
        assert (south.typed.count("w1"), north.typed) == (1, ["s1"])
        wanted = {"north": [1], "south": [1, 2, 3, 4], "west": [1, 2]}
        for each in everybody:
            events = {f"{name} {seq}" for name, seqs in wanted.items() if name != each.name for seq in seqs}
            await eventually(lambda each=each, events=events: set(each.heard) == events, f"{each.name} to hear all")  # type: ignore[misc]
            assert len(each.heard) == len(events), each.heard
            for name in wanted:
                assert [line for line in each.heard if line.startswith(name)] == sorted(
                    line for line in each.heard if line.startswith(name)
                )
        await eventually(lambda: all(all(each.sees().values()) for each in everybody), "nobody to be away")
        await eventually(lambda: "away" not in north.fleet.agents()[0].agent, "south's agent to be there again")
        await eventually(lambda: all(each.fleet.health()["status"] == "ok" for each in everybody), "all to be well")


async def test_any_node_is_the_one_with_the_least_to_do_that_has_the_labels_and_takes_agents_in(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    async with (
        node("north", redis.url, tmp_path, agents=["a", "b"]) as north,
        node("south", redis.url, tmp_path, labels="gpu,big", agents=["a"]) as south,
        node("west", redis.url, tmp_path, labels="gpu") as west,
        node("closed", redis.url, tmp_path, labels="gpu", steer=False),
    ):
        await eventually(lambda: len(north.sees()) == 3, "north to see all")
        assert [north.fleet.choose(labels) for labels in ([], ["gpu"], ["gpu", "big"])] == ["west", "west", "south"]
        west.has("a")
        west.has("b")
        await eventually(lambda: north.fleet.choose(["gpu"]) == "south", "west to have more to do")
        await south.fleet.drain("south", PERSON, on=True)
        await eventually(lambda: north.fleet.choose(["gpu"]) == "west", "south to take none in")
        with pytest.raises(Conflict, match="No node with the labels gpu, big takes agents in now"):
            north.fleet.choose(["gpu", "big"])
        with pytest.raises(Conflict, match="south is being drained"):
            south.fleet.admit()


async def test_what_waits_while_others_or_redis_are_away_is_bounded(redis: RedisServer, tmp_path: Path) -> None:
    async with (
        node("north", redis.url, tmp_path, events_max=5, outbox_max=2) as north,
        node("south", redis.url, tmp_path) as south,
    ):
        south.listen()
        await eventually(south.fleet.feeds.places, "south to listen to north")
        await north.tell(1, 2, 3)
        await eventually(lambda: south.heard == ["north 1", "north 2", "north 3"], "south to hear it")
        redis.kill9()
        await north.tell(*range(4, 24))
        sent = [await north.send("south", "one"), await north.send("south", "two")]
        with pytest.raises(TooMany, match="2 commands wait for other nodes already"):
            await north.send("south", "three")
        redis.start(wiped=True)
        for parcel in sent:
            assert (await north.outcome(parcel)).status is Delivery.TAKEN
        assert south.typed == ["one", "two"]
        wanted = ["north 1", "north 2", "north 3", "north 3..19", *(f"north {seq}" for seq in range(19, 24))]
        await eventually(lambda: south.heard == wanted, "south to hear the newest, and of the gap")
