"""Claude Code's own list, from recorded hook calls and from made-up ones."""

import json
from pathlib import Path

from outrider.kinds.channels.claude_todo import after
from outrider.model.hook import HookEvent
from outrider.model.progress import Todo

RECORDED = Path(__file__).parent / "recorded" / "todo.jsonl"


def call(name: str, /, **payload: object) -> HookEvent:
    return HookEvent("g/1.0.json", "g", name, 1, {"hook_event_name": name, **payload})


def replayed(times: int) -> list[str]:
    """The list after each recorded call, as `done/total`, each call told so many times."""
    todo: tuple[Todo, ...] = ()
    seen: list[str] = []
    for line in RECORDED.read_text().splitlines():
        payload = json.loads(line)["payload"]
        for _ in range(times):
            todo = after(todo, _event(payload))
        seen.append(f"{sum(each.done for each in todo)}/{len(todo)}")
    return list(dict.fromkeys(seen))


def _event(payload: dict[str, object]) -> HookEvent:
    return HookEvent("g/1.0.json", "g", str(payload["hook_event_name"]), 1, payload)


def test_recorded_tasks_are_counted_however_often_they_are_told() -> None:
    once = replayed(1)
    assert once[:4] == ["0/0", "0/1", "0/2", "0/3"]
    assert once[-1] == "3/3"
    assert replayed(3) == once


def test_whole_lists_of_older_versions() -> None:
    todos = [{"content": "a", "status": "completed"}, {"content": "b", "status": "in_progress"}, "odd"]
    todo = after((), call("PostToolUse", tool_name="TodoWrite", tool_input={"todos": todos}))
    assert todo == (Todo("1", "a", True), Todo("2", "b", False))


def test_a_list_ends_with_its_work_and_with_the_conversation() -> None:
    half, whole = (Todo("1", "a", True), Todo("2", "b", False)), (Todo("1", "a", True),)
    assert after(half, call("UserPromptSubmit")) == half
    assert after(whole, call("UserPromptSubmit")) == ()
    assert after(half, call("SessionStart", source="compact")) == half
    assert after(half, call("SessionStart", source="clear")) == ()
    deleted = {"taskId": "2", "status": "deleted"}
    assert after(half, call("PostToolUse", tool_name="TaskUpdate", tool_input=deleted)) == whole


def test_odd_calls_change_nothing() -> None:
    half = (Todo("1", "a", False),)
    for event in (
        call("TaskCreated"),
        call("TaskCompleted", task_id=7),
        call("PostToolUse", tool_name="TaskUpdate", tool_input=None),
        call("PostToolUse", tool_name="TaskUpdate", tool_input={"taskId": "9", "status": "completed"}),
        call("PostToolUse", tool_name="TodoWrite", tool_input={"todos": []}, agent_id="sub"),
    ):
        assert after(half, event) == half
