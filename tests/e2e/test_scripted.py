"""The main job, end to end: spawn, watch, steer and end an agent through the command line, HTTP and the WebSocket.

The agent is our scripted program (see `scripted`), which stands still at holds until the test has seen what it wanted to see.
"""

import json
import os
import time

import pytest

from e2e.waiting import until
from e2e.world import World, state_is
from outrider.model.wire import AgentJSON


def test_it_starts_initializing_and_the_prompt_goes_in_once_it_is_ready(world: World) -> None:
    events = world.record()
    run = world.spawn("slow", [[{"say": "Hello."}]], "--prompt", "First words", slow_start=1.0, swallow_enters=1)
    spawned = events.named("agent_spawned", "slow")
    first = events.first(lambda event: event["event"] == "state_change", after=spawned["seq"] - 1)
    assert (first.get("prevState"), first["state"]) in {
        ("initializing", "idle"),
        ("initializing", "thinking"),
        (None, "initializing"),
    }
    sent = events.named("command_sent", "slow")
    assert sent["command"] == "First words"
    events.state("slow", "complete")
    assert run.prompts() == ["First words"]
    assert len(run.log("input")) == 1, "it is typed once, however often Enter is lost"


def test_a_rejected_permission_is_idle(world: World) -> None:
    events = world.record()
    world.spawn("asks", [[{"tool": "Bash", "input": {"command": "rm x"}, "ask": True}]], "--prompt", "Clean up")
    waiting = events.state("asks", "waiting")
    world.press("asks", "Escape")
    events.state("asks", "idle", after=waiting["seq"])


def test_escape_before_any_output_leaves_a_draft_that_is_not_sent_along(world: World) -> None:
    events = world.record()
    run = world.spawn("stops", [[{"hold": "never"}]], "--prompt", "First\nof two lines")
    run.reached("never")
    events.state("stops", "thinking")
    world.press("stops", "Escape")
    events.state("stops", "idle")
    world.sent(world.send("stops", "Second"))
    assert run.prompts() == ["First\nof two lines", "Second"]


def test_a_second_interrupt_waits_until_what_the_first_did_is_seen(world: World) -> None:
    events = world.record()
    run = world.spawn("stops", [[{"hold": "never"}]], "--prompt", "Work")
    run.reached("never")
    busy = events.state("stops", "thinking")
    answers = [world.http.post("/api/agents/stops/interrupt") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 409, 409]
    events.state("stops", "idle", after=busy["seq"])
    world.sent(world.send("stops", "Second"))
    assert run.prompts()[-1] == "Second"


def test_an_agent_that_exits_with_an_error(world: World) -> None:
    events = world.record()
    world.spawn("leaves", [[{"say": "Bye."}, {"exit": 3}]], "--prompt", "Work")
    events.named("agent_exited", "leaves")
    agent = world.agent("leaves")
    assert (agent["alive"], agent["state"], agent["exit_status"]) == (False, "error", 3)
    before = len(world.commands())
    late = world.http.post("/api/agents/leaves/command", json={"command": "Once more"})
    assert (late.status_code, late.json()["detail"]["alive"]) == (409, False), late.text
    assert len(world.commands()) == before, "it is not queued"


@pytest.mark.parametrize("dialog", ["trust", "api_key", "bypass"])
def test_start_up_dialogs_wait_for_a_person(world: World, dialog: str) -> None:
    events = world.record()
    run = world.spawn("new", [[{"say": "Hello."}]], "--prompt", "First words", dialogs=[dialog])
    events.state("new", "waiting")
    time.sleep(1)  # to see that nothing happens
    assert run.log("answer", "input", "key") == []
    assert world.screen("new").count("❯") == 1
    world.press("new", *(["Down"] if dialog == "bypass" else []), "Enter")
    events.named("command_sent", "new")
    events.state("new", "complete")
    assert run.prompts() == ["First words"]
    assert len(run.log("answer")) == 1


def test_commands_keep_their_order_while_it_works(world: World) -> None:
    events = world.record()
    run = world.spawn("busy", [[{"hold": "first"}, {"say": "One."}]], "--prompt", "0")
    run.reached("first")
    events.state("busy", "thinking")
    world.sent(world.send("busy", "at once", when="now"))
    assert [line["text"] for line in run.log("queued")] == ["at once"], "in the agent's own queue, while it works"
    ids = [world.send("busy", str(number)) for number in range(1, 4)]
    assert [world.command(command)["status"] for command in ids] == ["queued"] * 3
    run.release("first")
    for command in ids:
        world.sent(command)
    assert run.prompts() == ["0", "at once", "1", "2", "3"]
    sent = [event["command"] for event in events.events if event["event"] == "command_sent"]
    assert sent == ["0", "at once", "1", "2", "3"]


