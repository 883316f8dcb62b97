"""What a node tells, through a Redis that forgets, and with keys that change."""

from pathlib import Path

import pytest

from fleet.node import eventually, node
from outrider.fleet import fleet, publisher
from redis_server import RedisServer


async def test_a_redis_that_forgot_its_last_moments_is_told_them_again(redis: RedisServer, tmp_path: Path) -> None:
    """As one that writes to its disk once a second does, and is back before anybody has asked it anything."""
    async with node("north", redis.url, tmp_path) as north:
        await north.tell(*range(5))
        feed = f"outrider:ev:north:{north.store.incarnation}"
        await eventually(lambda: redis.ask("XLEN", feed) == 5, "five events to be told")
        saved = redis.dump(feed)
        await north.tell(*range(5, 8))
        await eventually(lambda: redis.ask("XLEN", feed) == 8, "three more")
        redis.restore(feed, saved)
        await north.tell(8)
        await eventually(lambda: redis.seqs(feed) == list(range(1, 10)), "nothing to be missing")


async def test_an_end_of_the_feed_that_was_trimmed_is_where_it_ends_all_the_same(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with node("north", redis.url, tmp_path) as north:
        await north.tell(1, 2)
        feed = f"outrider:ev:north:{north.store.incarnation}"
        await eventually(lambda: redis.ask("XLEN", feed) == 2, "two events to be told")
    redis.ask("XTRIM", feed, "MAXLEN", "0")
    async with node("north", redis.url, tmp_path) as north:
        await north.tell(3)
        await eventually(lambda: redis.seqs(feed), "the third to be told")
        assert redis.seqs(feed) == [3]


async def test_what_was_told_of_an_agent_just_now_stays_also_where_no_event_is_as_young(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For who reads it a moment later: nothing else would tell him, until the agent changes again."""
    monkeypatch.setattr(publisher, "TRIM_S", 0)
    async with node("north", redis.url, tmp_path, agents=["rests"]) as north:
        feed = f"outrider:ev:north:{north.store.incarnation}"
        await eventually(lambda: redis.ask("XLEN", feed) == 1, "the agent to be told")
        before = redis.calls("xtrim")
        await eventually(lambda: redis.calls("xtrim") > before + 1, "the feed to be trimmed")
        assert redis.ask("XLEN", feed) == 1


async def test_keys_are_changed_without_anybody_being_misunderstood(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "KEYS_S", 0.05)
    old, new = "the key of the first year", "the key of the second year"
    async with node("south", redis.url, tmp_path, key=old, agents=["rests"]) as south:
        async with node("north", redis.url, tmp_path, key=old) as north:
            north.listen()
            await eventually(
                lambda: (north.sees(), south.sees()) == ({"south": True}, {"north": True}), "both to see both"
            )
            await eventually(lambda: len(north.fleet.feeds.places()) == 1, "north to listen to south")
            wanted = []
            for step, keys in enumerate(([old, new], [new, old], [new])):
                for each in (north, south):  # one after the other, and both at work in between
                    (tmp_path / each.name / "fleet.key").write_text("\n".join(keys), encoding="utf-8")
                    await eventually(lambda each=each, keys=keys: each.keys() == keys, f"{each.name} to read its keys")  # type: ignore[misc]
                    await south.outcome(await south.send("north", f"{step} {each.name}"))
                    await north.outcome(await north.send("south", f"{step} {each.name}"))
                    wanted.append(f"{step} {each.name}")
                    await south.tell(step)
            assert (north.typed, south.typed) == (wanted, wanted)
            await eventually(lambda: north.heard == [f"south {seq}" for seq in range(1, 7)], "every event to be heard")
            assert (north.sees(), south.sees()) == ({"south": True}, {"north": True})
            assert len(north.fleet.agents()) == 1
        async with node("north", redis.url, tmp_path) as north:  # what was told before the change, and not since
            await eventually(
                lambda: [each.agent["session"] for each in north.fleet.agents()] == ["south/rests"], "the agent"
            )
