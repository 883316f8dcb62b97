"""OpenClaw's skill is followed to the letter: each of its command lines goes through a shell, and does what the skill says of it."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from e2e.scripted.script import Step
from e2e.test_approvals import ASKS, answers, standing
from e2e.test_notify import configure, in_force
from e2e.waiting import until
from e2e.world import World, state_is

SKILL = Path(__file__).resolve().parents[2] / "integrations" / "openclaw" / "SKILL.md"
WAY = '[ways.chat]\ntype = "command"\nargv = ["true"]\n[[rules]]\non = ["agent_waiting"]\nways = ["chat"]\n'
PROGRAM = f'#!/bin/sh\nexec {sys.executable} -m outrider "$@"\n'


def written() -> list[str]:
    """The skill's command lines as they stand, and those of its sentences, which come last."""
    text = SKILL.read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return [*blocks.splitlines(), *re.findall(r"`(outrider \w+ my-task[^`]*)`", text)]


class Reader:
    """Who follows the skill: a line is found by its first words, filled in and given to a shell; none is passed over."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.left = written()
        program = world.root / "bin" / "outrider"
        program.write_text(PROGRAM, encoding="utf-8")
        program.chmod(0o755)

    def says(self, words: str, filled: Mapping[str, str] | None = None) -> str:
        """What the line prints."""
        (line,) = [each for each in self.left if re.match(rf"outrider {words}\s*(#|$)", each)]
        self.left.remove(line)
        for placeholder, value in (filled or {}).items():
            assert placeholder in line
            line = line.replace(placeholder, value)
        done = subprocess.run(
            ["sh", "-c", line], env=self._world.env, capture_output=True, text=True, timeout=90, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), f"{line}: {done.stderr}"
        return done.stdout


def test_every_line_of_the_skill_does_what_it_says(world: World) -> None:
    configure(world, WAY)
    in_force(world, ["chat"])
    turns: list[list[Step]] = [[ASKS, {"say": "One."}], [ASKS, {"say": "Two."}], [ASKS, {"say": "Three."}], [ASKS]]
    run = world.spawn("my-task", [*turns, [{"hold": "work"}]], "--prompt", "Clean up")
    skill, approval = Reader(world), standing(world, "my-task")
    _looks(world, skill)
    sent = re.search(r"\b[0-9a-f-]{20,}\b", skill.says('send my-task "Continue with step 2"'))
    assert sent is not None
    assert re.search(rf"{sent[0]}.*\bqueued\b.*Continue with step 2", skill.says("commands my-task"))

    (waits,) = json.loads(skill.says("approvals --json"))["approvals"]
    assert (waits["id"], waits["session"], waits["command"]) == (approval["id"], "my-task", "rm -rf build")
    assert waits["question"]
    assert [option["number"] for option in waits["options"]] == [1, 2, 3]
    skill.says("approve my-task --id 1f00-ab", {"1f00-ab": waits["id"]})
    assert answers(run) == ["Yes"]
    world.sent(sent[0])

    for number, line in enumerate(
        ("approve my-task", "approve my-task --option 2", 'deny my-task --reason "not in this directory"'), 2
    ):
        standing(world, "my-task")
        skill.says(line)
        until(lambda number=number: len(answers(run)) == number, what=f"answer {number}")  # type: ignore[misc]
        world.sent(world.send("my-task", f"Next {number}"))
    assert [given.partition(",")[0] for given in answers(run)] == ["Yes", "Yes", "Yes", "No"]
    assert answers(run)[2] != "Yes", "the second option is another yes"
    run.reached("work")
    skill.says("interrupt my-task")
    state_is(world, "my-task", "idle")
    assert run.prompts() == ["Clean up", "Continue with step 2", *(f"Next {number}" for number in (2, 3, 4))]
    assert skill.left == [], "lines of the skill that nobody tried"

    none = world.cli("approve", "my-task")
    assert (none.returncode, "shows no dialog" in none.stderr) == (1, True)
    assert world.cli("approvals").stdout == "Nobody needs you.\n"
    assert world.cli("approve", "nobody").returncode == 4


def _looks(world: World, skill: Reader) -> None:
    (listed,) = json.loads(skill.says("ls --json"))["agents"]
    shown = json.loads(skill.says("show my-task --json"))
    for agent in (listed, shown):
        assert (agent["session"], agent["state"]) == ("my-task", "waiting")
        assert agent["detail"]["command"] == "rm -rf build"
        assert {"since", "confidence"} <= set(agent)
    assert re.search(r"waiting[\s\S]*hook|hook[\s\S]*waiting", skill.says("why my-task")), "the state, and who says so"
    assert "rm -rf build" in skill.says("output my-task --lines 40")
    assert "agent_waiting" in skill.says("events --session my-task")
    until(lambda: world.http.get("/api/notices").json()["notices"], what="people to be told")
    assert re.search(r"chat.*my-task|my-task.*chat", skill.says("notify list")), "whom, and of which agent"
