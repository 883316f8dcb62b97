"""Three nodes over lines that are bad: nothing lost, nothing twice, and everybody's clock wrong."""

from pathlib import Path

from fleet.node import eventually, node
from fleet.relay import relay
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
