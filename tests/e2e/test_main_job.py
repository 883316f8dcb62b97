"""The main job in one go: agents side by side in one world, each through a scene of its own, seen over HTTP and the WebSocket.

The agents are our scripted program (see `scripted`), which stands still at holds until the scene has seen what it wanted to see.
"""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from e2e.payloads import LINES, LONG, SPECIAL
from e2e.recorder import Recorder
from e2e.waiting import until
from e2e.world import World, state_is

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
Scene = Callable[[World, Recorder], None]
TYPISTS = 4


def states_come_in_the_order_of_the_work(world: World, events: Recorder) -> None:
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


def a_permission_dialog_is_waiting(world: World, events: Recorder) -> None:
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


def an_api_error_is_an_error(world: World, events: Recorder) -> None:
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


def escape_makes_it_idle(world: World, events: Recorder) -> None:
    run = world.spawn("stops", [[{"say": "I begin."}, {"hold": "never"}]] * 2, "--prompt", "Work")
    run.reached("never")
    working = events.first(lambda event: event["event"] == "state_change" and event["state"] in {"working", "thinking"})
    world.press("stops", "Escape")
    events.state("stops", "idle", after=working["seq"])
    world.sent(world.send("stops", "Work again"))
    until(lambda: len(run.log("hold")) == 2)
    seq = events.events[-1]["seq"]
    world.tmux("copy-mode", "-t", "=stops:")
    until(lambda: "copy mode" in world.http.post("/api/agents/stops/interrupt").text, what="an interrupt to be refused")
    world.tmux("send-keys", "-t", "=stops:", "-X", "cancel")
    until(lambda: world.http.post("/api/agents/stops/interrupt").is_success, what="it to be interrupted")
    events.state("stops", "idle", after=seq)
    assert len(run.log("interrupted")) == 2


def a_killed_agent_is_not_alive(world: World, events: Recorder) -> None:
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


def texts_arrive_verbatim_and_once(session: str) -> Scene:
    """Every fourth text goes to the same agent."""
    texts = TEXTS[int(session.removeprefix("types-")) :: TYPISTS]

    def scene(world: World, events: Recorder) -> None:
        run = world.spawn(session)
        ids = [world.send(session, text) for text, _ in texts]
        for command in ids:
            world.sent(command)
        assert run.prompts() == [text if arrives is None else arrives for text, arrives in texts]
        assert run.log("shell", "slash") == []

    return scene


SCENES: tuple[Scene, ...] = (
    states_come_in_the_order_of_the_work,
    a_permission_dialog_is_waiting,
    an_api_error_is_an_error,
    escape_makes_it_idle,
    a_killed_agent_is_not_alive,
    *(texts_arrive_verbatim_and_once(f"types-{number}") for number in range(TYPISTS)),
)


def test_the_main_job(world: World) -> None:
    events = world.record()
    with ThreadPoolExecutor(len(SCENES)) as stage:
        scenes = [stage.submit(scene, world, events) for scene in SCENES]
    for scene in scenes:
        scene.result()
