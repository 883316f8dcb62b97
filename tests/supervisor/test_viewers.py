"""Control of a terminal: one viewer has it, and who had it is written down with what was typed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import cast

from outrider.model.actor import Actor, Scope
from outrider.model.pane import Glimpse, PaneRef
from outrider.ports import LivePanes
from outrider.store import Change
from outrider.supervisor.crew import Crew
from outrider.supervisor.record import Record
from outrider.supervisor.viewers import Viewers
from supervisor.stage import REF


class LittlePanes:
    """A pane that shows nothing and takes keys."""

    @asynccontextmanager
    async def view(self, ref: PaneRef) -> AsyncIterator[AsyncIterator[Glimpse]]:
        yield cast("AsyncIterator[Glimpse]", None)

    async def key(self, ref: PaneRef, data: bytes) -> None:
        """Takes it."""


class LittleRecord:
    """Writes down at once, but not in the same moment."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, Mapping[str, object]]] = []

    async def commit(self, change: Change) -> None:
        await asyncio.sleep(0)
        self.rows += [(row.actor, row.action, row.data) for row in change.audit]


async def test_of_two_who_take_control_at_once_one_has_it_and_both_are_written_down() -> None:
    agent = SimpleNamespace(id="a", session="one", ref=REF)
    member = SimpleNamespace(agent=agent, alive=True, hands=asyncio.Lock(), typed_ms=0)
    record = LittleRecord()
    viewers = Viewers(
        crew=cast("Crew", SimpleNamespace(get=lambda session: member)),
        record=cast("Record", record),
        terminal=cast("LivePanes", LittlePanes()),
        clock=lambda: 5,
    )
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(viewers.watch("one", Actor(name, Scope.WRITE))) for name in ("f", "s")
        ]
        await asyncio.gather(first.take(), second.take())
        assert (first.has_control, second.has_control) == (False, True)
        await second.type("ab")
    assert record.rows == [
        ("f", "terminal_take", {"from": None}),
        ("f", "terminal_release", {"bytes": 0}),
        ("s", "terminal_take", {"from": "f"}),
        ("s", "terminal_release", {"bytes": 2}),
    ]
