"""What happened is counted and what goes on too long is told, once, by a daemon that is killed in between."""

import json
from collections.abc import Iterator

import pytest

from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import World

ASKS: list[Step] = [{"tool": "Bash", "input": {"command": "rm -rf build"}, "ask": True}, {"say": "Gone."}]


@pytest.fixture
def quick() -> Iterator[World]:
    fresh = World(config="[retention]\nhistory_every_s = 0.2\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


def told(world: World, metric: str, line: str, **query: str) -> float:
    found = world.http.get("/api/history", params={"metric": metric, **query}).raise_for_status().json()
    return sum(value or 0 for value in found["lines"][line])


def test_history_and_alerts_over_a_kill(quick: World) -> None:
    rules = {"rules": [{"id": "quickly", "on": "waiting", "above": 0.001, "ways": ["phone"]}]}
    assert quick.http.put("/api/alerts", json=rules).status_code == 200
    quick.spawn("asker", [ASKS], "--prompt", "Clean up")

    def alerts() -> list[dict[str, object]]:
        events: list[dict[str, object]] = quick.http.get("/api/events", params={"event": "alert"}).json()["events"]
        return events

    until(alerts, what="the alert")
    until(lambda: told(quick, "commands", "sent") > 0, what="the command to be counted")
    assert told(quick, "time_in_state", "waiting", session="asker") > 0
    before = told(quick, "commands", "sent")
    quick.kill9()
    quick.start()
    until(lambda: quick.agent("asker")["state"] == "waiting", what="the agent to be known again")
    counted = told(quick, "agents", "waiting")
    waited = told(quick, "time_in_state", "waiting")
    until(lambda: told(quick, "time_in_state", "waiting") > waited + 0.5, what="more time to be counted")
    assert counted > 0
    assert told(quick, "commands", "sent") == before
    assert [(alert["rule"], alert["session"], alert["ways"]) for alert in alerts()] == [("quickly", "asker", ["phone"])]
    shown = quick.cli("alerts", "list")
    assert (shown.returncode, "quickly" in shown.stdout, "asker" in shown.stdout) == (0, True, True)
    tested = quick.cli("alerts", "test", "quickly", "--above", "-1")
    assert (tested.returncode, "above 0, not -1" in tested.stderr) == (1, True)
    assert json.loads(quick.cli("alerts", "test", "quickly", "--above", "1000", "--json").stdout)["count"] == 0
    assert "silent until" in quick.cli("alerts", "snooze", "quickly").stdout
    assert quick.cli("alerts", "snooze", "nothing").returncode == 1
    copied = quick.cli("db", "backup", str(quick.root / "copy.db"), "--data", str(quick.data))
    assert copied.returncode == 0, copied.stderr
    refused = quick.cli("db", "restore", str(quick.root / "copy.db"), "--data", str(quick.data))
    assert (refused.returncode, "Another Outrider daemon" in refused.stderr) == (1, True)
    assert quick.cli("db", "check", "--data", str(quick.data)).returncode == 0
    assert [each["session"] for each in quick.http.get("/api/alerts").json()["firing"]] == ["asker"]
    shares = quick.http.get("/api/history/agents").json()["agents"]
    assert [each["session"] for each in shares] == ["asker"]
