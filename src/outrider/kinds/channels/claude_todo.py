"""Claude Code's own list of what it has to do, as its hooks tell it: single tasks (2.1.197) or, before that, whole lists.

A pure function of the list so far and one hook call, so that the list can be stored with the agent, and a call that is told
twice changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from outrider.model.hook import HookEvent
from outrider.model.progress import Todo

_LINE, _MOST = 200, 500


def after(todo: tuple[Todo, ...], event: HookEvent) -> tuple[Todo, ...]:
    """The list after that call. A new prompt ends a list on which everything is done."""
    payload = event.payload
    match event.name:
        case "SessionStart":
            return () if payload.get("source") in ("startup", "clear") else todo
        case "UserPromptSubmit":
            return () if all(each.done for each in todo) else todo
        case "TaskCreated":
            return _with(todo, payload.get("task_id"), payload.get("task_subject"))
        case "TaskCompleted":
            return _marked(
                _with(todo, payload.get("task_id"), payload.get("task_subject")), payload.get("task_id"), True
            )
        case "PostToolUse" if not payload.get("agent_id"):
            return _tool(todo, payload)
        case _:
            return todo


def _tool(todo: tuple[Todo, ...], payload: Mapping[str, object]) -> tuple[Todo, ...]:
    given = payload.get("tool_input")
    if not isinstance(given, dict):
        return todo
    if payload.get("tool_name") == "TodoWrite" and isinstance(given.get("todos"), list):
        return _written(given["todos"])
    if payload.get("tool_name") == "TaskUpdate":
        return _updated(todo, given.get("taskId"), given.get("status"))
    return todo


def _updated(todo: tuple[Todo, ...], task: object, status: object) -> tuple[Todo, ...]:
    if status == "deleted":
        return tuple(each for each in todo if each.id != str(task))
    return _marked(todo, task, status == "completed") if isinstance(status, str) else todo


def _written(todos: Sequence[object]) -> tuple[Todo, ...]:
    return tuple(
        Todo(str(number), str(each.get("content", ""))[:_LINE], each.get("status") == "completed")
        for number, each in enumerate(todos[:_MOST], 1)
        if isinstance(each, dict)
    )


def _with(todo: tuple[Todo, ...], task: object, subject: object) -> tuple[Todo, ...]:
    if not isinstance(task, str) or not task or len(todo) >= _MOST or any(each.id == task for each in todo):
        return todo
    return (*todo, Todo(task[:_LINE], str(subject or "")[:_LINE], False))


def _marked(todo: tuple[Todo, ...], task: object, done: bool) -> tuple[Todo, ...]:
    return tuple(replace(each, done=done) if each.id == str(task) else each for each in todo)
