"""The main job, end to end: spawn, watch, steer and end an agent through the command line, HTTP and the WebSocket.

The agent is our scripted program (see `scripted`), which stands still at holds until the test has seen what it wanted to see.
"""

import os
import signal
import time

import pytest

from e2e.waiting import until
from e2e.world import World
from outrider.model.wire import AgentJSON

SPECIAL = (
    "Line one \"double\" 'single' $HOME $(id) `backtick` \\ back\nLine two: ñ 漢字 🚀 é – “quotes”\n"
    "\ttabbed line\n- item; a & b | c <tag> %s {x} !bang #hash ~tilde;\n\nLast line after a blank"
)
LONG = " ".join(f"w{number:04d}" for number in range(850))
LINES = "\n".join(f"{number:03d}: the quick brown fox jumps over it 'x' $y" for number in range(100))
# What is sent → what the agent takes in. The agent makes four blanks of a tab and cuts blanks at the end; the guards that keep
# a leading / ! and a trailing backslash from being commands are one blank each (docs/claude.md).
TEXTS = (
    ("please say hello to the world", None),
    (SPECIAL, SPECIAL.replace("\t", "    ")),
    (LONG, None),
    (LINES, None),
    ("/foo bar is not a command", " /foo bar is not a command"),
    ("!important: do not delete anything", " !important: do not delete anything"),
    ("/tmp/x is a path, please explain it", " /tmp/x is a path, please explain it"),
    ("# Heading first\nthen a body", None),
    ("?why is that", None),
    ("ends with a backslash \\", None),
    ("  indented start and trailing  ", "  indented start and trailing"),
    ("one\r\ntwo\rthree", "one\ntwo\nthree"),
    ("Enter", None),
    ("ends with a semicolon;", None),
)


def state_is(world: World, session: str, state: str) -> AgentJSON:
    """Waits until the API shows that state."""
    until(lambda: world.agent(session)["state"] == state, what=f"{session} to be {state}")
    return world.agent(session)


def test_states_come_in_the_order_of_the_work(world: World) -> None:
    events = world.record()
    file = {"file_path": str(world.workdir() / "src" / "parser.py")}
    run = world.spawn(
        "my-task",
        [
            [
                {"hold": "thinking"},
                {"tool": "Read", "input": {**file}, "hold": "reading"},
                {"tool": "Edit", "input": {**file, "old_string": "a", "new_string": "b"}, "hold": "working"},
                {
                    "tool": "Bash",
                    "input": {"command": "cd . && pytest -q tests"},
                    "hold": "testing",
                    "output": "1 passed",
                },
                {"say": "Done."},
            ]
        ],
        "--prompt",
        "Build feature X",
    )
    for state in ("thinking", "reading", "working", "testing"):
        run.reached(state)
        assert events.state("my-task", state)
        state_is(world, "my-task", state)
        run.release(state)
    done = events.state("my-task", "complete")
    assert events.named("agent_complete", "my-task")["seq"] > done["seq"] - 2
    seen = events.states("my-task")
    order = ["thinking", "reading", "working", "testing", "complete"]
    assert next(state for state in seen if state in order) == "thinking"
    assert _subsequence(order, seen), seen
    assert not set(seen) - {"initializing", "idle", *order}, seen
    assert run.prompts() == ["Build feature X"]
    assert world.agent("my-task")["counters"]["files_read"] == 1


def _subsequence(wanted: list[str], seen: list[str]) -> bool:
    rest = iter(seen)
    return all(any(state == want for state in rest) for want in wanted)


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


def test_a_permission_dialog_is_waiting_and_nobody_answers_it(world: World) -> None:
    events = world.record()
    bash = {"command": "rm -rf build", "description": "Clean up"}
    run = world.spawn(
        "asks", [[{"tool": "Bash", "input": {**bash}, "ask": True}, {"say": "Gone."}]], "--prompt", "Clean up"
    )
    events.state("asks", "waiting")
    # The hook says at once that it asks; the words of the dialog follow when it is drawn.
    until(lambda: "proceed" in world.agent("asks")["detail"].get("question", ""), what="the dialog's own question")
    assert world.agent("asks")["detail"]["options"][0] == "Yes"
    queued = world.send("asks", "and then this")
    time.sleep(1)  # to see that nothing happens
    assert run.log("answer") == []
    assert world.command(queued)["status"] == "queued"
    world.press("asks", "Enter")
    world.sent(queued)
    assert [line["answer"] for line in run.log("answer")] == ["Yes"]
    assert run.prompts() == ["Clean up", "and then this"]


