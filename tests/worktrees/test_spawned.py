"""Agents are started in worktrees: where one cannot be, nothing is left of its tree; where it may have been, its tree stays."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from outrider.errors import OutriderError
from outrider.kinds.load import catalogue
from outrider.logic.sandbox import OFF, Limits
from outrider.model.actor import Actor, Scope
from outrider.model.agent import SpawnRequest
from outrider.model.pane import Launch, Pane
from outrider.store import Change
from outrider.supervisor.berths import Berths
from outrider.supervisor.crew import Crew
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.enclosure import Enclosure
from outrider.supervisor.muster import Muster
from outrider.supervisor.quarters import Quarters, Spool
from outrider.supervisor.record import Record
from outrider.supervisor.site import Site
from outrider.worktrees import Furnishing
from supervisor.stage import ScriptedTerminal
from worktrees.world import World

ME = Actor("uid:1", Scope.WRITE)
TASK = SpawnRequest("task", "", kind="shell", worktree="")


class Paper:
    """A record that takes everything."""

    def put(self, change: Change) -> None:
        """Nothing is to be remembered of it."""

    async def commit(self, change: Change) -> None:
        self.put(change)

    async def keep(self, change: Change) -> None:
        self.put(change)


class Terminal(ScriptedTerminal):
    """One that does not start what it is told to."""

    def __init__(self, how: Callable[[], Awaitable[Pane]]) -> None:
        super().__init__(lambda: 1)
        self.how = how

    async def spawn(self, launch: Launch) -> Pane:
        return await self.how()


def muster(
    world: World,
    terminal: ScriptedTerminal,
    crew: Crew,
    *,
    setup: tuple[str, ...] = (),
    discharge: Discharge | None = None,
) -> Muster:
    """One that starts agents in the world, in a terminal that is only played."""
    site = Site(
        node="here",
        own="test",
        worktrees=world.base,
        environ=world.env,
        per_agent_per_s=1.0,
        enclosure=Enclosure(OFF, Limits(), ()),
        berths=Berths(crew, 0, 0),
        furnishing=Furnishing(setup=setup),
        recording=False,
    )
    tokens = iter(f"token-{number}" for number in range(100))
    return Muster(
        site,
        crew=crew,
        record=cast("Record", Paper()),
        terminal=terminal,
        quarters=Quarters(cast("Spool", SimpleNamespace(drop=lambda generation: None)), world.base.with_name("spawns")),
        discharge=cast("Discharge", discharge),
        kinds=catalogue(None),
        clock=lambda: 1,
        token=lambda: next(tokens),
    )


async def test_whatever_fails_leaves_nothing_of_the_tree(world: World) -> None:
    before = world.traces()

    async def broken() -> Pane:
        raise OSError(24, "Too many open files")

    crew = Crew()
    with pytest.raises(OSError, match="Too many open files"):
        await muster(world, Terminal(broken), crew).spawn(_in(world), ME)
    assert _without_base(world, world.traces()) == before
    assert len(crew) == 0


async def test_cancelled_before_its_agent_is_started_it_leaves_nothing(world: World) -> None:
    before, begun = world.traces(), world.base.with_name("begun")
    line = f"touch '{begun}'; sleep 60"
    started = muster(world, ScriptedTerminal(lambda: 1), Crew(), setup=(line,)).spawn(_in(world), ME)
    async with asyncio.timeout(40), asyncio.TaskGroup() as group:
        task = group.create_task(started)
        while not begun.exists():
            await asyncio.sleep(0.01)
        task.cancel()
    assert _without_base(world, world.traces()) == before


async def test_cancelled_while_it_is_started_it_keeps_its_tree(world: World) -> None:
    asked, crew = asyncio.Event(), Crew()

    async def slow() -> Pane:
        asked.set()
        await asyncio.Event().wait()
        raise OutriderError("This is not reached.")

    async with asyncio.timeout(40), asyncio.TaskGroup() as group:
        task = group.create_task(muster(world, Terminal(slow), crew).spawn(_in(world), ME))
        await asked.wait()
        task.cancel()
    (member,) = crew
    assert Path(str(member.agent.worktree), "src", "a.txt").exists(), "tmux may have begun"


def _in(world: World) -> SpawnRequest:
    return replace(TASK, workdir=str(world.repo))


def _without_base(world: World, traces: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(trace for trace in traces if trace != str(world.base))
