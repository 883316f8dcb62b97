"""The storm in short, over the scripted agent; over the real ones it is bench/storm.py."""

import random
from pathlib import Path

from e2e.storm import SESSION, Storm, turns
from e2e.world import Run, World
from seed import SEED

COMMANDS = 12


class Scripted:
    """The scripted agent in a storm."""

    clear = b"\x15"

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.project: Path = world.workdir()
        steps = turns(
            chance, 5 * COMMANDS, lambda name: {"tool": "Bash", "input": {"command": f"touch {name}"}, "ask": True}
        )
        self.run: Run = world.spawn(SESSION, steps)  # type: ignore[arg-type]

    def arrived(self) -> list[str]:
        """What it took in."""
        return self.run.prompts()


def test_a_storm_loses_doubles_and_misplaces_nothing(world: World) -> None:
    least = ("killed", "drafts")
    report = Storm(Scripted(world, random.Random(SEED)), count=COMMANDS, seed=SEED, least=least).run()
    print(report)
    assert all(report.weather[each] for each in least)
    assert not report.wrong
    assert report.statuses.total() == COMMANDS
    assert report.statuses["sent"] >= COMMANDS / 2
