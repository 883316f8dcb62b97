"""What only the bus of one process has: an end, and a count of its subscribers."""

import asyncio

import pytest

from outrider.bus.local import LocalBus, LocalSubscription
from outrider.model.event import Event, EventName, Fact


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _drain(subscription: LocalSubscription) -> list[int]:
    return [event.seq async for event in subscription]


async def test_closing_the_bus_ends_every_reader() -> None:
    bus = LocalBus()
    readers = [asyncio.ensure_future(_drain(bus.subscribe())) for _ in range(3)]
    await asyncio.sleep(0)
    bus.close()
    async with asyncio.timeout(40):
        assert await asyncio.gather(*readers) == [[], [], []]


async def test_subscribers_are_counted_until_they_close_or_are_cut_off() -> None:
    bus = LocalBus(buffer=1)
    closed, _slow, _kept = (bus.subscribe() for _ in range(3))
    closed.close()
    assert bus.health()["subscribers"] == 2
    _kept.close()
    for seq in (1, 2):
        bus.publish([Event(seq, "here", Fact(EventName.ALERT, "", 1))])
    assert (_slow.lagged, bus.health()["subscribers"]) == (True, 0)
