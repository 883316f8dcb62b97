"""How agents end and come back: asked to leave before anything is done to them, and resumed in their own conversation."""

import json
from collections.abc import Iterator

import pytest

from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import World, state_is


def keys(world: World, session: str) -> list[str]:
    return [line["name"] for line in world.run(session).log("key")]


def kills(world: World) -> list[dict[str, object]]:
    found = world.http.get("/api/audit", params={"action": "kill"}).json()["audit"]
    return [line["data"] for line in found]


@pytest.mark.parametrize("turn", [None, [{"hold": "never"}]], ids=["at rest", "at work"])
def test_it_is_asked_to_leave_and_leaves_in_good_order(world: World, turn: list[Step] | None) -> None:
    run = world.spawn("task", [turn or []], *(["--prompt", "Go"] if turn else []))
    if turn:
        run.reached("never")
        state_is(world, "task", "thinking")
    else:
        state_is(world, "task", "idle")
    assert world.cli("kill", "task").returncode == 0
    assert set(keys(world, "task")) <= {"C-c", "Enter"}
    assert len(run.log("left")) == 1
    agent = world.agent("task")
    assert (agent["alive"], agent["exit_status"], kills(world)) == (False, 0, [{"left_by_itself": True}])
    assert agent["state"] == "idle", "work that was cut off is not complete"


def test_in_a_dialog_no_key_is_pressed(world: World) -> None:
    run = world.spawn("task", [[{"tool": "Bash", "input": {"command": "rm x"}, "ask": True}]], "--prompt", "Clean up")
    state_is(world, "task", "waiting")
    before = keys(world, "task")
    assert world.cli("kill", "task").returncode == 0
    assert (keys(world, "task"), run.log("left"), run.log("answer")) == (before, [], [])
    assert kills(world) == [{"left_by_itself": False}]


def test_who_stays_is_ended_by_signals_and_who_is_in_a_hurry_asks_nobody(quick: World) -> None:
    runs = [quick.spawn(name, [], stays=True) for name in ("stays", "now")]
    for name in ("stays", "now"):
        state_is(quick, name, "idle")
    (node,) = quick.http.get("/api/nodes").json()["nodes"]
    assert (node["agents"], node["alive"]) == (2, 2), "a node that is joined with no other knows its agents too"
    pids = [run.pid for run in runs]
    assert quick.cli("kill", "stays").returncode == 0
    assert quick.cli("kill", "now", "--now").returncode == 0
    assert (set(keys(quick, "stays")), keys(quick, "now")) == ({"C-c"}, [])
    assert not any(pid in quick.marked() for pid in pids)
    assert kills(quick) == [{"left_by_itself": False}] * 2


@pytest.fixture
def quick() -> Iterator[World]:
    """Where agents have a second to leave."""
    fresh = World(config="[ending]\nquit_s = 1\nterm_s = 0.5\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


@pytest.mark.parametrize("dead", [False, True], ids=["while it runs", "after its end"])
def test_it_goes_on_in_its_own_conversation(world: World, dead: bool) -> None:
    run = world.spawn("task", [[{"say": "One."}]], "--prompt", "First")
    state_is(world, "task", "complete")
    conversation = until(lambda: world.agent("task")["agent_session"])
    other = world.spawn("other", [[]], "--prompt", "Another one")
    until(lambda: world.agent("other")["agent_session"])
    if dead:
        assert world.cli("kill", "task").returncode == 0
        world.kill9()
        world.start()
    assert world.cli("restart", "task", "--resume").returncode == 0
    argv = until(lambda: run.log("start")[1:], what="it to start again")[0]["argv"]
    assert argv[argv.index("--resume") + 1] == conversation
    assert "--resume" not in other.log("start")[-1]["argv"]
    world.sent(world.send("task", "Second"))
    assert run.prompts() == ["First", "Second"]
    assert world.agent("task")["agent_session"] == conversation


def test_no_other_conversation_is_ever_resumed_in_its_place(world: World) -> None:
    world.spawn("silent", dialogs=["trust"])
    state_is(world, "silent", "waiting")
    refused = world.cli("restart", "silent", "--resume", "--json")
    assert (refused.returncode, json.loads(refused.stdout)["code"]) == (1, "conflict")
    assert "has not told which conversation" in refused.stderr
    assert world.agent("silent")["alive"]
    assert world.cli("spawn", "--session", "sh", "--agent", "shell").returncode == 0
    assert "kind shell cannot take a conversation up" in world.cli("restart", "sh", "--resume").stderr
