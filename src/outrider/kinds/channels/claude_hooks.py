"""Claude Code's hooks, passed for one spawn by `--settings` (agents.md, recorded with 2.1.197).

In: an agent's hook calls, one by one, in their order. Out: what each means. What Claude Code does not tell, is not made up: Esc
and an answered permission dialog fire no hook, so a reading from here is old once the screen contradicts it.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from outrider.kinds.channels.claude_payload import (
    ToolCall,
    counted,
    error_class,
    left_running,
    runs,
    summary,
    text,
    tool_call,
)
from outrider.kinds.channels.hook_line import command
from outrider.logic.tools import of_tool
from outrider.model.agent import Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import Detail, Reading, Source, State

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


def settings(spool_dir: Path) -> dict[str, object]:
    """What belongs into the file for `claude --settings FILE`: every event's hook call is left in the spool directory."""
    hook = {"type": "command", "command": command(spool_dir), "timeout": TIMEOUT_S}
    return {"hooks": {event: [{"hooks": [hook]}] for event in EVENTS}}


def argv(settings_file: Path) -> tuple[str, ...]:
    """The arguments that make one spawn of Claude Code use that file, beside the user's own settings."""
    return ("--settings", str(settings_file))


# Tools that are started together show their calls within this time; what comes later means that the question was answered.
_TOGETHER_MS = 1000
_LINE = 200


class ClaudeVoice:
    """One agent's word through its hooks. It remembers which of its tools, sub-agents and background tasks still run."""

    def __init__(self) -> None:
        self._calls: dict[str, ToolCall] = {}
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
            conversation=text(event.payload, "session_id"),
            transcript=text(event.payload, "transcript_path"),
        )

    def _session_start(self, event: HookEvent) -> Heard:
        source = text(event.payload, "source")
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
        reason = text(event.payload, "reason")
        if reason != "clear":
            self._subagents.clear()
            self._background = False
        return Heard(_reading(event, State.IDLE, reason or "", Detail(reason=reason)))

    def _prompt(self, event: HookEvent) -> Heard:
        self._forget()
        self._ended = False
        prompt = text(event.payload, "prompt")
        return Heard(_reading(event, State.THINKING, prompt or ""), prompt=prompt)

    def _tool_begins(self, event: HookEvent) -> Heard:
        call = tool_call(event.payload)
        key = text(event.payload, "tool_use_id") or event.id
        self._calls[key] = call
        if self._behind(event):
            return Heard()
        if self._asked is not None and event.at_ms - self._asked[0] <= _TOGETHER_MS:
            return Heard()
        self._asked = None
        return Heard(_reading(event, call.state, summary(call), call.detail))

    def _tool_ends(self, event: HookEvent) -> Heard:
        call = self._close(event)
        counters = counted(call)
        if event.name == "PostToolUseFailure":
            if event.payload.get("is_interrupt") is True:
                self._forget()
                return Heard(
                    _reading(event, State.IDLE, summary(call), Detail(reason="interrupted")), counters=counters
                )
            counters = replace(counters if call.tool == "Bash" else Counters(), errors=1)
        if self._asked is not None:
            if (call.tool, call.tool_input) != self._asked[1:]:
                return Heard(counters=counters)
            self._asked = None
        if self._behind(event):
            return Heard(counters=counters)
        return Heard(self._between(event, summary(call)), counters=counters)

    def _close(self, event: HookEvent) -> ToolCall:
        """Takes the call that ended out of those that run; by its id, or the oldest that looks the same."""
        ended = tool_call(event.payload)
        key = text(event.payload, "tool_use_id")
        if key is None:
            key = next((key for key, call in self._calls.items() if call == ended), None)
        return self._calls.pop(key, ended) if key is not None else ended

    def _between(self, event: HookEvent, said: str) -> Reading:
        """The tool that still runs, or else the model's turn."""
        if (running := self.under_way) is None:
            return _reading(event, State.THINKING, said)
        return _reading(event, running[0], said, running[1])

    def _permission(self, event: HookEvent) -> Heard:
        call = tool_call(event.payload)
        self._asked = (event.at_ms, call.tool, call.tool_input)
        detail = call.detail
        if detail.question is None:
            detail = replace(detail, question=f"Allow {call.tool}?")
        return Heard(_reading(event, State.WAITING, summary(call), detail))

    def _stop(self, event: HookEvent) -> Heard:
        self._forget()
        self._ended = True
        self._note_background(event)
        said = text(event.payload, "last_assistant_message") or ""
        if self._background:
            return Heard(
                _reading(event, State.IDLE, said, Detail(reason="background", message=left_running(event.payload)))
            )
        return Heard(_reading(event, State.COMPLETE, said))

    def _stop_failure(self, event: HookEvent) -> Heard:
        self._forget()
        self._ended = True
        message = text(event.payload, "last_assistant_message") or text(event.payload, "error_details")
        error = text(event.payload, "error") or "unknown"
        detail = Detail(error=error_class(error, message or ""), retrying=False, message=message)
        return Heard(_reading(event, State.ERROR, f"{error}: {message or ''}", detail), counters=Counters(errors=1))

    def _subagent_start(self, event: HookEvent) -> Heard:
        if (agent := text(event.payload, "agent_id")) is not None:
            self._subagents.add(agent)
        if self._quiet():
            return Heard()
        kind = text(event.payload, "agent_type")
        return Heard(_reading(event, State.WORKING, kind or "", Detail(tool="Agent", message=kind)))

    def _subagent_stop(self, event: HookEvent) -> Heard:
        agent = text(event.payload, "agent_id") or ""
        self._subagents.discard(agent)
        self._calls = {key: call for key, call in self._calls.items() if call.owner != agent or not agent}
        self._note_background(event)
        if self._quiet():
            return Heard()
        return Heard(self._between(event, text(event.payload, "agent_type") or ""))

    def _compact_begins(self, event: HookEvent) -> Heard:
        self._compacting = True
        trigger = text(event.payload, "trigger") or ""
        return Heard(_reading(event, State.WORKING, trigger, Detail(reason="compacting")))

    def _compact_ends(self, event: HookEvent) -> Heard:
        """After `/compact` the prompt is back; an automatic compaction is followed by the turn it interrupted."""
        self._compacting = False
        if self._ended or text(event.payload, "trigger") == "manual":
            return Heard(_reading(event, State.IDLE, "", Detail(reason="background" if self._background else None)))
        return Heard(_reading(event, State.THINKING, ""))

    def _notification(self, event: HookEvent) -> Heard:
        message = text(event.payload, "message")
        kind = text(event.payload, "notification_type")
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
        return self._ended and text(event.payload, "agent_id") is not None

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
            self._background = any(runs(task) for task in tasks)
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
