"""The main job with the real Claude Code 2.1.197, its model a script of ours, in a network of its own where one can be made."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from e2e.payloads import LINES, LONG, SPECIAL
from e2e.real.install import NotInstalled
from e2e.real.lab import Lab
from e2e.waiting import until

pytestmark = pytest.mark.real
TIMEOUT = 40.0


def open_lab(**dialogs: bool) -> Lab:
    """A lab, or a skip that says why there is none."""
    try:
        lab = Lab(**dialogs)
    except NotInstalled as error:
        pytest.skip(f"the real Claude Code cannot be installed here: {error}")
    print(
        "network of its own"
        if lab.network.private
        else "no private network can be made here: on loopback, without traffic"
    )
    lab.world.start()
    return lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    """The real agent with a HOME that asks nothing."""
    fresh = open_lab()
    try:
        yield fresh
    finally:
        fresh.close()


def test_states_come_in_the_order_of_the_work(lab: Lab) -> None:
    world, events = lab.world, lab.world.record()
    parser = str(lab.project / "src" / "parser.py")
    edit = {"file_path": parser, "old_string": "[0]", "new_string": "[1]"}
    lab.script(
        [
            [{"hold": "thinking"}, {"say": "I'll read it first."}, {"tool": "Read", "input": {"file_path": parser}}],
            [{"hold": "read"}, {"tool": "Edit", "input": {**edit}}],
            [{"hold": "edited"}, {"tool": "Bash", "input": {"command": "pytest -q tests", "description": "Test"}}],
            [{"say": "All tests pass."}],
        ]
    )
    lab.spawn("my-task", "--prompt", "Build feature X", extra=("--allowedTools", "Bash(pytest:*)", "Edit"))
    lab.reached("thinking", TIMEOUT)
    events.state("my-task", "thinking")
    lab.release("thinking")
    events.state("my-task", "reading", timeout=TIMEOUT)
    lab.release("read")
    events.state("my-task", "working", timeout=TIMEOUT)
    lab.release("edited")
    events.state("my-task", "testing", timeout=TIMEOUT)
    lab.project.joinpath("go").touch()
    events.state("my-task", "complete", timeout=TIMEOUT)
    seen = events.states("my-task")
    places = [seen.index(state) for state in ("thinking", "reading", "working", "testing", "complete")]
    assert places == sorted(places), seen
    assert not set(seen) - {"initializing", "idle", "thinking", "reading", "working", "testing", "complete"}, seen
    assert lab.prompts() == ["Build feature X"]
    first = next(event for event in events.events if event["event"] == "state_change")
    assert "initializing" in (first.get("prevState"), first["state"])
    assert world.agent("my-task")["version"] in (None, "2.1.197")


def test_a_permission_dialog_is_waiting_and_a_persons_answer_goes_on(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[{"tool": "Bash", "input": {"command": "touch made", "description": "Make it"}}], [{"say": "Made."}]])
    lab.spawn("asks", "--prompt", "Make a file")
    waiting = events.state("asks", "waiting", timeout=TIMEOUT)
    detail = until(
        lambda: lab.world.agent("asks")["detail"] if lab.world.agent("asks")["detail"].get("options") else None
    )
    assert "proceed" in detail["question"]
    assert detail["options"][0] == "Yes"
    assert not lab.project.joinpath("made").exists()
    lab.pressed("asks", "Do you want to proceed?", "Enter")
    events.state("asks", "complete", after=waiting["seq"], timeout=TIMEOUT)
    assert lab.project.joinpath("made").exists()


def test_a_rejected_permission_is_idle(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[{"tool": "Bash", "input": {"command": "touch made", "description": "Make it"}}]])
    lab.spawn("asks", "--prompt", "Make a file")
    waiting = events.state("asks", "waiting", timeout=TIMEOUT)
    lab.pressed("asks", "Do you want to proceed?", "Escape")
    events.state("asks", "idle", after=waiting["seq"])
    assert not lab.project.joinpath("made").exists()


def test_an_api_error_is_an_error(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[{"error": 529, "times": 3}], [{"say": "Better now."}]])
    lab.spawn("fails", "--prompt", "Go")
    events.state("fails", "error", timeout=TIMEOUT)
    until(lambda: len(lab.asked()) == 3, TIMEOUT, what="it to give up")
    until(lambda: lab.world.agent("fails")["detail"].get("retrying") is not True, what="the final error")
    assert lab.world.agent("fails")["state"] == "error"
    lab.world.sent(lab.world.send("fails", "Try again"))
    events.state("fails", "complete", timeout=TIMEOUT)


def test_escape_makes_it_idle(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[{"say": "I begin."}, {"hold": "never"}]])
    lab.spawn("stops", "--prompt", "Work")
    lab.reached("never", TIMEOUT)
    busy = events.first(lambda event: event["event"] == "state_change" and event["state"] in {"thinking", "working"})
    assert lab.world.http.post("/api/agents/stops/interrupt").is_success
    events.state("stops", "idle", after=busy["seq"])
    lab.world.sent(lab.world.send("stops", "Second"))
    until(lambda: lab.prompts()[-1] == "Second")


def test_escape_before_any_output_leaves_a_draft_that_is_not_sent_along(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[{"hold": "never"}]])
    lab.spawn("stops", "--prompt", "First\nof\nfour\nlines and " + "more " * 300)
    lab.reached("never", TIMEOUT)
    events.state("stops", "thinking")
    assert lab.world.http.post("/api/agents/stops/interrupt").is_success
    events.state("stops", "idle")
    lab.world.sent(lab.world.send("stops", "Second"))
    until(lambda: lab.prompts()[-1] == "Second")


def test_a_killed_agent_is_not_alive(lab: Lab) -> None:
    events = lab.world.record()
    lab.script([[{"hold": "never"}]])
    lab.spawn("dies", "--prompt", "Work")
    lab.reached("never", TIMEOUT)
    thinking = events.state("dies", "thinking")
    pid = lab.world.agent("dies")["pid"]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    killed = time.time() * 1000
    exited = events.named("agent_exited", "dies", after=thinking["seq"])
    assert exited["timestamp"] - killed < 1000
    agent = lab.world.agent("dies")
    assert not agent["alive"]
    assert agent["exit_status"] == 137


# What Claude Code makes of a text: four blanks of a tab; blanks at the end are cut. The guards in front of / and ! and behind a
# backslash are ours (docs/claude.md).
TEXTS = (
    (SPECIAL, SPECIAL.replace("\t", "    ")),
    (LONG, LONG),
    (LINES, LINES),
    ("/foo bar is not a command", " /foo bar is not a command"),
    ("!important: do not delete anything", " !important: do not delete anything"),
    ("# Heading first\nthen a body", "# Heading first\nthen a body"),
    ("@README.md explain this file", "@README.md explain this file"),
    ("?why is that", "?why is that"),
    ("ends with a backslash \\", "ends with a backslash \\"),
)


def test_every_text_arrives_verbatim_and_once(lab: Lab) -> None:
    lab.spawn("types")
    for text, _ in TEXTS:
        lab.world.sent(lab.world.send("types", text), TIMEOUT)
    until(lambda: len(lab.asked()) >= len(TEXTS), TIMEOUT, what="every request")
    arrived = [text for text in lab.prompts() if not text.startswith("Called the Read tool")]
    assert arrived == [text for _, text in TEXTS]


def test_the_trust_dialog_waits_for_a_person() -> None:
    _dialog(open_lab(trusted=False), ("Enter",), ())


def test_the_api_key_question_waits_for_a_person() -> None:
    _dialog(open_lab(onboarded=False), ("Up", "Enter"), ())


def test_the_bypass_warning_waits_for_a_person() -> None:
    _dialog(open_lab(bypass_accepted=False), ("Down", "Enter"), ("--auto=yolo",))


def _dialog(lab: Lab, keys: tuple[str, ...], words: tuple[str, ...]) -> None:
    try:
        events = lab.world.record()
        lab.spawn("new", "--prompt", "First words", *words)
        events.state("new", "waiting", timeout=TIMEOUT)
        before = lab.world.screen("new")
        time.sleep(1.5)  # to see that nothing happens
        assert lab.world.screen("new") == before
        assert lab.world.agent("new")["alive"]
        for key in keys:
            lab.world.press("new", key)
            time.sleep(0.3)
        events.named("command_sent", "new", timeout=TIMEOUT)
        events.state("new", "complete", timeout=TIMEOUT)
        assert lab.prompts() == ["First words"]
    finally:
        lab.close()


def test_kill_leaves_nothing_behind(lab: Lab) -> None:
    lab.script([[{"tool": "Bash", "input": {"command": "pytest -q tests", "description": "Test"}}]])
    lab.spawn("tree", "--prompt", "Test", extra=("--allowedTools", "Bash(pytest:*)"))
    events = lab.world.record()
    events.state("tree", "testing", timeout=TIMEOUT)
    until(lambda: any("pytest" in line for line in lab.world.marked().values()), what="the test run")
    assert lab.world.cli("kill", "tree").returncode == 0

    def left() -> list[str]:
        return [line for line in lab.world.marked().values() if "claude" in line or "pytest" in line]

    until(lambda: not left(), what="all of it to be gone")


def test_a_slash_command_and_keys_go_in_where_they_are_asked_for(lab: Lab) -> None:
    world = lab.world
    lab.spawn("steered")
    world.sent(world.send("steered", "/help", **{"as": "slash"}), TIMEOUT)
    until(lambda: "Custom commands" in world.screen("steered"), TIMEOUT, what="its help")
    assert lab.prompts() == []
    world.sent(world.send("steered", "Escape", **{"as": "keys"}), TIMEOUT)
    world.sent(world.send("steered", "/help is text now"), TIMEOUT)
    until(
        lambda: [text.strip() for text in lab.prompts()][-1:] == ["/help is text now"],
        TIMEOUT,
        what="the text to arrive",
    )
