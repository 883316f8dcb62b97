"""When the parts of a node try again."""

import asyncio

import pytest

from outrider.errors import Unavailable
from outrider.fleet.link import RETRY_S, SPREAD_S, Link


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_nodes_that_lost_it_together_look_for_it_at_moments_of_their_own(chance: float) -> None:
    assert Link(lambda: 1, lambda: chance).retry_s == pytest.approx(RETRY_S * (0.5 + chance))


async def test_while_it_is_lost_one_looks_for_it_and_the_others_wait_for_that() -> None:
    link = Link(lambda: 1, lambda: 0.0)
    others = [asyncio.ensure_future(link.again()) for _ in range(4)]
    for _ in range(3):
        link.lost(Unavailable("gone"))
        await asyncio.sleep(0)
    assert not any(each.done() for each in others)
    link.held()
    assert link.up
    async with asyncio.timeout(10 + SPREAD_S):
        await asyncio.gather(*others)
