"""Qwen Code's hooks, passed for one spawn by a file of system defaults (recorded with 0.15.10).

They have Claude Code's form and its events. UserPromptSubmit comes again, empty, before every request of a turn; the idle
notification comes at once, also after Esc, which fires nothing else.
"""

from collections.abc import Mapping
from pathlib import Path

from outrider.kinds.channels import system_settings
from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.claude_payload import ToolCall, text
from outrider.kinds.channels.hook_voice import HookVoice, reading_of
from outrider.kinds.channels.tool_words import call_of
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import Detail, State

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
)
VARIABLE = "QWEN_CODE_SYSTEM_DEFAULTS_PATH"
USUAL = Path("/etc/qwen-code/system-defaults.json")


def furnish(ground: Ground) -> Furnishing:
    """The defaults with our hooks."""
    return system_settings.furnish(ground, VARIABLE, USUAL, EVENTS)


class QwenVoice(HookVoice):
    """Qwen Code's own word."""

    def call(self, payload: Mapping[str, object]) -> ToolCall:
        """Its tools have names of their own."""
        given = payload.get("tool_input")
        owner = text(payload, "agent_id") or ""
        return call_of(text(payload, "tool_name") or "unknown", given if isinstance(given, dict) else {}, owner=owner)

    def prompt(self, event: HookEvent) -> Heard:
        """An empty one is the turn going on with what its tools gave."""
        if text(event.payload, "prompt") is not None:
            return super().prompt(event)
        return Heard() if self.ended else Heard(self.between(event, ""))

    def notification(self, event: HookEvent) -> Heard:
        """Idle without a Stop is an interruption."""
        if text(event.payload, "notification_type") != "idle_prompt":
            return super().notification(event)
        if self.ended:
            return Heard()
        self.forget()
        self.ended = True
        return Heard(reading_of(event, State.IDLE, "", Detail(reason="interrupted")))
