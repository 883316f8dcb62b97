"""Claude Code's hooks, passed for one spawn by `--settings` (agents.md, recorded with 2.1.197).

In: an agent's hook calls, one by one, in their order. Out: what each means. What Claude Code does not tell, is not made up: Esc
and an answered permission dialog fire no hook, so a reading from here is old once the screen contradicts it.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from outrider.logic.tools import of_tool
from outrider.model.agent import Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import Detail, ErrorClass, Reading, Source, State

EVENTS = (
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionRequest",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PostCompact",
    "Notification",
    "TaskCreated",
    "TaskCompleted",
)
TIMEOUT_S = 5

# One sh, cat and mv. A name is free as long as it lies there: process ids come back while the daemon is away. The agent must
# never wait or fail because of us, so its standard input is read in any case and the exit code is 0.
_SCRIPT = (
    "umask 077; d={folder}; f=$d/$$; n=0; "
    'if [ -d "$d" ]; then while [ -e "$f.$n.json" ]; do n=$((n+1)); done; '
    '{{ cat >"$f.$n.tmp" && mv -f "$f.$n.tmp" "$f.$n.json" || rm -f "$f.$n.tmp"; }} 2>/dev/null; '
    "else cat >/dev/null; fi; exit 0"
)


def command(spool_dir: Path) -> str:
    """The POSIX sh line that leaves its standard input in that directory as a file of its own."""
    return _SCRIPT.format(folder=shlex.quote(str(spool_dir)))


def settings(spool_dir: Path) -> dict[str, object]:
    """What belongs into the file for `claude --settings FILE`: every event's hook call is left in the spool directory."""
    hook = {"type": "command", "command": command(spool_dir), "timeout": TIMEOUT_S}
    return {"hooks": {event: [{"hooks": [hook]}] for event in EVENTS}}


def argv(settings_file: Path) -> tuple[str, ...]:
    """The arguments that make one spawn of Claude Code use that file, beside the user's own settings."""
    return ("--settings", str(settings_file))


