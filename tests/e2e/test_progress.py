"""Progress and stuck, end to end: spec files on a disk, agents by script, events on the WebSocket."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.recorder import EventJSON
from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import World

TASKS = "# Parser\n\n- [x] Read it\r\n- [ ] Write the fix\n- [ ] Test it (2)\n"
IMPATIENT = "[stuck]\nfrozen_s = 2\nidle_unfinished_s = 1\nunanswered_s = 1\nunsubmitted_s = 2\n"


def own(event: EventJSON) -> dict[str, object]:
    """The fields of an event that are its own."""
    common = {"seq", "event", "type", "timestamp", "node", "session"}
    return {name: value for name, value in event.items() if name not in common}


def test_a_box_ticked_in_the_file_is_progress_on_the_wire(world: World) -> None:
    spec = world.workdir() / "TASKS.md"
    spec.write_bytes(TASKS.encode())
    spec.chmod(0o640)
    events = world.record()
    world.spawn("my-task", [], "--spec", "TASKS.md", "--prompt", "Go on")
    first = events.named("progress", "my-task")
    assert own(first) == {"progress": 25.0, "source": "spec:TASKS.md", "done": 1, "total": 3}
    assert events.state("my-task", "idle"), "open items: the end of a turn is not completion"
    assert "complete" not in events.states("my-task")

    spec.write_text(TASKS.replace("[ ] Write", "[x] Write"), newline="")
    second = events.named("progress", "my-task", after=first["seq"])
    assert own(second)["progress"] == 50.0

    done = world.cli("progress", "tick", "my-task", "test", "it")
    assert done.returncode == 0, done.stderr
    assert "100% (from spec:TASKS.md, 3 of 3)" in done.stdout
    assert spec.read_bytes() == TASKS.replace("[ ]", "[x]").encode()
    assert spec.stat().st_mode & 0o777 == 0o640
    third = events.named("progress", "my-task", after=second["seq"])
    assert own(third)["progress"] == 100.0
    assert events.state("my-task", "complete")
    assert world.agent("my-task")["progress"] == 100.0

    shown = json.loads(world.cli("progress", "my-task", "--json").stdout)
    assert [item["done"] for item in shown["items"]] == [True, True, True]
    assert [value for _, value in shown["history"]] == [25.0, 50.0, 100.0]
    log = world.http.get("/api/agents/my-task/log").json()["log"]
    assert next(row for row in log if row["action"] == "tick")["data"]["item"] == "Test it"
    assert len([event for event in events.events if event["event"] == "progress"]) == 3


def test_a_spec_that_breaks_keeps_the_last_good_progress_and_says_why(world: World) -> None:
    docs = world.workdir() / "docs"
    spec = docs / "PLAN.md"
    docs.mkdir()
    spec.write_text(TASKS)
    world.spawn("my-task", [], "--spec", "docs/PLAN.md")
    until(lambda: world.agent("my-task")["progress"] == 25.0)
    assert world.agent("my-task")["spec_problem"] is None

    def swap(make: Callable[[Path], object]) -> Callable[[Path], object]:
        return lambda path: (path.unlink(), make(path))[1]  # type: ignore[func-returns-value]

    breaks: tuple[tuple[Callable[[Path], object], str], ...] = (
        (lambda path: path.write_bytes(b"\0" * 10), "binary"),
        (lambda path: path.write_bytes(b"- [ ] x\n" * 1_400_000), "10.7 MB"),
        (swap(lambda path: path.symlink_to(path)), "leads back to itself"),
        (swap(Path.mkdir), "directory"),
        (Path.rmdir, "does not exist"),
    )
    for break_it, says in breaks:
        break_it(spec)
        _problem(world, says)
        agent = world.agent("my-task")
        assert (agent["progress"], agent["progress_source"]) == (25.0, "spec:docs/PLAN.md")
    assert world.http.post("/api/agents/my-task/progress/tick", json={"item": "2"}).status_code == 409
    world.kill9()
    world.start()
    until(lambda: world.agent("my-task")["spec_problem"])
    assert world.agent("my-task")["progress"] == 25.0
    spec.write_text(TASKS.replace("[ ]", "[x]"))
    until(lambda: world.agent("my-task")["progress"] == 100.0)
    assert world.agent("my-task")["spec_problem"] is None


def _problem(world: World, says: str) -> None:
    until(lambda: says in (world.agent("my-task")["spec_problem"] or ""), what=says)


def test_the_agents_own_list_and_its_counters_survive_a_crash(world: World) -> None:
    events = world.record()
    update: Step = {"tool": "TaskUpdate", "input": {"taskId": "1", "status": "completed"}}
    write: dict[str, object] = {
        "todos": [{"content": "a", "status": "completed"}, {"content": "b", "status": "pending"}]
    }
    read: Step = {"tool": "Read", "input": {"file_path": "a.py"}}
    run = world.spawn(
        "my-task",
        [[read, {"tool": "TodoWrite", "input": write}, {"hold": "away"}, read, update, {"say": "OK"}]],
        "--prompt",
        "Go",
    )
    assert own(events.named("progress", "my-task")) == {"progress": 50.0, "source": "todo", "done": 1, "total": 2}
    run.reached("away")
    world.kill9()
    run.release("away")
    until(lambda: run.log("turn_end"))
    world.start()
    assert events.state("my-task", "complete")
    agent = world.agent("my-task")
    assert (agent["counters"]["files_read"], agent["progress"]) == (2, 50.0)


@pytest.fixture
def impatient() -> Iterator[World]:
    """A world whose agents are stuck after a moment."""
    fresh = World(config=IMPATIENT)
    try:
        yield fresh.start()
    finally:
        fresh.close()


def test_agents_that_should_move_are_stuck_once_and_move_on(impatient: World) -> None:
    world, events = impatient, impatient.record()
    ask: Step = {"tool": "Bash", "input": {"command": "rm -rf build"}, "ask": True}
    world.spawn("asks", [[ask, {"say": "Done"}]], "--prompt", "Go")
    hung = world.spawn("hangs", [[{"hold": "silence"}, {"say": "Done"}]], "--prompt", "Go")
    world.spawn("rests", [[{"say": "Done"}]], "--prompt", "Go")
    world.workdir("other").joinpath("TODO.md").write_text(TASKS)

    asks = events.named("agent_stuck", "asks")
    assert own(asks)["reason"] == "unanswered"
    assert int(str(own(asks)["idleTime"])) >= 1000
    assert world.agent("asks")["detail"]["command"] == "rm -rf build"
    world.press("asks", "Enter")
    assert events.state("asks", "complete")

    hangs = events.named("agent_stuck", "hangs")
    assert own(hangs)["reason"] == "frozen"
    hung.release("silence")
    assert events.state("hangs", "complete", after=hangs["seq"])
    for name in ("asks", "hangs"):
        told = [event for event in events.events if event["event"] == "agent_stuck" and event["session"] == name]
        assert len(told) == 1
    assert "stuck" not in events.states("rests"), "idle with nothing asked of it"


def test_a_stuck_agent_takes_a_command(impatient: World) -> None:
    world, events = impatient, impatient.record()
    world.workdir().joinpath("TODO.md").write_text(TASKS)
    run = world.spawn("rests", [[{"say": "Done"}]], "--spec", "TODO.md", "--prompt", "Go")
    found = events.named("agent_stuck", "rests")
    assert own(found)["reason"] == "idle_unfinished"
    world.kill9()
    world.start()
    world.sent(world.send("rests", "go on"))
    assert run.prompts() == ["Go", "go on"]
    told = [event for event in events.events if event["event"] == "agent_stuck" and event["seq"] <= found["seq"]]
    assert len(told) == 1
