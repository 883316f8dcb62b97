"""The history of a real store, read as charts ask for it."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from outrider.errors import InvalidInput
from outrider.model.event import EventName, Fact
from outrider.settings.keeping import Retention
from outrider.store import Change, Store
from outrider.supervisor.historian import Historian

HOUR = 3_600_000
START = 1000 * 21_600_000


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def historian(store: Store, clock: Callable[[], int]) -> Historian:
    return Historian(store=store, agents=lambda: (), keep=Retention(), clock=clock)


async def test_commands_are_counted_once_over_restarts(tmp_path: Path) -> None:
    clock = Clock()
    store = await Store.open(tmp_path, node="here", clock=itertools.count(1).__next__)
    history = historian(store, clock)
    await history.turn()
    for number in range(40):
        clock.now += 30_000
        await store.commit(Change(facts=(Fact(EventName.COMMAND_SENT, "one", clock.now, {"took_ms": number}),)))
        if number % 7 == 3:
            history = historian(store, clock)
        await history.turn()
    for step in (15, 60, 300, 900):
        found = await history.series("commands", since_ms=START, until_ms=clock.now + 1, session=None, step_s=step)
        assert sum(value or 0 for value in found.lines["sent"]) * found.step_ms / HOUR == pytest.approx(40, abs=0.01)
    one = await history.series("latency", since_ms=START, until_ms=None, session="one", step_s=3600)
    assert one.lines["longest"] == [39]
    assert [(each.session, each.commands) for each in await history.shares(since_ms=START, until_ms=None)] == [
        ("one", 40)
    ]
    await store.close()


async def test_bad_questions_get_a_sentence(tmp_path: Path) -> None:
    clock = Clock()
    store = await Store.open(tmp_path, node="here", clock=itertools.count(1).__next__)
    history = historian(store, clock)

    async def refused(metric: str = "agents", since: int = START - HOUR, step: int | None = None) -> str:
        with pytest.raises(InvalidInput) as caught:
            await history.series(metric, since_ms=since, until_ms=None, session=None, step_s=step)
        return caught.value.message

    assert "agents, time_in_state, waiting" in await refused("fun")
    assert "say which" in await refused("progress")
    assert "before now" in await refused(since=START + 1)
    assert "one of 15, 60" in await refused(step=7)
    assert "3000 points" in await refused(since=START - 767 * HOUR, step=900)
    found = await history.series("agents", since_ms=START - 10 * HOUR, until_ms=None, session=None, step_s=15)
    assert found.step_ms == 60_000, "as fine as is kept that far back"
    await store.close()
