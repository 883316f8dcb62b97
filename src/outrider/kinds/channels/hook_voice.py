"""What hook calls in Claude Code's form mean; Codex, Qwen and, under other names, Gemini have taken the form over.

In: an agent's hook calls, one by one, in their order. Out: what each means. What an agent does not tell, is not made up: where
Esc and an answered permission dialog fire no hook, a reading from here is old once the screen contradicts it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from outrider.kinds.channels.claude_payload import (
    ToolCall,
    left_running,
    runs,
    summary,
    text,
    tool_call,
)
from outrider.logic.failure import error_class
from outrider.model.agent import Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import Detail, Reading, Source, State

# Tools that are started together show their calls within this time; what comes later means that the question was answered.
_TOGETHER_MS = 1000
_LINE = 200


class HookVoice:
    """One agent's word through its hooks. It remembers which of its tools, sub-agents and background tasks still run.

    A kind's own voice names its events in `handlers`, and says in `call` what its tools mean.
    """

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[HookEvent], Heard]] = {
            "SessionStart": self.session_start,
            "SessionEnd": self.session_end,
            "UserPromptSubmit": self.prompt,
            "PreToolUse": self.tool_begins,
            "PostToolUse": self.tool_ends,
            "PostToolUseFailure": self.tool_fails,
            "PermissionRequest": self.permission,
            "Stop": self.stop,
            "StopFailure": self.stop_failure,
            "SubagentStart": self.subagent_start,
            "SubagentStop": self.subagent_stop,
            "PreCompact": self.compact_begins,
            "PostCompact": self.compact_ends,
            "Notification": self.notification,
        }
        self.calls: dict[str, ToolCall] = {}
        self.asked: ToolCall | None = None
        self._asked_ms = 0
        self._subagents: set[str] = set()
        self.runs_on = False
        self.ended = False
        self._compacting = False

    @property
    def background(self) -> bool:
        """Whether, at its last word, something that the agent started ran on behind its turn."""
        return self.runs_on

    @property
    def under_way(self) -> tuple[State, Detail] | None:
        """The tool call that began last and has not ended."""
        if not self.calls:
            return None
        call = next(reversed(self.calls.values()))
        return call.state, call.detail

    def hear(self, event: HookEvent) -> Heard:
        """What this call means; an event of an unknown name means nothing but whose conversation it is."""
        handler = self.handlers.get(event.name)
        heard = handler(event) if handler is not None else Heard()
        return replace(
            heard,
            conversation=text(event.payload, "session_id"),
            transcript=text(event.payload, "transcript_path"),
        )

    def call(self, payload: Mapping[str, object]) -> ToolCall:
        """The tool call that a payload is about."""
        return tool_call(payload)

    def session_start(self, event: HookEvent) -> Heard:
        source = text(event.payload, "source")
        if source == "compact":
            return Heard()
        self.forget()
        if source != "clear":
            self._subagents.clear()
            self.runs_on = False
        # It comes with the process, seconds before the prompt is drawn; only /clear happens at a prompt.
        state = State.IDLE if source == "clear" else State.INITIALIZING
        return Heard(reading_of(event, state, source or ""))

    def session_end(self, event: HookEvent) -> Heard:
        self.forget()
        reason = text(event.payload, "reason")
        if reason != "clear":
            self._subagents.clear()
            self.runs_on = False
        return Heard(reading_of(event, State.IDLE, reason or "", Detail(reason=reason)))

    def prompt(self, event: HookEvent) -> Heard:
        self.forget()
        self.ended = False
        prompt = text(event.payload, "prompt")
        return Heard(reading_of(event, State.THINKING, prompt or ""), prompt=prompt)

    def tool_begins(self, event: HookEvent) -> Heard:
        call = self.call(event.payload)
        key = text(event.payload, "tool_use_id") or event.id
        self.calls[key] = call
        if self.behind(event):
            return Heard()
        if self.asked is not None and event.at_ms - self._asked_ms <= _TOGETHER_MS and not self._is_asked(call):
            return Heard()
        self.asked = None
        return Heard(reading_of(event, call.state, summary(call), call.detail))

    def tool_ends(self, event: HookEvent) -> Heard:
        call = self.close(event)
        return self._ended_call(event, call, call.counters)

    def tool_fails(self, event: HookEvent) -> Heard:
        call = self.close(event)
        if event.payload.get("is_interrupt") is True:
            self.forget()
            reading = reading_of(event, State.IDLE, summary(call), Detail(reason="interrupted"))
            return Heard(reading, counters=call.counters)
        done = call.counters if call.counters.commands else Counters()
        return self._ended_call(event, call, replace(done, errors=1))

    def _ended_call(self, event: HookEvent, call: ToolCall, counters: Counters) -> Heard:
        if self.asked is not None:
            if not self._is_asked(call):
                return Heard(counters=counters)
            self.asked = None
        if self.behind(event):
            return Heard(counters=counters)
        return Heard(self.between(event, summary(call)), counters=counters)

    def _is_asked(self, call: ToolCall) -> bool:
        """Whether that is the call that is asked about; some agents describe it only when they ask."""
        return self.asked is not None and self.asked.tool == call.tool and _bare(self.asked) == _bare(call)

    def close(self, event: HookEvent) -> ToolCall:
        """Takes the call that ended out of those that run; by its id, or the oldest that looks the same."""
        ended = self.call(event.payload)
        key = text(event.payload, "tool_use_id")
        if key is None:
            key = next((key for key, call in self.calls.items() if call == ended), None)
        return self.calls.pop(key, ended) if key is not None else ended

    def between(self, event: HookEvent, said: str) -> Reading:
        """The tool that still runs, or else the model's turn."""
        if (running := self.under_way) is None:
            return reading_of(event, State.THINKING, said)
        return reading_of(event, running[0], said, running[1])

    def permission(self, event: HookEvent) -> Heard:
        call = self.call(event.payload)
        self.asked, self._asked_ms = call, event.at_ms
        detail = call.detail
        if detail.question is None:
            detail = replace(detail, question=f"Allow {call.tool}?")
        return Heard(reading_of(event, State.WAITING, summary(call), detail))

    def stop(self, event: HookEvent) -> Heard:
        self.forget()
        self.ended = True
        self._note_background(event)
        said = text(event.payload, "last_assistant_message") or ""
        if self.runs_on:
            return Heard(
                reading_of(event, State.IDLE, said, Detail(reason="background", message=left_running(event.payload)))
            )
        return Heard(reading_of(event, State.COMPLETE, said))

    def stop_failure(self, event: HookEvent) -> Heard:
        self.forget()
        self.ended = True
        message = text(event.payload, "last_assistant_message") or text(event.payload, "error_details")
        error = text(event.payload, "error") or "unknown"
        detail = Detail(error=error_class(error, message or ""), retrying=False, message=message)
        return Heard(reading_of(event, State.ERROR, f"{error}: {message or ''}", detail), counters=Counters(errors=1))

    def subagent_start(self, event: HookEvent) -> Heard:
        if (agent := text(event.payload, "agent_id")) is not None:
            self._subagents.add(agent)
        if self.quiet():
            return Heard()
        kind = text(event.payload, "agent_type")
        return Heard(reading_of(event, State.WORKING, kind or "", Detail(tool="Agent", message=kind)))

    def subagent_stop(self, event: HookEvent) -> Heard:
        agent = text(event.payload, "agent_id") or ""
        self._subagents.discard(agent)
        self.calls = {key: call for key, call in self.calls.items() if call.owner != agent or not agent}
        self._note_background(event)
        if self.quiet():
            return Heard()
        return Heard(self.between(event, text(event.payload, "agent_type") or ""))

    def compact_begins(self, event: HookEvent) -> Heard:
        self._compacting = True
        trigger = text(event.payload, "trigger") or ""
        return Heard(reading_of(event, State.WORKING, trigger, Detail(reason="compacting")))

    def compact_ends(self, event: HookEvent) -> Heard:
        """After `/compact` the prompt is back; an automatic compaction is followed by the turn it interrupted."""
        self._compacting = False
        if self.ended or text(event.payload, "trigger") == "manual":
            return Heard(reading_of(event, State.IDLE, "", Detail(reason="background" if self.runs_on else None)))
        return Heard(reading_of(event, State.THINKING, ""))

    def notification(self, event: HookEvent) -> Heard:
        message = text(event.payload, "message")
        kind = text(event.payload, "notification_type")
        if kind in {"permission_prompt", "elicitation_dialog"}:
            detail = Detail(message=message)
            if self.asked is not None:
                asked = self.asked.detail
                detail = replace(asked, question=asked.question or f"Allow {self.asked.tool}?", message=message)
            return Heard(reading_of(event, State.WAITING, message or "", detail))
        if kind == "idle_prompt" and not self.ended:
            self.forget()
            return Heard(reading_of(event, State.IDLE, message or ""))
        return Heard()

    def behind(self, event: HookEvent) -> bool:
        """Whether it is about a sub-agent that works on behind a turn that has ended."""
        return self.ended and text(event.payload, "agent_id") is not None

    def quiet(self) -> bool:
        return self.ended or self._compacting or self.asked is not None

    def forget(self) -> None:
        """The turn is over or a new one begins: of its own tools nothing runs, and nothing is asked."""
        self.calls = {key: call for key, call in self.calls.items() if call.owner in self._subagents}
        self.asked = None
        self._compacting = False

    def _note_background(self, event: HookEvent) -> None:
        tasks = event.payload.get("background_tasks")
        if isinstance(tasks, list):
            self.runs_on = any(runs(task) for task in tasks)
        else:
            self.runs_on = bool(self._subagents)


def reading_of(event: HookEvent, state: State, said: str, detail: Detail | None = None) -> Reading:
    line = " ".join(f"{event.name} {said[: 2 * _LINE]}".split())[:_LINE]
    return Reading(Source.HOOK, state, f"hook:{event.name}", line, event.at_ms, detail or Detail())


def _bare(call: ToolCall) -> dict[str, object]:
    return {key: value for key, value in call.tool_input.items() if key != "description"}