_ERRORS: Mapping[str, ErrorClass] = MappingProxyType(
    {
        "server_error": ErrorClass.SERVER,
        "overloaded": ErrorClass.SERVER,
        "rate_limit": ErrorClass.RATE_LIMIT,
        "authentication_failed": ErrorClass.AUTH,
        "oauth_org_not_allowed": ErrorClass.AUTH,
        "billing_error": ErrorClass.BILLING,
        "invalid_request": ErrorClass.INVALID_REQUEST,
        "model_not_found": ErrorClass.INVALID_REQUEST,
        "max_output_tokens": ErrorClass.INVALID_REQUEST,
    }
)
# What the message says more exactly than the class; first match wins.
_MESSAGES: tuple[tuple[re.Pattern[str], ErrorClass], ...] = (
    (
        re.compile(r"prompt is too long|context (limit|window)|conversation too long", re.IGNORECASE),
        ErrorClass.CONTEXT_FULL,
    ),
    (re.compile(r"(usage|session|weekly|\d-hour|opus|sonnet) limit", re.IGNORECASE), ErrorClass.USAGE_LIMIT),
    (re.compile(r"credit balance|billing", re.IGNORECASE), ErrorClass.BILLING),
    (
        re.compile(r"unable to connect|connection error|ECONN|ENOTFOUND|ETIMEDOUT|fetch failed|socket", re.IGNORECASE),
        ErrorClass.NETWORK,
    ),
)
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
# Tools that are started together show their calls within this time; what comes later means that the question was answered.
_TOGETHER_MS = 1000
_LINE = 200


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool call that has begun: whose (`owner` is a sub-agent's id, empty for the agent itself), and what it means."""

    owner: str
    tool: str
    tool_input: Mapping[str, object]
    state: State
    detail: Detail


class ClaudeVoice:
    """One agent's word through its hooks. It remembers which of its tools, sub-agents and background tasks still run."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._asked: tuple[int, str, Mapping[str, object]] | None = None
        self._subagents: set[str] = set()
        self._background = False
        self._ended = False
        self._compacting = False

    @property
    def background(self) -> bool:
        """Whether, at its last word, something that the agent started ran on behind its turn."""
        return self._background

    @property
    def under_way(self) -> tuple[State, Detail] | None:
        """The tool call that began last and has not ended: what the agent does once its permission dialog is answered."""
        if not self._calls:
            return None
        call = next(reversed(self._calls.values()))
        return call.state, call.detail

    def hear(self, event: HookEvent) -> Heard:
        """What this call means; an event of an unknown name means nothing but whose conversation it is."""
        call = _HANDLERS.get(event.name)
        heard = call(self, event) if call is not None else Heard()
        return replace(
            heard,
            conversation=_text(event.payload, "session_id"),
            transcript=_text(event.payload, "transcript_path"),
        )

    def _session_start(self, event: HookEvent) -> Heard:
        source = _text(event.payload, "source")
        if source == "compact":
            return Heard()
        self._forget()
        if source != "clear":
            self._subagents.clear()
            self._background = False
        # It comes with the process, seconds before the prompt is drawn; only /clear happens at a prompt.
        state = State.IDLE if source == "clear" else State.INITIALIZING
        return Heard(_reading(event, state, source or ""))

    def _session_end(self, event: HookEvent) -> Heard:
        self._forget()
        reason = _text(event.payload, "reason")
        if reason != "clear":
            self._subagents.clear()
            self._background = False
        return Heard(_reading(event, State.IDLE, reason or "", Detail(reason=reason)))

    def _prompt(self, event: HookEvent) -> Heard:
        self._forget()
        self._ended = False
        prompt = _text(event.payload, "prompt")
        return Heard(_reading(event, State.THINKING, prompt or ""), prompt=prompt)

    def _tool_begins(self, event: HookEvent) -> Heard:
        call = _call(event.payload)
        key = _text(event.payload, "tool_use_id") or event.id
        self._calls[key] = call
        if self._behind(event):
            return Heard()
        if self._asked is not None and event.at_ms - self._asked[0] <= _TOGETHER_MS:
            return Heard()
        self._asked = None
        return Heard(_reading(event, call.state, _said(call), call.detail))

    def _tool_ends(self, event: HookEvent) -> Heard:
        call = self._close(event)
        counters = _counted(call)
        if event.name == "PostToolUseFailure":
            if event.payload.get("is_interrupt") is True:
                self._forget()
                return Heard(_reading(event, State.IDLE, _said(call), Detail(reason="interrupted")), counters=counters)
            counters = replace(counters if call.tool == "Bash" else Counters(), errors=1)
        if self._asked is not None:
            if (call.tool, call.tool_input) != self._asked[1:]:
                return Heard(counters=counters)
            self._asked = None
        if self._behind(event):
            return Heard(counters=counters)
        return Heard(self._between(event, _said(call)), counters=counters)

    def _close(self, event: HookEvent) -> _Call:
        """Takes the call that ended out of those that run; by its id, or the oldest that looks the same."""
        ended = _call(event.payload)
        key = _text(event.payload, "tool_use_id")
        if key is None:
            key = next((key for key, call in self._calls.items() if call == ended), None)
        return self._calls.pop(key, ended) if key is not None else ended

    def _between(self, event: HookEvent, said: str) -> Reading:
        """The tool that still runs, or else the model's turn."""
        if (running := self.under_way) is None:
            return _reading(event, State.THINKING, said)
        return _reading(event, running[0], said, running[1])

    def _permission(self, event: HookEvent) -> Heard:
        call = _call(event.payload)
        self._asked = (event.at_ms, call.tool, call.tool_input)
        detail = call.detail
        if detail.question is None:
            detail = replace(detail, question=f"Allow {call.tool}?")
        return Heard(_reading(event, State.WAITING, _said(call), detail))

    def _stop(self, event: HookEvent) -> Heard:
        self._forget()
        self._ended = True
        self._note_background(event)
        said = _text(event.payload, "last_assistant_message") or ""
        if self._background:
            return Heard(_reading(event, State.IDLE, said, Detail(reason="background", message=_running(event))))
        return Heard(_reading(event, State.COMPLETE, said))

    def _stop_failure(self, event: HookEvent) -> Heard:
        self._forget()
        self._ended = True
        message = _text(event.payload, "last_assistant_message") or _text(event.payload, "error_details")
        error = _text(event.payload, "error") or "unknown"
        detail = Detail(error=_error_class(error, message or ""), retrying=False, message=message)
        return Heard(_reading(event, State.ERROR, f"{error}: {message or ''}", detail), counters=Counters(errors=1))

    def _subagent_start(self, event: HookEvent) -> Heard:
        if (agent := _text(event.payload, "agent_id")) is not None:
            self._subagents.add(agent)
        if self._quiet():
            return Heard()
        kind = _text(event.payload, "agent_type")
        return Heard(_reading(event, State.WORKING, kind or "", Detail(tool="Agent", message=kind)))

    def _subagent_stop(self, event: HookEvent) -> Heard:
        agent = _text(event.payload, "agent_id") or ""
        self._subagents.discard(agent)
        self._calls = {key: call for key, call in self._calls.items() if call.owner != agent or not agent}
        self._note_background(event)
        if self._quiet():
            return Heard()
        return Heard(self._between(event, _text(event.payload, "agent_type") or ""))

    def _compact_begins(self, event: HookEvent) -> Heard:
        self._compacting = True
        trigger = _text(event.payload, "trigger") or ""
        return Heard(_reading(event, State.WORKING, trigger, Detail(reason="compacting")))

    def _compact_ends(self, event: HookEvent) -> Heard:
        """After `/compact` the prompt is back; an automatic compaction is followed by the turn it interrupted."""
        self._compacting = False
        if self._ended or _text(event.payload, "trigger") == "manual":
            return Heard(_reading(event, State.IDLE, "", Detail(reason="background" if self._background else None)))
        return Heard(_reading(event, State.THINKING, ""))

    def _notification(self, event: HookEvent) -> Heard:
        message = _text(event.payload, "message")
        kind = _text(event.payload, "notification_type")
        if kind in {"permission_prompt", "elicitation_dialog"}:
            detail = Detail(message=message)
            if self._asked is not None:
                asked = of_tool(self._asked[1], self._asked[2])[1]
                detail = replace(asked, question=asked.question or f"Allow {self._asked[1]}?", message=message)
            return Heard(_reading(event, State.WAITING, message or "", detail))
        if kind == "idle_prompt" and not self._ended:
            self._forget()
            return Heard(_reading(event, State.IDLE, message or ""))
        return Heard()

    def _behind(self, event: HookEvent) -> bool:
        """Whether it is about a sub-agent that works on behind a turn that has ended."""
        return self._ended and _text(event.payload, "agent_id") is not None

    def _quiet(self) -> bool:
        return self._ended or self._compacting or self._asked is not None

    def _forget(self) -> None:
        """The turn is over or a new one begins: of its own tools nothing runs, and nothing is asked."""
        self._calls = {key: call for key, call in self._calls.items() if call.owner in self._subagents}
        self._asked = None
        self._compacting = False

    def _note_background(self, event: HookEvent) -> None:
        tasks = event.payload.get("background_tasks")
        if isinstance(tasks, list):
            self._background = any(_runs(task) for task in tasks)
        else:
            self._background = bool(self._subagents)


_HANDLERS = MappingProxyType(
    {
        "SessionStart": ClaudeVoice._session_start,
        "SessionEnd": ClaudeVoice._session_end,
        "UserPromptSubmit": ClaudeVoice._prompt,
        "PreToolUse": ClaudeVoice._tool_begins,
        "PostToolUse": ClaudeVoice._tool_ends,
        "PostToolUseFailure": ClaudeVoice._tool_ends,
        "PermissionRequest": ClaudeVoice._permission,
        "Stop": ClaudeVoice._stop,
        "StopFailure": ClaudeVoice._stop_failure,
        "SubagentStart": ClaudeVoice._subagent_start,
        "SubagentStop": ClaudeVoice._subagent_stop,
        "PreCompact": ClaudeVoice._compact_begins,
        "PostCompact": ClaudeVoice._compact_ends,
        "Notification": ClaudeVoice._notification,
    }
)


def _reading(event: HookEvent, state: State, said: str, detail: Detail | None = None) -> Reading:
    line = " ".join(f"{event.name} {said[: 2 * _LINE]}".split())[:_LINE]
    return Reading(Source.HOOK, state, f"hook:{event.name}", line, event.at_ms, detail or Detail())


def _call(payload: Mapping[str, object]) -> _Call:
    tool = _text(payload, "tool_name") or "unknown"
    given = payload.get("tool_input")
    tool_input: Mapping[str, object] = given if isinstance(given, dict) else {}
    state, detail = of_tool(tool, tool_input)
    return _Call(_text(payload, "agent_id") or "", tool, tool_input, state, detail)


def _said(call: _Call) -> str:
    about = call.detail.command or call.detail.question or call.detail.file or call.detail.message or ""
    return f"{call.tool}: {about}"


def _counted(call: _Call) -> Counters:
    counters = _COUNTED.get(call.tool, Counters())
    return replace(counters, tests=1) if call.tool == "Bash" and call.state is State.TESTING else counters


def _error_class(error: str, message: str) -> ErrorClass | None:
    by_message = next((found for pattern, found in _MESSAGES if pattern.search(message)), None)
    return by_message or _ERRORS.get(error)


def _runs(task: object) -> bool:
    return isinstance(task, Mapping) and task.get("status", "running") == "running"


def _running(event: HookEvent) -> str | None:
    """What runs in the background, as the agent itself calls it."""
    tasks = event.payload.get("background_tasks")
    names = [
        name
        for task in (tasks if isinstance(tasks, list) else ())
        if isinstance(task, Mapping) and _runs(task) and (name := _text(task, "description") or _text(task, "command"))
    ]
    return "; ".join(names) or None


def _text(payload: Mapping[str, object], key: str) -> str | None:
    value = payload.get(key)
    return value if isinstance(value, str) and value else None
