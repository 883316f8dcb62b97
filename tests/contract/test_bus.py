"""What every bus keeps, whatever carries it."""

import asyncio
from collections.abc import Callable

import pytest

from outrider.bus.local import LocalBus
from outrider.model.event import Event, EventName, Fact
from outrider.ports import Bus, Subscription

BUFFER = 10
MakeBus = Callable[[], Bus]


def _local() -> Bus:
    return LocalBus(buffer=BUFFER)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=[_local], ids=["local"])
async def bus(request: pytest.FixtureRequest) -> Bus:
    make: MakeBus = request.param
    return make()


def _events(first: int, last: int) -> list[Event]:
    return [Event(seq, "here", Fact(EventName.PROGRESS, "task", 1)) for seq in range(first, last + 1)]


async def _take(subscription: Subscription, count: int) -> list[int]:
    taken: list[int] = []
    async with asyncio.timeout(40):
        async for event in subscription:
            taken.append(event.seq)
            if len(taken) == count:
                break
    return taken


async def test_everybody_gets_everything_from_their_subscription_on_in_order(bus: Bus) -> None:
    early = bus.subscribe()
    bus.publish(_events(1, 3))
    late = bus.subscribe()
    bus.publish(_events(4, 5))
    bus.publish([])
    assert (await _take(early, 5), await _take(late, 2)) == ([1, 2, 3, 4, 5], [4, 5])
    early.close()
    late.close()


async def test_a_reader_that_waits_is_woken(bus: Bus) -> None:
    subscription = bus.subscribe()
    reading = asyncio.ensure_future(_take(subscription, 2))
    for seq in (1, 2):
        await asyncio.sleep(0)
        bus.publish(_events(seq, seq))
    assert await reading == [1, 2]
    subscription.close()


async def test_who_falls_behind_is_cut_off_and_told_and_nobody_else_notices(bus: Bus) -> None:
    slow, quick = bus.subscribe(), bus.subscribe()
    for seq in range(1, BUFFER + 2):
        bus.publish(_events(seq, seq))
        assert await _take(quick, 1) == [seq]
    bus.publish(_events(99, 99))
    seen = await _take(slow, BUFFER + 1)
    assert seen == list(range(1, len(seen) + 1))  # perhaps some of the first, never one from behind the gap
    assert len(seen) <= BUFFER
    assert (slow.lagged, quick.lagged) == (True, False)
    assert await _take(quick, 1) == [99]
    slow.close()
    quick.close()


async def test_as_many_as_the_buffer_holds_may_wait(bus: Bus) -> None:
    subscription = bus.subscribe()
    bus.publish(_events(1, BUFFER))
    assert (await _take(subscription, BUFFER), subscription.lagged) == (list(range(1, BUFFER + 1)), False)
    subscription.close()


async def test_closing_ends_a_waiting_reader_in_good_order(bus: Bus) -> None:
    subscription = bus.subscribe()
    reading = asyncio.ensure_future(_take(subscription, 1))
    await asyncio.sleep(0)
    subscription.close()
    subscription.close()
    bus.publish(_events(1, 1))
    assert (await reading, subscription.lagged) == ([], False)
