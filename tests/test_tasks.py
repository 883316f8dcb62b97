"""Tasks end also where a cancellation is lost."""

import asyncio

from outrider.tasks import ended


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost += 1
                if lost > 2:
                    raise

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await ended([task], again_s=0.01)
    assert task.cancelled()
    assert lost == 3


async def test_what_has_ended_is_left_alone() -> None:
    async def fails() -> None:
        raise ValueError("mine")

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    await ended([task])
    assert str(task.exception()) == "mine"
