"""What is done by itself where the settings say so: cleanup, restarts, nudges; each announced or within its budget."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from e2e.waiting import until
from e2e.world import World, state_is


@contextmanager
def configured(config: str) -> Iterator[World]:
    world = World(config=config)
    try:
        yield world.start()
    finally:
        world.close()


def gone(world: World, session: str) -> bool:
    return world.http.get(f"/api/agents/{session}").status_code == 404


def test_what_is_complete_is_announced_archived_and_nothing_of_a_persons_is_lost() -> None:
    with configured("[cleanup]\ncomplete_minutes = 0.05\nexited_minutes = 0.05\nnotice_minutes = 0.03\n") as world:
        events = world.record()
        names = ("done", "kept", "drafted", "idle")
        for name in names:
            world.spawn(name, [[{"say": f"This is {name}."}]], *(["--prompt", "Go"] if name != "idle" else []))
        assert world.cli("keep", "kept").returncode == 0
        until(lambda: world.agent("drafted")["state"] == "complete")
        world.press("drafted", "m", "y", "Space", "w", "o", "r", "d", "s")
        announced = events.named("cleanup_announced", "done")
        archived = events.named("agent_archived", "done")
        assert archived["seq"] > announced["seq"]
        assert archived["timestamp"] >= cast("dict[str, int]", announced)["at"]
        until(lambda: gone(world, "done"))
        folder = world.data / "archive"
        (kept,) = folder.glob("done-*")
        assert "This is done." in kept.joinpath("output.txt").read_text()
        assert json.loads(kept.joinpath("agent.json").read_text())["session"] == "done"
        assert [command["status"] for command in world.commands() if command["session"] == "done"] == ["sent"]
        # Their time was over as long ago as that of the one which went.
        time.sleep(1)
        assert [name for name in names if not gone(world, name)] == ["kept", "drafted", "idle"]
        assert "my words" in world.screen("drafted")
        # Ended by a person, it is archived, too; its pane was gone already.
        assert world.cli("kill", "idle").returncode == 0
        until(lambda: gone(world, "idle"), what="it to be archived")


def test_at_work_again_it_stays() -> None:
    with configured("[cleanup]\ncomplete_minutes = 0.05\nnotice_minutes = 0.05\n") as world:
        events = world.record()
        run = world.spawn("task", [[{"say": "One."}], [{"hold": "never"}]], "--prompt", "Go")
        announced = events.named("cleanup_announced", "task")
        world.sent(world.send("task", "More"))
        run.reached("never")
        events.named("cleanup_withdrawn", "task", after=announced["seq"])
        assert world.agent("task")["cleanup"] is None
        assert not gone(world, "task")


def test_a_crash_is_restarted_in_its_conversation_within_the_budget() -> None:
    with configured('[recovery]\nrestart = "crashed"\nrestarts = 2\nrestart_s = 0.2\n') as world:
        run = world.spawn("task", [[{"say": "Hm."}, {"exit": 3}]], "--prompt", "Go")
        until(lambda: len(run.log("start")) == 2, what="the first restart")
        first = run.log("start")[1]["argv"]
        assert "--resume" in first
        state_is(world, "task", "idle")
        world.send("task", "Again")
        until(lambda: len(run.log("start")) == 3, what="the second restart")
        state_is(world, "task", "idle")
        world.kill9()
        world.start()
        world.send("task", "And again")
        until(lambda: not world.agent("task")["alive"], what="it to crash")
        time.sleep(3)  # a third restart would have come 0.8 s later
        assert len(run.log("start")) == 3
        actors = {line["actor"] for line in world.http.get("/api/audit?action=spawn").json()["audit"]}
        assert "outrider:recovery" in actors


def test_nudges_are_counted_and_wait_for_a_persons_draft() -> None:
    config = '[recovery]\nnudge = true\nnudges = 2\nnudge_text = "Go on."\n[stuck]\nidle_unfinished_s = 1\nunsubmitted_s = 600\n'
    with configured(config) as world:
        world.workdir().joinpath("TASKS.md").write_text("- [ ] one\n- [ ] two\n")
        run = world.spawn("task", [[{"say": "Hm."}]], "--spec", "TASKS.md", "--prompt", "Go")
        until(lambda: run.prompts() == ["Go", "Go on.", "Go on."], 40, what="two nudges")
        state_is(world, "task", "stuck")
        time.sleep(2.5)
        assert len(run.prompts()) == 3, "the budget is spent"
        world.workdir().joinpath("TASKS.md").write_text("- [x] one\n- [ ] two\n")
        world.press("task", "m", "i", "n", "e")
        until(lambda: [c for c in world.commands() if c["status"] == "queued"], 60, what="a nudge that waits")
        time.sleep(1)
        assert len(run.prompts()) == 3
        assert "mine" in world.screen("task")
        world.press("task", "C-u")
        until(lambda: run.prompts()[3:4] == ["Go on."], 60, what="the nudge, once the draft is gone")
