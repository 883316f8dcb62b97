"""What other nodes told, where somebody else has written into their feed too."""

from pathlib import Path

from fleet.node import eventually, node
from redis_server import RedisServer


async def test_an_entry_that_is_not_believed_and_what_it_displaced_is_a_gap_that_is_told(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with (
        node("north", redis.url, tmp_path) as north,
        node("south", redis.url, tmp_path, agents=["rests"]) as south,
    ):
        north.listen()
        await eventually(north.fleet.feeds.places, "north to listen to south")
        await eventually(lambda: len(north.fleet.agents()) == 1, "south's agent to be listed")
        feed = f"outrider:ev:south:{south.store.incarnation}"
        await south.tell(1, 2)
        await eventually(lambda: north.heard == ["south 1", "south 2"], "north to hear it")
        redis.ask("XADD", feed, "3-0", "b", "made up")
        await south.tell(3)
        await south.tell(4)
        await eventually(lambda: north.heard[2:] == ["south 2..4", "south 4"], "north to tell of the gap")
        assert [agent.agent["session"] for agent in north.fleet.agents()] == ["south/rests"]
