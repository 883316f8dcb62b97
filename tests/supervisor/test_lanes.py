"""The lanes of all agents: no lane outlives its agent."""

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from outrider.model.command import Command, Status
from outrider.store import Change
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.lane import Limits
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.ledger import Ledger
from outrider.supervisor.typist import Typist


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def later(agent: str) -> Command:
    """A command for an hour from now."""
    return Command(f"for {agent}", 1, agent, agent, "go", Status.QUEUED, "me", 1, 1, not_before_ms=now_ms() + 3_600_000)


class Told:
    """A ledger that keeps what was told of each command's end."""

    def __init__(self) -> None:
        self.errors: list[object] = []

    async def insist(self, change: Change) -> None:
        self.errors += [step.error for step in change.steps]


def lanes_of(crew: Crew, told: Told | None = None) -> Lanes:
    """Lanes in which nothing is typed."""
    return Lanes(
        crew=crew,
        ledger=cast("Ledger", told),
        typist=cast("Typist", None),
        clock=now_ms,
        random=lambda: 0.5,
        limits=Limits(),
        per_node_per_s=10,
    )


async def test_the_lane_of_an_agent_that_was_forgotten_ends() -> None:
    crew = Crew()
    lanes = lanes_of(crew)
    running = asyncio.create_task(lanes.run())
    others = asyncio.all_tasks()
    for agent in map(str, range(5)):
        crew.add(cast("Member", SimpleNamespace(agent=SimpleNamespace(id=agent, ended_ms=None))))
        command = later(agent)
        lanes.add([command])
        lanes.drop(command)
        for _ in range(10):  # it begins, and rests
            await asyncio.sleep(0)
        crew.remove(agent)
    async with asyncio.timeout(40):
        while len(asyncio.all_tasks() - others) > 1:  # the last one's is found when another one comes
            await asyncio.sleep(0.01)
    running.cancel()


async def test_what_waited_for_an_agent_that_was_started_anew_is_told_so() -> None:
    crew, told = Crew(), Told()

    def put(name: str) -> None:
        agent = SimpleNamespace(id=name, session="task", ended_ms=None)
        crew.add(cast("Member", SimpleNamespace(agent=agent)))

    lanes = lanes_of(crew, told)
    running = asyncio.create_task(lanes.run())
    put("first")
    for agent, after in (("first", "second"), ("second", "")):
        lanes.add([replace(later(agent), session="task")])
        for _ in range(10):  # it begins, and rests
            await asyncio.sleep(0)
        crew.remove(agent)
        if after:
            put(after)
        lanes.wake(agent)
        async with asyncio.timeout(40):
            while lanes.depth(agent):
                await asyncio.sleep(0.01)
    running.cancel()
    assert told.errors == [
        "The agent was ended, and started anew; that one does not get it.",
        "The agent was taken off the list.",
    ]
