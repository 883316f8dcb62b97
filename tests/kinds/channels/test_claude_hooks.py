"""Hook calls recorded from Claude Code 2.1.197 (`recorded/*.jsonl`, `expect` is what the agent was really doing), and made-up ones."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from outrider.kinds.channels import claude_hooks
from outrider.kinds.channels.claude_hooks import ClaudeVoice
from outrider.model.agent import Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import ErrorClass, Reading, Source, State

RECORDED = Path(__file__).parent / "recorded"
SESSION = "ca5faf3b-2a31-4b44-8266-83b5bfad6d0c"


@dataclass(frozen=True)
class Recorded:
    event: HookEvent
    expect: str | None


def recorded(name: str) -> list[Recorded]:
    rows = [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]
    return [
        Recorded(
            HookEvent(f"g/{number}.0.json", "g", row["payload"]["hook_event_name"], row["at_ms"], row["payload"]),
            row["expect"],
        )
        for number, row in enumerate(rows)
    ]


def hear(voice: ClaudeVoice, name: str, at_ms: int = 1000, /, **payload: object) -> Heard:
    return voice.hear(HookEvent(f"g/{at_ms}.0.json", "g", name, at_ms, {"hook_event_name": name, **payload}))


def heard_reading(voice: ClaudeVoice, name: str, at_ms: int = 1000, /, **payload: object) -> Reading:
    reading = hear(voice, name, at_ms, **payload).reading
    assert reading is not None
    return reading


def bash(command: str) -> Mapping[str, object]:
    return {"tool_name": "Bash", "tool_input": {"command": command}}


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("*.jsonl")))
def test_every_recorded_call_means_what_the_agent_did(name: str) -> None:
    voice = ClaudeVoice()
    for call in recorded(name):
        heard = voice.hear(call.event)
        assert (heard.reading and heard.reading.state.value) == call.expect, call.event.name
        assert heard.conversation == call.event.payload["session_id"]
        assert heard.transcript is not None
        assert heard.transcript.endswith(".jsonl")
        if heard.reading is not None:
            assert heard.reading.source is Source.HOOK
            assert heard.reading.rule == f"hook:{call.event.name}"
            assert heard.reading.at_ms == call.event.at_ms
            assert "\n" not in heard.reading.text
            assert len(heard.reading.text) <= 200


@pytest.mark.parametrize(
    ("name", "counters"),
    [
        ("read", Counters(files_read=3, commands=1)),
        ("edit", Counters(files_edited=1, files_written=1)),
        ("tests", Counters(commands=1, tests=1)),
        ("failed_tests", Counters(commands=1, tests=1, errors=1)),
        ("errors", Counters(errors=6)),
        ("rejected", Counters()),
        ("subagent", Counters(files_read=1)),
    ],
)
def test_counters_add_up(name: str, counters: Counters) -> None:
    voice = ClaudeVoice()
    total: dict[str, float] = {}
    for call in recorded(name):
        added = voice.hear(call.event).counters
        for field in added.__slots__:
            total[field] = total.get(field, 0) + getattr(added, field)
    assert Counters(**total) == counters  # type: ignore[arg-type]


def test_recorded_errors_have_their_class() -> None:
    voice = ClaudeVoice()
    readings = [heard.reading for call in recorded("errors") if (heard := voice.hear(call.event)).reading]
    errors = [reading.detail for reading in readings if reading and reading.state is State.ERROR]
    assert [detail.error for detail in errors] == [
        ErrorClass.SERVER,
        ErrorClass.SERVER,
        ErrorClass.RATE_LIMIT,
        ErrorClass.AUTH,
        ErrorClass.AUTH,
        ErrorClass.INVALID_REQUEST,
    ]
    assert all(detail.retrying is False and detail.message for detail in errors)


@pytest.mark.parametrize(
    ("error", "message", "expected"),
    [
        ("billing_error", "Credit balance is too low", ErrorClass.BILLING),
        (
            "invalid_request",
            "API Error: 400 prompt is too long: 214000 tokens > 200000 maximum",
            ErrorClass.CONTEXT_FULL,
        ),
        ("invalid_request", "API Error: 400 bad", ErrorClass.INVALID_REQUEST),
        ("rate_limit", "You've hit your session limit · resets 5:35pm", ErrorClass.USAGE_LIMIT),
        ("rate_limit", "Rate limited", ErrorClass.RATE_LIMIT),
        ("unknown", "API Error: Unable to connect to API (ECONNREFUSED)", ErrorClass.NETWORK),
        ("unknown", "?", None),
        ("", "", None),
    ],
)
def test_an_error_has_the_class_that_its_name_or_its_message_tells(
    error: str, message: str, expected: ErrorClass | None
) -> None:
    reading = heard_reading(ClaudeVoice(), "StopFailure", error=error, last_assistant_message=message)
    assert (reading.state, reading.detail.error) == (State.ERROR, expected)


def test_a_question_is_told_with_its_options() -> None:
    voice = ClaudeVoice()
    asked = [heard.reading for call in recorded("rejected") if (heard := voice.hear(call.event)).reading][-1]
    assert asked is not None
    assert asked.detail.question == "Which storage engine should the cache use?"
    assert asked.detail.options == ("SQLite", "Redis", "In memory")


def test_a_permission_is_told_with_the_whole_command() -> None:
    voice = ClaudeVoice()
    readings = [voice.hear(call.event).reading for call in recorded("tests")]
    (asked,) = [reading for reading in readings if reading and reading.state is State.WAITING]
    assert asked.detail.tool == "Bash"
    assert asked.detail.command == "python3 -m pytest -v tests"
    assert asked.detail.question == "Allow Bash?"


def test_what_waits_for_leave_is_known_as_under_way() -> None:
    voice = ClaudeVoice()
    hear(voice, "PreToolUse", tool_use_id="a", **bash("pytest"))
    hear(voice, "PermissionRequest", **bash("pytest"))
    assert voice.under_way is not None
    assert voice.under_way[0] is State.TESTING
    hear(voice, "PostToolUse", tool_use_id="a", **bash("pytest"))
    assert voice.under_way is None


def test_a_prompt_is_told_verbatim() -> None:
    text = "/x `a` $b\n\t“ü”  "
    assert hear(ClaudeVoice(), "UserPromptSubmit", prompt=text).prompt == text


def test_a_turn_that_leaves_something_running_is_not_complete() -> None:
    voice = ClaudeVoice()
    for call in recorded("background")[:3]:
        voice.hear(call.event)
        assert not voice.background
    reading = voice.hear(recorded("background")[3].event).reading
    assert reading is not None
    assert (reading.state, reading.detail.reason) == (State.IDLE, "background")
    assert reading.detail.message == "Start dev server"
    assert voice.background
    hear(voice, "UserPromptSubmit", prompt="<task-notification>")
    assert heard_reading(voice, "Stop", background_tasks=[]).state is State.COMPLETE
    assert not voice.background


def test_a_subagent_that_outlives_the_turn_keeps_it_from_complete() -> None:
    voice = ClaudeVoice()
    hear(voice, "SubagentStart", agent_id="s", agent_type="x")
    assert heard_reading(voice, "Stop").state is State.IDLE
    assert voice.background
    # What it does behind the ended turn is counted, and is not the agent's own state.
    assert hear(voice, "PreToolUse", agent_id="s", tool_use_id="1", tool_name="Read", tool_input={}).reading is None
    ended = hear(voice, "PostToolUse", agent_id="s", tool_use_id="1", tool_name="Read", tool_input={})
    assert (ended.reading, ended.counters.files_read) == (None, 1)
    assert hear(voice, "SubagentStop", agent_id="s").reading is None
    assert not voice.background


def test_another_tool_that_ends_does_not_answer_the_question() -> None:
    voice = ClaudeVoice()
    hear(voice, "PreToolUse", 1000, tool_use_id="a", **bash("rm x"))
    assert heard_reading(voice, "PermissionRequest", 1050, **bash("rm x")).state is State.WAITING
    assert hear(voice, "PreToolUse", 1060, tool_use_id="b", tool_name="Read", tool_input={}).reading is None
    assert hear(voice, "PostToolUse", 1100, tool_use_id="b", tool_name="Read", tool_input={}).reading is None
    assert heard_reading(voice, "PostToolUse", 9000, tool_use_id="a", **bash("rm x")).state is State.THINKING


def test_a_later_tool_shows_that_the_question_was_answered() -> None:
    voice = ClaudeVoice()
    hear(voice, "PreToolUse", 1000, tool_use_id="a", **bash("rm x"))
    hear(voice, "PermissionRequest", 1050, **bash("rm x"))
    assert heard_reading(voice, "PreToolUse", 9000, tool_use_id="b", **bash("pytest")).state is State.TESTING


def test_an_interrupted_tool_is_told_as_idle() -> None:
    voice = ClaudeVoice()
    hear(voice, "PreToolUse", tool_use_id="a", **bash("sleep 9"))
    heard = hear(voice, "PostToolUseFailure", tool_use_id="a", is_interrupt=True, **bash("sleep 9"))
    assert heard.reading is not None
    assert (heard.reading.state, heard.reading.detail.reason) == (State.IDLE, "interrupted")
    assert heard.counters == Counters(commands=1)


def test_compaction_within_a_turn_goes_on_with_the_turn() -> None:
    voice = ClaudeVoice()
    hear(voice, "UserPromptSubmit", prompt="x")
    begun = heard_reading(voice, "PreCompact", trigger="auto")
    assert (begun.state, begun.detail.reason) == (State.WORKING, "compacting")
    assert hear(voice, "SessionStart", source="compact").reading is None
    assert heard_reading(voice, "PostCompact", trigger="auto").state is State.THINKING


@pytest.mark.parametrize("name", [*claude_hooks.EVENTS, "SomethingNew", ""])
@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"tool_name": 3, "tool_input": [], "tool_use_id": {}, "agent_id": 1, "prompt": None, "background_tasks": 7},
        {"background_tasks": [1, {}, {"status": 3}, None], "error": [], "notification_type": "permission_prompt"},
        {"tool_name": "AskUserQuestion", "tool_input": {"questions": "x"}, "session_id": 3, "reason": 4, "source": []},
    ],
)
def test_any_payload_is_taken(name: str, payload: dict[str, object]) -> None:
    voice = ClaudeVoice()
    for _ in range(2):
        voice.hear(HookEvent("i", "g", name, 1, payload))


def test_settings_name_every_event_and_fit_a_file(tmp_path: Path) -> None:
    settings = json.loads(json.dumps(claude_hooks.settings(tmp_path)))
    assert set(settings["hooks"]) == set(claude_hooks.EVENTS)
    for entries in settings["hooks"].values():
        ((hook,),) = [entry["hooks"] for entry in entries]
        assert hook["type"] == "command"
        assert 0 < hook["timeout"] <= 10
    assert claude_hooks.argv(tmp_path / "s.json") == ("--settings", str(tmp_path / "s.json"))
