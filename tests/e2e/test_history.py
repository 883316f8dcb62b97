"""What happened is counted and what goes on too long is told, once, by a daemon that is killed in between."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import World
from receiver import Receiver
from receiver import receiver as listening

ASKS: list[Step] = [{"tool": "Bash", "input": {"command": "rm -rf build"}, "ask": True}, {"say": "Gone."}]


@pytest.fixture
def quick() -> Iterator[World]:
    fresh = World(config="[retention]\nhistory_every_s = 0.2\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as one:
        yield one


def told(world: World, metric: str, line: str, **query: str) -> float:
    found = world.http.get("/api/history", params={"metric": metric, **query}).raise_for_status().json()
    return sum(value or 0 for value in found["lines"][line])


# What has moved by the time an agent asked, and somebody listened.
MOVED = (
    *("outrider_captures_total{", "outrider_capture_seconds_count{", "outrider_capture_seconds_sum{"),
    *("outrider_look_interval_seconds{", "outrider_event_lag_seconds_count", "outrider_websocket_clients"),
    *("outrider_database_bytes", "outrider_database_log_bytes", "outrider_events_total", "outrider_uptime_seconds"),
    *('outrider_agents{alive="true"', "outrider_detection_agents{", 'outrider_state_seconds_total{state="waiting"'),
    *('outrider_commands{status="sent"', "outrider_build_info{", "outrider_commands_sent_total"),
    *("outrider_delivery_seconds_count", "outrider_delivery_seconds_sum", 'outrider_transitions_total{state="waiting"'),
    'outrider_notices_total{outcome="sent",way="hook"}',
)
# And by the time the agent was answered, and another met an error, spent tokens, and was killed with a command before it.
MOVED_THEN = (
    *("outrider_approvals_answered_total", "outrider_waiting_seconds_count", "outrider_waiting_seconds_sum"),
    *("outrider_errors_total", "outrider_tokens_total", "outrider_commands_failed_total"),
)


def scraped(world: World) -> dict[str, float]:
    lines = world.http.get("/metrics").raise_for_status().text.splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def moved(world: World, names: tuple[str, ...]) -> None:
    """Waits until each of these figures is more than nothing."""

    def still() -> list[str]:
        now = scraped(world)
        return [name for name in names if not any(now[each] > 0 for each in now if each.startswith(name))]

    until(lambda: not still() or None, what=f"the figures to move, of {', '.join(still())}")


def spend(world: World) -> None:
    """Writes into the agents' transcripts what a message of Claude Code's takes."""
    usage = {"input_tokens": 1200, "output_tokens": 34, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    line = {
        "type": "assistant",
        "timestamp": datetime.now(UTC).isoformat(),
        "message": {"id": "msg_1", "role": "assistant", "model": "claude-opus-4-5", "content": [], "usage": usage},
    }
    for transcript in world.home.glob(".claude/projects/*/*.jsonl"):
        with transcript.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def test_history_and_alerts_over_a_kill(quick: World, receiver: Receiver) -> None:
    notify = quick.home / ".config" / "outrider" / "notify.toml"
    notify.parent.mkdir(parents=True, exist_ok=True)
    notify.write_text(f'[ways.hook]\ntype = "webhook"\nurl = "{receiver.url}"\n')
    rules = {"rules": [{"id": "quickly", "on": "waiting", "above": 0.001, "ways": ["hook"]}]}
    assert quick.http.put("/api/alerts", json=rules).status_code == 200
    until(lambda: quick.http.get("/api/notify").json()["ways"], what="notify.toml to be read")
    listener = quick.record()
    quick.spawn("asker", [ASKS], "--prompt", "Clean up")

    def alerts() -> list[dict[str, object]]:
        events: list[dict[str, object]] = quick.http.get("/api/events", params={"event": "alert"}).json()["events"]
        return events

    until(alerts, what="the alert")
    listener.named("alert", "asker")
    until(lambda: told(quick, "commands", "sent") > 0, what="the command to be counted")
    assert told(quick, "time_in_state", "waiting", session="asker") > 0
    metrics = scraped(quick)
    assert metrics["outrider_up"] == metrics["outrider_approvals_open"] == metrics["outrider_alerts_firing"] == 1
    moved(quick, MOVED)
    before = told(quick, "commands", "sent")
    quick.kill9()
    quick.start()
    until(lambda: quick.agent("asker")["state"] == "waiting", what="the agent to be known again")
    counted = told(quick, "agents", "waiting")
    waited = told(quick, "time_in_state", "waiting")
    until(lambda: told(quick, "time_in_state", "waiting") > waited + 0.5, what="more time to be counted")
    assert counted > 0
    assert told(quick, "commands", "sent") == before
    assert [(alert["rule"], alert["session"], alert["ways"]) for alert in alerts()] == [("quickly", "asker", ["hook"])]
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
    assert quick.cli("approve", "asker").returncode == 0
    fails = quick.spawn("fails", [[{"error": 500}], [{"hold": "go"}]], "--prompt", "Try")
    until(lambda: quick.http.get("/api/events", params={"event": "agent_error"}).json()["events"], what="the error")
    spend(quick)
    quick.sent(quick.send("fails", "Again"))
    fails.reached("go")
    waits = quick.send("fails", "never")
    assert quick.cli("kill", "fails").returncode == 0
    assert quick.settled(waits)["status"] == "failed"
    moved(quick, MOVED_THEN)
    arrived = {request.headers["webhook-id"]: request.json for request in receiver.requests}
    assert [(each["rule"], each["urgency"]) for each in arrived.values()] == [("alert quickly", "high")]
    assert "asker" in str(arrived.popitem()[1]["title"])
    what_is_old_goes(quick)


def what_is_old_goes(world: World) -> None:
    """By the settings, from the daemon's next start on; and the verbs that want it down."""
    newest = world.http.get("/api/stats").json()["events"]
    assert world.stop() == 0
    data = ("--data", str(world.data))
    emptied = world.cli("db", "vacuum", *data)
    assert emptied.returncode == 0, emptied.stderr
    copy = world.root / "copy.db"
    with closing(sqlite3.connect(copy)) as newer:
        newer.execute("PRAGMA user_version = 9999")
    refused = world.cli("db", "restore", str(copy), *data)
    assert (refused.returncode, "made by a newer Outrider" in refused.stderr) == (1, True)
    old_ms = time.time_ns() // 1_000_000 - 3 * 24 * 3_600_000
    archived = world.data / "archive" / f"asker-{old_ms}"
    archived.mkdir(parents=True, mode=0o700)
    archived.joinpath("agent.json").write_text("{}", encoding="utf-8")
    cast = world.data / "recordings" / f"asker-{old_ms}.cast"
    cast.parent.mkdir(exist_ok=True, mode=0o700)
    header = {"version": 2, "width": 80, "height": 24, "title": "asker", "timestamp": old_ms // 1000}
    cast.write_text(json.dumps(header) + "\n", encoding="utf-8")
    with world.config.open("a", encoding="utf-8") as config:
        config.write("\nevents_max = 5\nrecordings_days = 1\narchive_days = 1\n")
    world.start()
    until(lambda: not archived.exists() and not cast.exists(), what="what is old to be removed")
    until(lambda: world.http.get("/api/events?since=0").json()["events"][0]["seq"] > 1, what="old events to go")
    kept = world.http.get("/api/events?since=0").json()["events"]
    assert kept[-1]["seq"] >= newest
    assert world.http.get("/api/agents/asker").status_code == 200
