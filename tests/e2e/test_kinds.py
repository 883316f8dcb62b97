"""A kind's file that changes while the daemon runs and agents of it live."""

from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

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

VERSIONED = """
name = "whirr"
version = "1.0"
banner = '^whirr (?P<version>[0-9.]+)'
[launch]
argv = ["whirr"]
[[rules]]
id = "whirring"
state = "working"
region = "screen"
pattern = '^Whirring'
"""


def test_a_new_version_that_is_hard_to_read_is_told_once() -> None:
    """1.0 is read well, 1.1 draws what no rule knows; both tell their version on their first screen."""
    world = World(config="[monitor]\ndoubt_s = 1\n")
    try:
        program = world.root / "bin" / "whirr"
        program.write_text('#!/bin/sh\necho "whirr $1"\necho Whirring\nread line\nclear\necho Zzz\nexec sleep 1000\n')
        program.chmod(0o755)
        file = world.home / ".config" / "outrider" / "agents" / "whirr.toml"
        file.parent.mkdir(parents=True)
        file.write_text(VERSIONED, encoding="utf-8")
        events = world.start().record()
        for version in ("1.0", "1.1"):
            session = f"v{version[-1]}"
            words = ("--session", session, "--workdir", str(world.workdir()), "--agent", "whirr", "--", version)
            assert world.cli("spawn", *words).returncode == 0
            events.state(session, "working")
            assert world.agent(session)["version"] == version
        assert not [event for event in events.events if event["event"] == "alert"]
        world.press("v1", "Enter")
        alert = cast("dict[str, object]", events.named("alert", "v1"))
        assert (alert["kind"], alert["version"], alert["known"]) == ("whirr", "1.1", "1.0")
        assert float(str(alert["share"])) >= float(str(alert["before"])) + 0.2
        assert world.agent("v1")["confidence"] == "low"
        world.press("v0", "Enter")
        until(lambda: "Zzz" in world.screen("v0"), what="the old one to be hard to read, too")
        assert len([event for event in events.events if event["event"] == "alert"]) == 1
    finally:
        world.close()


LIMITED = """
name = "whirr"
[launch]
argv = ["whirr"]
[[rules]]
id = "limited"
state = "error"
region = "screen"
pattern = '^(?P<message>[^\\n]*usage limit[^\\n]*)'
detail = { error = "usage_limit", retrying = "false", message = "{message}" }
"""


def test_when_a_limit_ends_is_told_in_the_agents_zone_and_outlives_a_restart() -> None:
    world = World()
    try:
        ends = datetime.now(ZoneInfo("Asia/Tokyo")).replace(second=0, microsecond=0) + timedelta(hours=3)
        program = world.root / "bin" / "whirr"
        said = f"You have hit your usage limit. Try again at {ends:%I:%M %p}."
        program.write_text(f'#!/bin/sh\necho "{said}"\nexec sleep 1000\n', encoding="utf-8")
        program.chmod(0o755)
        file = world.home / ".config" / "outrider" / "agents" / "whirr.toml"
        file.parent.mkdir(parents=True)
        file.write_text(LIMITED, encoding="utf-8")
        events = world.start().record()
        words = ("--session", "one", "--workdir", str(world.workdir()), "--agent", "whirr", "--env", "TZ=Asia/Tokyo")
        assert world.cli("spawn", *words).returncode == 0
        told = cast("dict[str, dict[str, object]]", events.state("one", "error"))
        assert told["detail"]["resets_at"] == ends.timestamp() * 1000
        assert world.agent("one")["detail"]["resets_at"] == ends.timestamp() * 1000
        assert "until" in world.cli("show", "one").stdout
        world.stop()
        world.start()
        assert world.agent("one")["detail"]["resets_at"] == ends.timestamp() * 1000
    finally:
        world.close()


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
        until(lambda: "file is broken" in world.log_tail(), 60, what="the broken file to be read")
        assert world.agent("old")["state"] == "testing"
        file.write_text(KIND.format(state="reading"), encoding="utf-8")
        told = events.state("old", "reading", after=changed["seq"])
        between = [event for event in events.events if changed["seq"] < event["seq"] < told["seq"]]
        assert "state_change" not in [event["event"] for event in between]
    finally:
        world.close()
