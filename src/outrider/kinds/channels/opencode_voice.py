"""What OpenCode's event stream means (`GET /event` of its own server; recorded with 1.18.33).

In: its events in their order, those of sub-agents' sessions among them. It tells everything that hooks of other agents don't:
an answered permission, an interruption, a retry. What a session is called does not matter: the first one that is seen to be
nobody's child is the agent's.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from outrider.kinds.channels.claude_payload import ToolCall, summary, text
from outrider.kinds.channels.hook_voice import reading_of
from outrider.kinds.channels.tool_words import call_of
from outrider.logic.failure import error_class
from outrider.model.agent import NO_COUNTERS, Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import Detail, ErrorClass, Reading, State

_STATUS: tuple[tuple[range, str], ...] = (
    (range(401, 404), "authentication_failed"),
    (range(429, 430), "rate_limit"),
    (range(400, 500), "invalid_request"),
    (range(500, 600), "server_error"),
)
_NAMES: Mapping[str, str] = {
    "ProviderAuthError": "authentication_failed",
    "ContextOverflowError": "invalid_request",
    "MessageOutputLengthError": "max_output_tokens",
}


class OpenCodeVoice:
    """One agent's word through its server."""

    def __init__(self) -> None:
        self._handlers: dict[str, Callable[[HookEvent], Heard]] = {
            "session.created": self._created,
            "session.status": self._status,
            "session.idle": self._idle,
            "session.error": self._error,
            "message.updated": self._message,
            "message.part.updated": self._part,
            "permission.asked": self._permission,
            "permission.replied": self._answered,
            "question.asked": self._question,
            "question.replied": self._answered,
            "question.rejected": self._answered,
        }
        self._children: set[str] = set()
        self._users: dict[str, int | None] = {}
        self._prompts: set[str] = set()
        self._counted: set[str] = set()
        self._calls: dict[str, ToolCall] = {}
        self._pending: set[str] = set()
        self._busy = False
        self._outcome: Reading | None = None

    @property
    def background(self) -> bool:
        """Nothing of it runs on behind its turn, as far as it tells."""
        return False

    def hear(self, event: HookEvent) -> Heard:
        """What this event means; of a sub-agent's session nothing but its tools' counters is told."""
        session = text(event.payload, "sessionID")
        handler = self._handlers.get(event.name)
        heard = handler(event) if handler is not None else Heard()
        if session in self._children:
            return Heard(counters=heard.counters)
        return replace(heard, conversation=session)

    def _created(self, event: HookEvent) -> Heard:
        info = _inner(event.payload, "info")
        if text(info, "parentID") is not None and (child := text(info, "id")) is not None:
            self._children.add(child)
        return Heard()

    def _status(self, event: HookEvent) -> Heard:
        status = _inner(event.payload, "status")
        kind = text(status, "type")
        if text(event.payload, "sessionID") in self._children:
            return Heard()
        if kind == "retry":
            message = text(status, "message")
            error = error_class("unknown", message or "")
            detail = Detail(error=error, retrying=True, message=message)
            return Heard(reading_of(event, State.ERROR, message or "", detail))
        if kind == "idle":
            return self._idle(event)
        if kind == "busy" and not self._busy:
            self._busy, self._outcome = True, None
            return Heard(self._between(event, kind))
        return Heard()

    def _idle(self, event: HookEvent) -> Heard:
        """The turn is over; it says so up to four times, and how it ended it said before."""
        if text(event.payload, "sessionID") in self._children or not self._busy:
            return Heard()
        self._busy = False
        self._calls.clear()
        self._pending.clear()
        if self._outcome is not None:
            return Heard(replace(self._outcome, at_ms=event.at_ms))
        return Heard(reading_of(event, State.COMPLETE, ""))

    def _error(self, event: HookEvent) -> Heard:
        error = _inner(event.payload, "error")
        data = _inner(error, "data")
        name, message = text(error, "name") or "", text(data, "message") or ""
        if name == "MessageAbortedError":
            self._outcome = reading_of(event, State.IDLE, message, Detail(reason="interrupted"))
            return Heard(self._outcome)
        status = data.get("statusCode")
        known = next((word for codes, word in _STATUS if isinstance(status, int) and status in codes), "unknown")
        detail = Detail(error=_class(_NAMES.get(name, known), name, message), retrying=False, message=message or None)
        self._outcome = reading_of(event, State.ERROR, f"{name}: {message}", detail)
        return Heard(self._outcome, counters=Counters(errors=1))

    def _message(self, event: HookEvent) -> Heard:
        info = _inner(event.payload, "info")
        id_ = text(info, "id") or ""
        if text(info, "role") == "user":
            created = _inner(info, "time").get("created")
            self._users[id_] = created if isinstance(created, int) else None
            return Heard()
        if _inner(info, "time").get("completed") is None or id_ in self._counted:
            return Heard()
        self._counted.add(id_)
        total, cost = _inner(info, "tokens").get("total"), info.get("cost")
        tokens = total if isinstance(total, int) and not isinstance(total, bool) else 0
        return Heard(counters=Counters(tokens=tokens, cost_usd=float(cost) if isinstance(cost, int | float) else 0.0))

    def _part(self, event: HookEvent) -> Heard:
        part = _inner(event.payload, "part")
        kind, said = text(part, "type"), text(part, "text") or ""
        if kind == "tool":
            return self._tool(event, part)
        if (message := text(part, "messageID") or "") in self._users:
            key = text(part, "id") or event.id
            if kind != "text" or not said or part.get("synthetic") is True or key in self._prompts:
                return Heard()
            self._prompts.add(key)
            return Heard(prompt=said, taken_ms=self._users[message])
        if self._pending or self._calls or not self._busy or not said:
            return Heard()  # the end of what was said comes after the tool's begin
        self._outcome = None
        if kind == "text":
            return Heard(reading_of(event, State.WORKING, said, Detail(message="answering")))
        return Heard(reading_of(event, State.THINKING, said))

    def _tool(self, event: HookEvent, part: Mapping[str, object]) -> Heard:
        state = _inner(part, "state")
        status, key = text(state, "status"), text(part, "callID") or event.id
        call = call_of(text(part, "tool") or "unknown", _inner(state, "input"))
        if status == "running":
            fresh = key not in self._calls
            self._calls[key] = call
            if not fresh or self._pending:
                return Heard()
            return Heard(reading_of(event, call.state, summary(call), call.detail))
        if status not in {"completed", "error"}:
            return Heard()
        self._calls.pop(key, None)
        counters = call.counters
        if status == "error":  # also a permission that was refused
            counters = Counters(errors=1) if self._outcome is None else NO_COUNTERS
        if self._pending or not self._busy:
            return Heard(counters=counters)
        return Heard(self._between(event, summary(call)), counters=counters)

    def _permission(self, event: HookEvent) -> Heard:
        self._pending.add(text(event.payload, "id") or event.id)
        tool = text(event.payload, "permission") or "unknown"
        call = self._asked(event) or call_of(tool, _inner(event.payload, "metadata"))
        detail = replace(call.detail, question=call.detail.question or f"Allow {call.tool}?")
        return Heard(reading_of(event, State.WAITING, summary(call), detail))

    def _asked(self, event: HookEvent) -> ToolCall | None:
        return self._calls.get(text(_inner(event.payload, "tool"), "callID") or "")

    def _question(self, event: HookEvent) -> Heard:
        self._pending.add(text(event.payload, "id") or event.id)
        call = call_of("question", event.payload)
        return Heard(reading_of(event, State.WAITING, summary(call), call.detail))

    def _answered(self, event: HookEvent) -> Heard:
        """A permission or a question was answered: what was asked for goes on; a refusal ends the turn if nothing follows."""
        self._pending.discard(text(event.payload, "requestID") or "")
        if event.name == "question.rejected" or text(event.payload, "reply") == "reject":
            self._outcome = reading_of(event, State.IDLE, "refused", Detail(reason="interrupted"))
            return Heard()
        if self._pending:
            return Heard()
        return Heard(self._between(event, text(event.payload, "reply") or ""))

    def _between(self, event: HookEvent, said: str) -> Reading:
        running = next((call for call in reversed(self._calls.values()) if call.state is not State.WAITING), None)
        if running is None:
            return reading_of(event, State.THINKING, said)
        return reading_of(event, running.state, said, running.detail)


def _class(error: str, name: str, message: str) -> ErrorClass | None:
    return ErrorClass.CONTEXT_FULL if name == "ContextOverflowError" else error_class(error, message)


def _inner(fields: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = fields.get(key)
    return value if isinstance(value, dict) else {}
