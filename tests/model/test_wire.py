"""The shapes outside are those that are promised, and always encodable."""

import json
from dataclasses import fields, replace

import pytest
from pydantic import TypeAdapter

from outrider.model import wire
from outrider.model.agent import Agent
from outrider.model.audit import AuditEntry, AuditRow, audit_json
from outrider.model.command import Attempt, Command, Stage, Status
from outrider.model.event import Event, EventName, Fact
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, Detail, ErrorClass, Reading, Rejected, Source, State, Verdict

NOW = 1_700_000_000_000
READING = Reading(Source.HOOK, State.WAITING, "hook:PermissionRequest", "Bash", NOW - 300)
AGENT = Agent(
    id="a1",
    session="my-task",
    node="here",
    kind="claude",
    ref=PaneRef("outrider", 7, "%3"),
    workdir="/src",
    verdict=Verdict(
        State.WAITING,
        alive=True,
        since_ms=NOW - 300,
        confidence=Confidence.HIGH,
        detail=Detail(tool="Bash", options=("Yes", "No"), retrying=False),
        evidence=(READING,),
        rejected=(Rejected(replace(READING, source=Source.TITLE, at_ms=NOW + 5), "The clock went back."),),
    ),
    spawned=True,
    created_ms=NOW - 1000,
    changed_ms=NOW,
    generation="generation-secret",
    env={"KEY": "env-secret"},
    argv=("claude", "--token", "argv-secret"),
)


def test_an_agent_has_the_fields_that_the_seed_commands_pick() -> None:
    shown = wire.agent_json(AGENT)
    assert (shown["session"], shown["state"], shown["progress"]) == ("my-task", "waiting", None)
    assert shown["progress_source"] == "none"
    assert shown["detail"] == {"tool": "Bash", "options": ["Yes", "No"], "retrying": False}
    TypeAdapter(wire.AgentJSON).validate_python(shown, strict=True, extra="forbid")


def test_secrets_of_a_spawn_are_not_shown() -> None:
    assert "secret" not in wire.text(wire.agent_full_json(AGENT, NOW))


def test_every_field_of_detail_has_a_name_outside() -> None:
    full = Detail("t", "c", "f", "q", ("o",), ErrorClass.SERVER, True, NOW, "r", "m")
    shown = wire.detail_json(full)
    assert len(shown) == len(fields(Detail))
    assert set(shown) == set(wire.DetailJSON.__annotations__)
    assert shown["resets_at"] == NOW
    assert wire.detail_json(Detail()) == {}


def test_why_tells_ages_and_what_was_not_believed() -> None:
    why = wire.why_json("my-task", AGENT.verdict, NOW)
    assert why["evidence"][0]["age_ms"] == 300
    assert why["evidence"][0]["rule"] == "hook:PermissionRequest"
    assert why["rejected"][0]["why"] == "The clock went back."
    assert why["rejected"][0]["age_ms"] == 0
    TypeAdapter(wire.WhyJSON).validate_python(why, strict=True, extra="forbid")


def test_a_command_is_shown_with_both_names_of_its_id() -> None:
    attempts = (Attempt(1, Stage.CLOSED, NOW, NOW + 9, "sent", "hook"),)
    command = Command("c1", 1, "a1", "my-task", "go", Status.SENT, "uid:1", NOW, NOW + 9, attempts=attempts)
    shown = wire.command_json(command)
    assert shown["id"] == shown["jobId"] == "c1"
    assert (shown["command"], shown["status"], shown["attempts"][0]["proof"]) == ("go", "sent", "hook")
    TypeAdapter(wire.CommandJSON).validate_python(shown, strict=True, extra="forbid")


def test_an_event_keeps_its_common_fields_whatever_its_data_says() -> None:
    data = {"prevState": "idle", "state": State.WORKING, "seq": 99, "session": "other"}
    shown = wire.event_json(Event(5, "here", Fact(EventName.STATE_CHANGE, "my-task", NOW, data)))
    assert list(shown)[:6] == ["seq", "event", "type", "timestamp", "node", "session"]
    assert (shown["seq"], shown["session"], shown["prevState"]) == (5, "my-task", "idle")
    assert shown["event"] == shown["type"] == "state_change"
    assert json.loads(wire.event_text(Event(5, "here", Fact(EventName.ALERT, "", NOW, data))))["state"] == "working"


def test_an_audit_row_keeps_its_data() -> None:
    row = AuditRow(NOW, "uid:1", "spawn", "my-task", {"kind": "claude"})
    assert audit_json(AuditEntry(7, row, "ab")) == {
        "id": 7,
        "at": NOW,
        "actor": "uid:1",
        "action": "spawn",
        "session": "my-task",
        "data": {"kind": "claude"},
        "digest": "ab",
    }


@pytest.mark.parametrize("text", ["plain", "ünï ⏺", "odd byte \udcff", "half \ud83d", "\x00\x1b[0m\n"])
def test_whatever_a_screen_held_can_be_sent(text: str) -> None:
    line = wire.text({"text": text})
    assert json.loads(line.encode())["text"] == text
    assert "\n" not in line


def test_what_is_no_json_is_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        wire.text(float("nan"))
