"""Who is there: a broker that loses everything takes nobody out of the list, also not who ends in the same moment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from fleet.node import KEY
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership
from outrider.logic.seal import Seal
from outrider.model.fleet import Feed, NodeCard, Register
from outrider.model.fleet_wire import card_text
from outrider.ports import Broker

SEAL = Seal([KEY])
CARD = NodeCard("north", "0a0b", "1", (), 0, 0, 0.0, 0, 0, 0, steer=True, draining=False)
AWAY_S = 5.0


class LittleBroker:
    """Keeps cards until it loses them; everybody has the name that is asked for."""

    def __init__(self) -> None:
        self.now_ms = 1000
        self.cards: dict[str, str] = {}

    def hears(self, node: str) -> None:
        """A sign of life of another node."""
        card = replace(CARD, node=node, incarnation=node, stamp_ms=self.now_ms)
        self.cards[node] = SEAL.close(f"card {node}", card_text(card))

    async def claim(self, feed: Feed, owner: str, ttl_ms: int) -> Register:
        return Register(self.now_ms, owner, owner, dict(self.cards))

    async def announce(self, feed: Feed, card: str, ttl_ms: int) -> None:
        self.cards[feed.node] = card

    async def remind(self, cards: Mapping[str, str]) -> None:
        self.cards = {**cards, **self.cards}


async def test_who_ends_while_the_broker_loses_everything_stays_in_the_list_as_away() -> None:
    broker = LittleBroker()
    north = Membership(
        lambda: CARD,
        site="here",
        broker=cast("Broker", broker),
        seal=SEAL,
        link=Link(lambda: broker.now_ms, lambda: 0.5),
        clock=lambda: broker.now_ms,
        monotonic=lambda: broker.now_ms / 1000,
        heartbeat_s=1,
        away_s=AWAY_S,
    )
    gone: list[str] = []
    north.gone = gone.append

    async def beats(*alive: str) -> None:
        broker.now_ms += 1000
        for node in alive:
            broker.hears(node)
        await north.beat()
        north._look_round()

    await beats("south", "east")
    broker.cards.clear()  # and south is heard of no more
    await beats()
    for _ in range(round(AWAY_S) + 3):
        await beats("east")
    assert {node["node"]: node["away"] is not None for node in north.shown()} == {
        "north": False,
        "east": False,
        "south": True,
    }
    assert "south" in broker.cards
    assert gone == []
    del broker.cards["south"]  # forgotten on purpose, on another node
    await beats("east")
    assert gone == ["south"]
