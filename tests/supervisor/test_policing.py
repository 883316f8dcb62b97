"""What policies say while their files change, break, and the daemon starts again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from outrider.model.approval import Approval, DialogKind
from outrider.supervisor.policing import Policing
from web.engine_double import make_agent

GOOD = """name = "mine"
[[rules]]
name = "it may remove its build"
verdict = "allow"
commands = ["rm -rf build"]
overrides = ["delete"]
"""
BROKEN = GOOD + "colour = 1\n"
ASKED = Approval("i", "f", "a-fix", "fix", DialogKind.PERMISSION, "?", 1, 1, tool="Bash", command="rm -rf build")


class Place:
    """One agent under the policy of a file, and what a daemon there says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / "mine.toml"
        self.file.write_text(GOOD)
        self.agent = replace(make_agent("fix"), policy=str(self.file))
        self.agents = [self.agent]
        self.start()

    def start(self) -> None:
        """A daemon that knows only what is on the disk."""
        self.policing = Policing(self.root, 3848, kept=self.root / "policies", agents=lambda: self.agents)

    def says(self) -> tuple[str, str]:
        ruling = self.policing(self.agent, ASKED)
        assert ruling is not None
        return ruling.verdict, ruling.rule

    def broken(self) -> Mapping[str, object]:
        """What is said of the one policy that cannot be used."""
        (told,) = cast("list[Mapping[str, object]]", self.policing.health()["agents"])
        return told

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.policing.run())
        try:
            yield
        finally:
            task.cancel()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_the_last_good_text_decides_also_after_a_start_and_the_broken_one_is_told(place: Place) -> None:
    async with place.runs():  # no dialog has asked for it yet
        while not list((place.root / "policies").glob("*.toml")):
            await asyncio.sleep(0)
    place.file.write_text(BROKEN)
    place.start()
    assert place.says() == ("allow", "it may remove its build")
    told = place.policing.health()
    broken = place.broken()
    assert (told["status"], broken["session"], broken["policy"]) == ("degraded", "fix", str(place.file))
    assert (broken["line"], broken["then"]) == (7, "the last good one stays in force")
    assert str(broken["why"]).startswith(f"{place.file}:7: rules[0].colour: there is no such key")
    assert str(told["why"]).startswith(f"fix: {place.file}:7: ")
    place.file.write_text(GOOD.replace("allow", "ask", 1).replace('overrides = ["delete"]\n', ""))
    assert place.says()[0] == "ask"
    assert place.policing.health() == {"status": "ok"}


def test_where_there_never_was_a_good_one_a_person_is_asked_and_told_why(place: Place) -> None:
    place.file.write_text(BROKEN)
    ruling = place.policing(place.agent, ASKED)
    assert ruling is not None
    assert (ruling.verdict, ruling.policy) == ("ask", str(place.file))
    assert f"{place.file}:7: rules[0].colour" in ruling.reason
    assert place.broken()["then"] == "a person is asked for everything"


async def test_a_policy_that_nobody_runs_under_is_not_kept(place: Place) -> None:
    assert place.says()[0] == "allow"
    assert len(list((place.root / "policies").iterdir())) == 1
    place.agents = []
    place.start()
    async with place.runs():
        while list((place.root / "policies").iterdir()):
            await asyncio.sleep(0)
    assert place.policing.health() == {"status": "ok"}