def test_a_rejected_permission_is_idle(world: World) -> None:
    events = world.record()
    world.spawn("asks", [[{"tool": "Bash", "input": {"command": "rm x"}, "ask": True}]], "--prompt", "Clean up")
    waiting = events.state("asks", "waiting")
    world.press("asks", "Escape")
    events.state("asks", "idle", after=waiting["seq"])


def test_an_api_error_is_an_error_while_it_is_tried_again_and_after(world: World) -> None:
    events = world.record()
    run = world.spawn("fails", [[{"error": 529, "retry": 2, "delay": 0.4, "hold": "last"}]], "--prompt", "Go")
    events.state("fails", "error")
    assert world.agent("fails")["detail"].get("retrying") is True
    run.release("last")
    until(lambda: run.log("turn_end"), what="the turn to end")
    until(lambda: world.agent("fails")["detail"].get("retrying") is not True, what="the final error")
    agent = state_is(world, "fails", "error")
    assert agent["alive"]
    assert agent["detail"]["error"] == "server"
    command = world.send("fails", "Try again")
    world.sent(command)
    events.state("fails", "complete")
    assert run.prompts() == ["Go", "Try again"]


def test_escape_makes_it_idle(world: World) -> None:
    events = world.record()
    run = world.spawn("stops", [[{"say": "I begin."}, {"hold": "never"}]] * 2, "--prompt", "Work")
    run.reached("never")
    working = events.first(lambda event: event["event"] == "state_change" and event["state"] in {"working", "thinking"})
    world.press("stops", "Escape")
    events.state("stops", "idle", after=working["seq"])
    world.sent(world.send("stops", "Work again"))
    until(lambda: len(run.log("hold")) == 2)
    seq = events.events[-1]["seq"]
    assert world.http.post("/api/agents/stops/interrupt").is_success
    events.state("stops", "idle", after=seq)
    assert len(run.log("interrupted")) == 2


def test_escape_before_any_output_leaves_a_draft_that_is_not_sent_along(world: World) -> None:
    events = world.record()
    run = world.spawn("stops", [[{"hold": "never"}]], "--prompt", "First\nof two lines")
    run.reached("never")
    events.state("stops", "thinking")
    world.press("stops", "Escape")
    events.state("stops", "idle")
    world.sent(world.send("stops", "Second"))
    assert run.prompts() == ["First\nof two lines", "Second"]


def test_a_killed_agent_is_not_alive(world: World) -> None:
    events = world.record()
    run = world.spawn("dies", [[{"hold": "never"}]], "--prompt", "Work")
    run.reached("never")
    thinking = events.state("dies", "thinking")
    os.kill(run.pid, signal.SIGKILL)
    killed = time.time() * 1000
    exited = events.named("agent_exited", "dies", after=thinking["seq"])
    assert exited["timestamp"] - killed < 1000
    agent = world.agent("dies")
    assert not agent["alive"]
    assert agent["exit_status"] == 137
    refused = world.http.post("/api/agents/dies/command", json={"command": "hello"})
    assert refused.status_code in (202, 409)
    assert run.prompts() == ["Work"]


def test_an_agent_that_exits_with_an_error(world: World) -> None:
    events = world.record()
    world.spawn("leaves", [[{"say": "Bye."}, {"exit": 3}]], "--prompt", "Work")
    events.named("agent_exited", "leaves")
    agent = world.agent("leaves")
    assert (agent["alive"], agent["state"], agent["exit_status"]) == (False, "error", 3)


def test_every_text_arrives_verbatim_and_once(world: World) -> None:
    run = world.spawn("types")
    ids = [world.send("types", text) for text, _ in TEXTS]
    for command in ids:
        world.sent(command, timeout=60)
    assert run.prompts() == [text if arrives is None else arrives for text, arrives in TEXTS]
    assert run.log("shell", "slash") == []


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
    ids = [world.send("busy", str(number)) for number in range(1, 5)]
    assert [world.command(command)["status"] for command in ids] == ["queued"] * 4
    run.release("first")
    for command in ids:
        world.sent(command)
    assert run.prompts() == ["0", "1", "2", "3", "4"]
    sent = [event["command"] for event in events.events if event["event"] == "command_sent"]
    assert sent == ["0", "1", "2", "3", "4"]


def test_a_draft_of_a_person_is_left_alone(world: World) -> None:
    events = world.record()
    run = world.spawn("draft")
    events.state("draft", "idle")
    world.press("draft", "my own half-written words")
    until(lambda: "half-written" in world.screen("draft"))
    command = world.send("draft", "from afar")
    time.sleep(1.5)  # to see that nothing happens
    assert world.command(command)["status"] == "queued"
    assert run.prompts() == []
    world.press("draft", "Enter")
    world.sent(command)
    assert run.prompts() == ["my own half-written words", "from afar"]


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