def test_a_draft_of_a_person_is_left_alone(world: World) -> None:
    events = world.record()
    run = world.spawn("draft")
    events.state("draft", "idle")
    world.press("draft", "my own half-written words")
    until(lambda: "half-written" in world.screen("draft"))
    command = world.send("draft", "from afar")
    until(
        lambda: world.command(command)["waits"] == "Somebody's draft stands in the composer.",
        what="the draft to be seen",
    )
    world.tmux("copy-mode", "-t", "=draft:")
    until(lambda: world.command(command)["waits"] == "The pane is in copy mode.", what="copy mode to be seen")
    assert run.prompts() == []
    world.tmux("send-keys", "-t", "=draft:", "-X", "cancel")
    world.press("draft", "Enter")
    world.sent(command)
    assert run.prompts() == ["my own half-written words", "from afar"]


def test_what_expired_is_retried_on_request_and_once(world: World) -> None:
    run = world.spawn("late", [[{"hold": "first"}]], "--prompt", "Work")
    run.reached("first")
    late = world.send("late", "too late", expires_s=0.2)
    assert world.settled(late)["status"] == "expired"
    again = [world.cli("commands", "--retry", late, "--json") for _ in range(2)]
    assert [done.returncode for done in again] == [0, 0], again
    (retried,) = {str(json.loads(done.stdout)["id"]) for done in again}
    run.release("first")
    world.sent(retried)
    assert run.prompts() == ["Work", "too late"]
    refused = world.cli("commands", "--retry", retried)
    assert refused.returncode == 1
    assert "only one that failed" in refused.stderr


def test_adopting_what_somebody_else_started(world: World) -> None:
    other = f"{world.socket}-other"
    world.stop()
    world.config.write_text(f'watch = ["{other}"]\nwatch_adopt = false\n', encoding="utf-8")
    run = world.run("theirs")
    run.script([[{"hold": "thinking"}, {"say": "Done."}]])
    place = f"SCRIPTED_AGENT_DIR={run.root}"
    folder = str(world.workdir())
    world.tmux(
        "new-session", "-d", "-s", "theirs", "-x", "100", "-y", "30", "-c", folder, "-e", place, "claude", server=other
    )
    until(lambda: run.log("ready"))
    world.start()
    events = world.record()
    answer = until(lambda: _adopt(world, other), what="it to be adopted")
    assert answer["kind"] == "claude"
    events.named("agent_adopted", "theirs")
    command = world.send("theirs", "Do it")
    run.reached("thinking")
    events.state("theirs", "thinking")
    run.release("thinking")
    world.sent(command)
    until(lambda: world.agent("theirs")["state"] in {"complete", "idle"}, what="it to be done")
    assert run.prompts() == ["Do it"]


def _adopt(world: World, server: str) -> AgentJSON | None:
    answer = world.http.post("/api/agents/theirs/adopt", json={"server": server})
    return world.agent("theirs") if answer.is_success else None


def test_kill_ends_everything_that_it_started(world: World) -> None:
    children = [{"child": 600.0}, {"child": 601.0, "detached": True}, {"hold": "never"}]
    run = world.spawn("tree", [children], "--prompt", "Work")  # type: ignore[list-item]
    run.reached("never")
    pids = [run.pid, *(line["pid"] for line in run.log("child"))]
    assert all(_lives(pid) for pid in pids)
    done = world.cli("kill", "tree")
    assert done.returncode == 0, done.stderr
    until(lambda: not any(_lives(pid) for pid in pids), what="all of it to be gone")
    assert not world.agent("tree")["alive"]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_daemon_leaves_and_comes_back_and_nothing_is_said_twice(world: World) -> None:
    events = world.record()
    run = world.spawn("stays", [[{"hold": "first"}, {"say": "One."}]], "--prompt", "Work")
    run.reached("first")
    events.state("stays", "thinking")
    waiting = world.send("stays", "next")
    assert world.stop() == 0
    world.start()
    state_is(world, "stays", "thinking")
    run.release("first")
    world.sent(waiting)
    assert run.prompts() == ["Work", "next"]
    seqs = [event["seq"] for event in events.events]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len([event for event in events.events if event["event"] == "agent_spawned"]) == 1
