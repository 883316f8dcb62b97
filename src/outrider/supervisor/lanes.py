"""The lanes of all agents: each runs on its own, so that a slow agent holds up nobody."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from outrider.logic import line
from outrider.model.command import Command
from outrider.supervisor.crew import Crew
from outrider.supervisor.lane import Lane, Limits
from outrider.supervisor.ledger import Ledger
from outrider.supervisor.pace import Pace
from outrider.supervisor.typist import Typist


class Lanes:
    """Starts a lane for an agent when it has a first command."""

    def __init__(
        self,
        *,
        crew: Crew,
        ledger: Ledger,
        typist: Typist,
        clock: Callable[[], int],
        random: Callable[[], float],
        limits: Limits,
        per_node_per_s: float,
    ) -> None:
        self._crew = crew
        self._ledger = ledger
        self._typist = typist
        self._clock = clock
        self._random = random
        self._limits = limits
        self._pace = Pace(per_node_per_s, clock)
        self._lanes: dict[str, Lane] = {}
        self._new: asyncio.Queue[Lane] = asyncio.Queue()

    async def run(self) -> None:
        """Runs every lane; the daemon's task."""
        async with asyncio.TaskGroup() as group:
            while True:
                lane = await self._new.get()
                group.create_task(lane.run())

    async def fold(self, limit_s: float) -> None:
        """Every agent's hands are taken, for good: what is being typed is finished first, within that time, and nothing is begun."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                for member in list(self._crew):
                    await member.hands.acquire()

    def add(self, commands: Iterable[Command]) -> None:
        """Hands commands to the lanes of their agents, together, so that the order among them holds from the start."""
        of_agent: Mapping[str, list[Command]] = defaultdict(list)
        for command in commands:
            of_agent[command.agent].append(command)
        for agent_id, theirs in of_agent.items():
            self._lane(agent_id).add(theirs)

    def wake(self, agent_id: str) -> None:
        """Something about the agent changed."""
        lane = self._lanes.get(agent_id)
        if lane is not None:
            lane.wake()

    def drop(self, command: Command) -> None:
        """A command was cancelled."""
        lane = self._lanes.get(command.agent)
        if lane is not None:
            lane.drop(command.id)

    def why(self, agent_id: str) -> str:
        """What the head of the agent's lane waits for, a sentence; empty where nothing waits."""
        lane = self._lanes.get(agent_id)
        return lane.why if lane is not None and lane.line else ""

    def waits(self, command: Command) -> str | None:
        """What a queued command waits for, a sentence; None where it is not in a lane, or being typed."""
        lane = self._lanes.get(command.agent)
        return line.waits(command.id, lane.line, lane.why, self._clock()) if lane is not None else None

    def depth(self, agent_id: str) -> int:
        """How many commands of the agent are not finished."""
        lane = self._lanes.get(agent_id)
        return len(lane.line) if lane is not None else 0

    def _lane(self, agent_id: str) -> Lane:
        if agent_id not in self._lanes:
            self._end_forgotten()
            lane = Lane(
                agent_id,
                crew=self._crew,
                ledger=self._ledger,
                typist=self._typist,
                pace=self._pace,
                clock=self._clock,
                random=self._random,
                limits=self._limits,
            )
            self._lanes[agent_id] = lane
            self._new.put_nowait(lane)
        return self._lanes[agent_id]

    def _end_forgotten(self) -> None:
        """The empty lanes of agents that are off the list would rest for ever; what waits in another one it sees to itself."""
        over = [each for each, lane in self._lanes.items() if not lane.line and self._crew.by_id(each) is None]
        for agent_id in over:
            self._lanes.pop(agent_id).add(())  # it looks again, and ends
