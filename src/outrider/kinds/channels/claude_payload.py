"""What one hook call of Claude Code holds: the tool call it is about, the tasks that run on.

Total on any payload: a field that is missing or of another shape is taken as not told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from outrider.logic.tools import of_tool
from outrider.model.agent import NO_COUNTERS, Counters
from outrider.model.state import Detail, State

_COUNTED: Mapping[str, Counters] = MappingProxyType(
    {
        "Read": Counters(files_read=1),
        "NotebookRead": Counters(files_read=1),
        "Write": Counters(files_written=1),
        "Edit": Counters(files_edited=1),
        "MultiEdit": Counters(files_edited=1),
        "NotebookEdit": Counters(files_edited=1),
        "Bash": Counters(commands=1),
    }
)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that has begun: whose (`owner` is a sub-agent's id, empty for the agent itself), and what it means.

    `counters` is what it adds to the agent's when it ends well.
    """

    owner: str
    tool: str
    tool_input: Mapping[str, object]
    state: State
    detail: Detail
    counters: Counters


def tool_call(payload: Mapping[str, object]) -> ToolCall:
    """The tool call that a PreToolUse, PostToolUse or PermissionRequest is about."""
    tool = text(payload, "tool_name") or "unknown"
    given = payload.get("tool_input")
    tool_input: Mapping[str, object] = given if isinstance(given, dict) else {}
    state, detail = of_tool(tool, tool_input)
    return ToolCall(text(payload, "agent_id") or "", tool, tool_input, state, detail, counted(tool, state))


def counted(tool: str, state: State) -> Counters:
    """What a call of that tool, by Claude Code's name for it, adds when it ends well; a check is a command and a test."""
    counters = _COUNTED.get(tool, NO_COUNTERS)
    return replace(counters, tests=1) if tool == "Bash" and state is State.TESTING else counters


def summary(call: ToolCall) -> str:
    """The call in a few words, for a line of evidence."""
    about = call.detail.command or call.detail.question or call.detail.file or call.detail.message or ""
    return f"{call.tool}: {about}"


def runs(task: object) -> bool:
    """Whether one of `background_tasks` still runs; one without a status does."""
    return isinstance(task, Mapping) and task.get("status", "running") == "running"


def left_running(payload: Mapping[str, object]) -> str | None:
    """What runs in the background, as the agent itself calls it."""
    tasks = payload.get("background_tasks")
    names = [
        name
        for task in (tasks if isinstance(tasks, list) else ())
        if isinstance(task, Mapping) and runs(task) and (name := text(task, "description") or text(task, "command"))
    ]
    return "; ".join(names) or None


def text(payload: Mapping[str, object], key: str) -> str | None:
    """A field that is a text with something in it."""
    value = payload.get(key)
    return value if isinstance(value, str) and value else None
