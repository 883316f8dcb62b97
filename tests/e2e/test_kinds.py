"""A kind's file that changes while the daemon runs and agents of it live."""

from e2e.waiting import until
from e2e.world import World

KIND = """
name = "whirr"
[launch]
argv = ["whirr"]
[[rules]]
id = "whirring"
state = "{state}"
region = "screen"
pattern = '^Whirring'
"""


def test_living_agents_are_read_by_the_changed_file_and_a_broken_one_changes_nothing() -> None:
    world = World()
    try:
        program = world.root / "bin" / "whirr"
        program.write_text("#!/bin/sh\necho Whirring\nexec sleep 1000\n", encoding="utf-8")
        program.chmod(0o755)
        file = world.home / ".config" / "outrider" / "agents" / "whirr.toml"
        file.parent.mkdir(parents=True)
        file.write_text(KIND.format(state="working"), encoding="utf-8")
        events = world.start().record()
        words = ("--session", "old", "--workdir", str(world.workdir()), "--agent", "whirr")
        assert world.cli("spawn", *words).returncode == 0
        events.state("old", "working")
        file.write_text(KIND.format(state="testing"), encoding="utf-8")
        changed = events.state("old", "testing")
        file.write_text(KIND.format(state="resting"), encoding="utf-8")
        until(lambda: "file is broken" in world.log_tail(), 20, what="the broken file to be read")
        assert world.agent("old")["state"] == "testing"
        file.write_text(KIND.format(state="reading"), encoding="utf-8")
        told = events.state("old", "reading", after=changed["seq"])
        between = [event for event in events.events if changed["seq"] < event["seq"] < told["seq"]]
        assert "state_change" not in [event["event"] for event in between]
    finally:
        world.close()
