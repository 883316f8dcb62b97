"""The real Claude Code leaves in good order when it is asked to, and goes on in its own conversation."""

import pytest

from e2e.real.lab import Lab
from e2e.test_lifecycle import kills
from e2e.test_real_claude import TIMEOUT, lab, open_lab  # noqa: F401 - fixtures are found by their names
from e2e.waiting import until
from e2e.world import state_is

pytestmark = pytest.mark.real


def test_it_leaves_when_asked_and_resumes_its_own_conversation(lab: Lab) -> None:  # noqa: F811
    events = lab.world.record()
    lab.script([[{"say": "Noted."}], [{"say": "It was violet."}], [{"hold": "never"}]])
    lab.spawn("task", "--prompt", "My colour is violet")
    events.state("task", "complete", timeout=TIMEOUT)
    conversation = until(lambda: lab.world.agent("task")["agent_session"])
    assert lab.world.cli("kill", "task").returncode == 0
    assert kills(lab.world) == [{"left_by_itself": True}]
    agent = lab.world.agent("task")
    assert (agent["alive"], agent["exit_status"], agent["state"]) == (False, 0, "complete")

    resumed = lab.world.cli("restart", "task", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    state_is(lab.world, "task", "idle")
    lab.world.sent(lab.world.send("task", "Which was it?"), TIMEOUT)
    until(lambda: len(lab.asked()) == 2, TIMEOUT, what="the second question")
    assert lab.prompts() == ["My colour is violet", "Which was it?"]
    assert lab.world.agent("task")["agent_session"] == conversation

    # At work it leaves, too, and is not said to have finished.
    lab.world.sent(lab.world.send("task", "And now?"), TIMEOUT)
    lab.reached("never", TIMEOUT)
    state_is(lab.world, "task", "thinking")
    assert lab.world.cli("kill", "task").returncode == 0
    assert [kill["left_by_itself"] for kill in kills(lab.world)] == [True, True]
    assert lab.world.agent("task")["state"] == "idle"
