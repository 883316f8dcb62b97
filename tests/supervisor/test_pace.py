"""Turns are taken in order, and what began is counted, not what was let through."""

import asyncio
import random
import time

from outrider.logic.rates import SlidingWindow
from outrider.supervisor.pace import Pace


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def test_no_more_begin_in_any_second_however_long_each_looks_and_in_the_order_of_coming() -> None:
    pace, let, begun, looks = Pace(20, now_ms), list[int](), list[int](), random.Random(4)

    async def one(number: int) -> None:
        async with pace.turn(SlidingWindow(2)) as turn:
            let.append(number)
            await asyncio.sleep(looks.uniform(0, 0.1))
            if number % 5:
                begun.append(now_ms())
                turn.begun()

    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(one(number))
    assert let == sorted(let)
    assert len(begun) == 40
    assert max(sum(first <= at < first + 1000 for at in begun) for first in begun) <= 20


async def test_a_turn_in_which_nothing_began_is_given_to_the_next_at_once() -> None:
    pace, came = Pace(0.001, now_ms), asyncio.Event()

    async def next_one() -> None:
        async with pace.turn(SlidingWindow(1)):
            came.set()

    async with asyncio.TaskGroup() as group, asyncio.timeout(60):
        async with pace.turn(SlidingWindow(1)):
            group.create_task(next_one())
            for _ in range(10):
                await asyncio.sleep(0)
            assert not came.is_set()
        await came.wait()
