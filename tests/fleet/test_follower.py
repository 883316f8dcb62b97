"""What other nodes told, where somebody else has written into their feed too."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import pytest

from fleet.node import KEY, Ear, eventually, node
from outrider.errors import Unavailable
from outrider.fleet.agents import RemoteAgents, told_of
from outrider.fleet.follower import Follower
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership
from outrider.fleet.publisher import purpose
from outrider.logic.seal import Seal
from outrider.model import wire
from outrider.model.event import Event, EventName, Fact
from outrider.model.fleet import Entry, Feed, Place
from outrider.ports import Broker
from redis_server import RedisServer
from web.engine_double import make_agent

SOUTH = Feed("south", "1f2e")
SEAL = Seal([KEY])


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


class LittleBroker:
    """Has south's feed; `meanwhile` happens whenever its agents are asked for, and may fail."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def tells(self, seq: int) -> None:
        place, event = Place(seq), Event(seq, "south", Fact(EventName.PROGRESS, "task", seq, {}))
        body = SEAL.close(purpose(SOUTH, place), wire.event_text(event))
        self.entries.append(Entry(SOUTH, place, body))

    async def newest(self, feed: Feed) -> Place | None:
        return self.entries[-1].place if self.entries else None

    async def states(self, feed: Feed) -> Mapping[str, str]:
        self.meanwhile()
        told = told_of(wire.agent_json(make_agent("task", at=1)), None)
        return {"task": SEAL.close("agent south task", told)}

    async def read(self, after: Mapping[Feed, Place], *, wait_ms: int) -> list[Entry]:
        return [each for each in self.entries if each.feed in after and each.place > after[each.feed]]


class LittleMembership:
    """Knows south until it is forgotten."""

    def __init__(self) -> None:
        self.known = {SOUTH}
        self.changed: Callable[[object], None] = lambda _: None
        self.gone: Callable[[str], None] = lambda _: None

    def feeds(self) -> set[Feed]:
        return set(self.known)

    def forget(self) -> None:
        self.known.clear()
        self.gone("south")


class Ears:
    """A follower on these, step by step."""

    def __init__(self) -> None:
        self.broker, self.membership, self.agents = LittleBroker(), LittleMembership(), RemoteAgents()
        self.heard: list[str] = []
        self.follower = Follower(
            self.agents,
            own=lambda: Feed("north", "0a0b"),
            broker=cast("Broker", self.broker),
            seal=SEAL,
            link=Link(lambda: 0, lambda: 0.5),
            membership=cast("Membership", self.membership),
        )
        self.follower.listener = Ear(self.heard)

    async def step(self) -> None:
        """What `run` does in one turn."""
        await self.follower._settle()
        for entry in await self.broker.read(self.follower._places, wait_ms=0):
            await self.follower._take(entry)


async def test_an_event_behind_a_gap_is_heard_although_the_broker_fails_just_then() -> None:
    def away() -> None:
        raise Unavailable("Redis cannot be used.")

    north = Ears()
    north.broker.tells(1)
    await north.step()
    north.broker.tells(4)
    north.broker.meanwhile = away
    with pytest.raises(Unavailable):
        await north.step()
    assert north.heard == []
    north.broker.meanwhile = lambda: None
    await north.step()
    assert north.heard == ["south 1..4", "south 4"]
    assert [event.seq for event in await north.follower.past(SOUTH, 3, 10)] == [4]


async def test_a_node_that_is_forgotten_while_its_agents_are_read_leaves_none_behind() -> None:
    north = Ears()
    north.broker.meanwhile = north.membership.forget
    await north.step()
    assert (len(north.agents), north.follower.places()) == (0, {})
