"""Every reason of being stuck on a running agent, and that none of them is said of one that is as it should be."""

import time
from collections.abc import Iterator

import pytest

from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import World, state_is

CONFIG = """
[stuck]
frozen_s = 2
testing_s = 600
command_s = 600
compaction_s = 600
idle_unfinished_s = 1
unanswered_s = 1
unsubmitted_s = 1
limited_s = 1
auth_s = 1
shell_s = 1
looping = 3
"""


@pytest.fixture
def impatient() -> Iterator[World]:
    fresh = World(config=CONFIG)
    try:
        yield fresh.start()
    finally:
        fresh.close()


def reason(world: World, session: str) -> str | None:
    agent = world.agent(session)
    return agent["detail"].get("reason") if agent["state"] == "stuck" else None


def test_limits_logins_loops_and_texts_that_nobody_sends(impatient: World) -> None:
    world = impatient
    same: Step = {"tool": "Bash", "input": {"command": "make"}, "output": "no rule", "fails": True}
    world.spawn("limited", [[{"error": 429}]], "--prompt", "Go")
    world.spawn("auth", [[{"error": 401}]], "--prompt", "Go")
    world.spawn("loops", [[same, same, same, same, {"hold": "on"}]], "--prompt", "Go")
    world.spawn("typed", [])
    state_is(world, "typed", "idle")
    # As a script would, or a colleague over another tool: no client is attached.
    world.press("typed", "h", "a", "l", "f")
    for session, want in (("limited", "limited"), ("auth", "auth"), ("loops", "looping"), ("typed", "unsubmitted")):
        until(lambda want=want, session=session: reason(world, session) == want, 60, what=f"{session} to be stuck")  # type: ignore[misc]
    assert world.screen("typed").count("half") == 1
    assert world.agent("limited")["detail"]["error"] == "rate_limit"
    world.press("typed", "C-u")
    state_is(world, "typed", "idle")


def test_an_agent_that_left_its_shell_behind(impatient: World) -> None:
    world = impatient
    run = world.run("mine")
    run.script([])
    world.spawn("first", [])  # our tmux server is there then
    folder = str(world.workdir())
    world.tmux("new-session", "-d", "-s", "mine", "-x", "120", "-y", "40", "-c", folder, "sh")
    world.tmux("send-keys", "-t", "=mine:", f"SCRIPTED_AGENT_DIR={run.root} claude", "Enter")
    until(lambda: run.log("ready"), what="it to start")
    until(lambda: world.cli("adopt", "mine", "--agent", "claude").returncode == 0, what="it to be adopted")
    state_is(world, "mine", "idle")
    world.press("mine", "C-c")
    world.press("mine", "C-c")
    until(lambda: reason(world, "mine") == "shell", 60, what="the shell to be noticed")
    assert not world.agent("mine")["alive"]
    assert "claude" in world.screen("mine"), "the shell stands as it was left"


def test_a_silent_test_run_and_a_download_are_in_order_and_a_hang_is_not(impatient: World) -> None:
    world = impatient
    events = world.record()
    tests: Step = {"tool": "Bash", "input": {"command": "pytest -q"}, "hold": "tests"}
    fetch: Step = {"tool": "Bash", "input": {"command": "curl -O https://x.test/big"}, "hold": "fetch"}
    # The process that works on the command, as an agent's shell would start it.
    runs = world.spawn("tests", [[{"child": 60}, tests, {"say": "Done."}]], "--prompt", "Test")
    loads = world.spawn("fetches", [[{"child": 60}, fetch, {"say": "Done."}]], "--prompt", "Fetch")
    world.spawn("hangs", [[{"tool": "Bash", "input": {"command": "pytest -q"}, "hold": "never"}]], "--prompt", "Go")
    until(lambda: reason(world, "hangs") == "frozen", 60, what="the one without a process to be stuck")
    time.sleep(2)  # as long again
    assert (reason(world, "tests"), reason(world, "fetches")) == (None, None)
    assert world.agent("tests")["state"] == "testing"
    runs.release("tests")
    loads.release("fetch")
    for session in ("tests", "fetches"):
        events.state(session, "complete")
        assert "stuck" not in events.states(session)


def test_a_stale_list_that_lies_in_the_folder_denies_nothing(impatient: World) -> None:
    world = impatient
    events = world.record()
    todo = world.workdir() / "TODO.md"
    todo.write_text("- [x] old\n- [ ] older\n")
    world.spawn("task", [[{"say": "Done."}], [{"say": "And that."}]], "--prompt", "Something else")
    complete = events.state("task", "complete")
    agent = world.agent("task")
    assert (agent["progress"], agent["progress_source"]) == (50.0, "spec:TODO.md")
    time.sleep(1.5)  # longer than idle_unfinished_s
    world.kill9()
    world.start()
    assert world.agent("task")["state"] == "complete"
    # It changes while the agent works: it is the agent's now.
    todo.write_text("- [x] old\n- [ ] older\n- [ ] new\n")
    world.sent(world.send("task", "More"))
    events.state("task", "idle", after=complete["seq"])
    until(lambda: reason(world, "task") == "idle_unfinished", 60)
    todo.write_text("- [x] old\n- [x] older\n- [x] new\n")
    state_is(world, "task", "complete")


def test_a_list_that_comes_while_it_works_is_its_own(impatient: World) -> None:
    world = impatient
    run = world.spawn("task", [[{"hold": "plan"}, {"say": "Planned."}]], "--prompt", "Plan it")
    run.reached("plan")
    until(lambda: world.http.get("/api/agents/task/progress").json()["source"] == "none")
    world.workdir().joinpath("TASKS.md").write_text("- [x] one\n- [ ] two\n")
    until(lambda: world.agent("task")["progress"] == 50.0)
    run.release("plan")
    until(lambda: reason(world, "task") == "idle_unfinished", 60)


def test_an_agent_has_patience_of_its_own(world: World) -> None:
    run = world.spawn("quick", [[{"hold": "silence"}]], "--stuck", "frozen=1", "--prompt", "Go")
    world.spawn("usual", [[{"hold": "silence"}]], "--prompt", "Go")
    until(lambda: reason(world, "quick") == "frozen", 60)
    assert reason(world, "usual") is None
    changed = world.http.patch("/api/agents/usual", json={"stuck": {"frozen": 1}})
    assert (changed.status_code, changed.json()["stuck"]) == (200, {"frozen": 1})
    until(lambda: reason(world, "usual") == "frozen", 60)
    world.kill9()
    world.start()
    until(lambda: reason(world, "usual") == "frozen", 60)
    assert world.http.patch("/api/agents/quick", json={"stuck": {}}).json()["stuck"] == {}
    until(lambda: reason(world, "quick") is None)
    for wrong, says in (({"frozn": 1}, "no threshold 'frozn'; known: frozen,"), ({"looping": 1.5}, "whole number from 2"),
                        ({"auth": 0}, "above 0")):  # fmt: skip
        refused = world.http.patch("/api/agents/quick", json={"stuck": wrong})
        assert (refused.status_code, says in refused.json()["error"]) == (422, True), refused.text
    assert "no threshold" in world.cli("spawn", "--session", "x", "--agent", "shell", "--stuck", "frozn=1").stderr
    run.release("silence")
