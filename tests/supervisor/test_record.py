"""Changes become durable in their order, and wait where the store cannot be written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from outrider.errors import StoreError
from outrider.model.event import Event, EventName, Fact
from outrider.store import Change
from outrider.supervisor.record import Record, merged


class Disk:
    """A ledger that can be full."""

    def __init__(self) -> None:
        self.full = False
        self.written: list[str] = []

    async def commit(self, change: Change) -> tuple[Event, ...]:
        await asyncio.sleep(0)
        if self.full:
            raise StoreError("The disk is full.")
        self.written += [fact.session for fact in change.facts]
        return ()


def told(name: str) -> Change:
    return Change(facts=(Fact(EventName.STATE_CHANGE, name, 0),))


@asynccontextmanager
async def writing(record: Record) -> AsyncIterator[None]:
    task = asyncio.create_task(record.run())
    try:
        yield
    finally:
        task.cancel()


async def test_order_is_kept_and_commit_waits_for_all_before_it() -> None:
    disk = Disk()
    record = Record(disk)
    async with writing(record):
        for name in "abc":
            record.put(told(name))
        await record.commit(told("d"))
        assert disk.written == ["a", "b", "c", "d"]


async def test_a_full_disk_loses_nothing_and_is_told() -> None:
    disk = Disk()
    record = Record(disk, retry_s=0.01)
    disk.full = True
    async with writing(record):
        done: list[str] = []
        record.put(told("a"), lambda: done.append("a"))
        async with asyncio.timeout(40):
            while not record.why:
                await asyncio.sleep(0.005)
        assert (record.why, done) == ("The disk is full.", [])
        disk.full = False
        await asyncio.wait_for(record.commit(told("b")), 40)
    assert (disk.written, done, record.why) == (["a", "b"], ["a"], "")


async def test_a_full_disk_refuses_what_is_only_intended_and_keeps_what_happened() -> None:
    disk = Disk()
    record = Record(disk, retry_s=0.01)
    disk.full = True
    async with writing(record):
        kept = asyncio.create_task(record.keep(told("happened")))
        with pytest.raises(StoreError, match="full"):
            await asyncio.wait_for(record.commit(told("intended")), 40)
        await asyncio.wait_for(kept, 40)
        assert disk.written == []
        disk.full = False
        await asyncio.wait_for(record.commit(told("later")), 40)
    assert disk.written == ["happened", "later"]


def test_merging_keeps_every_fact_and_the_last_state_of_each_agent() -> None:
    one = merged([told("a"), Change(forgotten=("x",), durable=True), told("b")])
    assert [fact.session for fact in one.facts] == ["a", "b"]
    assert (one.forgotten, one.durable) == (("x",), True)
