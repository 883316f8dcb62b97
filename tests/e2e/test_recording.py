"""What agents show is recorded while the daemon is killed under it, and played again as it was."""

import json
from collections.abc import Iterator

import pytest

from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import World, state_is

STORY: list[Step] = [{"say": "Once upon a time."}, {"hold": "middle"}, {"say": "They lived on."}]


@pytest.fixture
def world() -> Iterator[World]:
    fresh = World(config="[recordings]\nmax_mb = 0.3\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


def recordings(world: World, session: str) -> list[dict[str, object]]:
    """Newest first."""
    answer = world.http.get("/api/recordings", params={"session": session}).raise_for_status()
    found: list[dict[str, object]] = answer.json()["recordings"]
    return found


def shown(world: World, recording: object) -> str:
    """All that is in a recording."""
    text = world.http.get(f"/api/recordings/{recording}/cast").raise_for_status().text
    header, *rest = text.rstrip("\n").split("\n")
    assert json.loads(header)["version"] == 2
    return "".join(data for _, code, data in map(json.loads, rest) if code == "o")


def mirrors(world: World) -> list[str]:
    """The clients by which panes are read."""
    return [line for line in world.marked().values() if line.startswith("tmux") and "read-only" in line]


def test_an_agent_is_recorded_over_a_kill_of_the_daemon_and_its_own_end(world: World) -> None:
    run = world.spawn("tale", [STORY], "--prompt", "Tell", "--record")
    run.reached("middle")
    assert world.agent("tale")["recording"] is True
    until(lambda: any("Once upon" in shown(world, each["id"]) for each in recordings(world, "tale")))
    world.kill9()
    world.start()
    until(lambda: len(recordings(world, "tale")) == 2, what="it to be recorded again")
    until(lambda: len(mirrors(world)) == 1, what="the killed daemon's client to go")
    (first,) = recordings(world, "tale")[1:]
    assert (first["live"], "Once upon" in shown(world, first["id"])) == (False, True)
    run.release("middle")
    state_is(world, "tale", "complete")
    until(lambda: "They lived on." in shown(world, recordings(world, "tale")[0]["id"]), what="the end of it")
    assert "They lived on." in world.cli("play", "tale").stdout
    assert world.tmux("display-message", "-p", "-t", "=tale:", "#{window_width}x#{window_height}").strip() == "120x40"
    assert world.cli("kill", "tale", "--now").returncode == 0
    until(lambda: not any(each["live"] for each in recordings(world, "tale")), what="the recording to end")
    until(lambda: not mirrors(world), what="its client to go")


def test_a_flood_is_cut_at_the_limit_and_everything_goes_on(world: World) -> None:
    world.spawn("calm", [STORY], "--record")
    kind = ("--agent", "shell", "--workdir", str(world.workdir()))
    assert world.cli("spawn", "--session", "flood", *kind, "--record").returncode == 0
    state_is(world, "flood", "idle")
    world.settled(world.send("flood", "yes 'a long line of text that comes again and again'"))
    until(lambda: world.agent("flood")["recording"] is False, what="the recording to be cut")
    (found,) = recordings(world, "flood")
    assert found["cut"] == "the recording reached its limit of 0.3 MB"
    assert 100_000 < int(str(found["size"])) < 310_000
    assert (world.agent("calm")["recording"], world.agent("calm")["alive"]) == (True, True)
    (row,) = world.http.get("/api/audit", params={"session": "flood", "action": "recording"}).json()["audit"]
    assert (row["actor"], row["data"]) == ("outrider:recorder", {"recording": False, "why": found["cut"]})
    again = world.http.patch("/api/agents/calm", json={"recording": False}).json()
    assert again["recording"] is False
    until(lambda: not any(each["live"] for each in recordings(world, "calm")))
