"""A fresh store per test, and samples to put into it."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from outrider.model.agent import Agent
from outrider.model.command import Command, Status
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.store import Store
from outrider.store.database import Database

MakeCommand = Callable[..., Command]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Callable[[], int]:
    """Unix ms that grow by one a call."""
    ticks = itertools.count(1_000)
    return lambda: next(ticks)


@pytest.fixture
async def store(tmp_path: Path, clock: Callable[[], int]) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "data", node="here", clock=clock)
    yield store
    await store.close()


@pytest.fixture
async def database(tmp_path: Path, clock: Callable[[], int]) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "outrider.db", clock=clock)
    yield database
    await database.close()


@pytest.fixture
def make_command() -> MakeCommand:
    """Commands c1, c2, …; any field by keyword."""
    numbers = itertools.count(1)
    plain = Command("", 0, "a1", "task", "go on", Status.QUEUED, "uid:1", created_ms=1, changed_ms=1)

    def make(**changes: object) -> Command:
        return replace(plain, **({"id": f"c{next(numbers)}"} | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def agent() -> Agent:
    verdict = Verdict(State.IDLE, alive=True, since_ms=1, confidence=Confidence.HIGH)
    return Agent("a1", "task", "here", "claude", PaneRef("outrider", 1, "%1"), "/w", verdict, True, 1, 1)
