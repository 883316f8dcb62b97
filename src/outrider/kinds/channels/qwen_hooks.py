"""Qwen Code's hooks, passed for one spawn by a file of system defaults (recorded with 0.15.10).

They have Claude Code's form and its events. UserPromptSubmit comes again, empty, before every request of a turn; the idle
notification comes at once, also after Esc, which fires nothing else.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from outrider.kinds.channels import system_settings
from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.claude_payload import ToolCall, text
from outrider.kinds.channels.hook_voice import HookVoice, reading_of
from outrider.kinds.channels.tool_words import call_of
from outrider.logic.policy.claude import Permissions, compile_qwen
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
OVER = "QWEN_CODE_SYSTEM_SETTINGS_PATH"
USUAL_OVER = Path("/etc/qwen-code/settings.json")
POLICY = "policy.json"


def furnish(ground: Ground) -> Furnishing:
    """The defaults with our hooks, and what the policy says over the user's own settings."""
    hooks = system_settings.furnish(ground, VARIABLE, USUAL, EVENTS)
    if ground.policy is None:
        return hooks
    over = system_settings.read(Path(ground.environ.get(OVER) or USUAL_OVER))
    if over is None:
        return hooks  # the machine's own cannot be read; Qwen Code would complain of it, too
    path = ground.folder / POLICY
    files = {**hooks.files, POLICY: json.dumps(with_policy(over, compile_qwen(ground.policy)), indent=1)}
    return Furnishing(files, hooks.argv, {**hooks.env, OVER: str(path)})


def with_policy(settings: Mapping[str, object], compiled: Permissions) -> dict[str, object]:
    """The machine's settings with the policy's permissions; a way of approving that the user's settings choose is not taken."""
    found = settings.get("permissions")
    permissions: dict[str, object] = dict(found) if isinstance(found, dict) else {}
    for verdict, rules in compiled["permissions"].items():
        before = permissions.get(verdict)
        permissions[verdict] = [*(before if isinstance(before, list) else ()), *rules]
    tools = settings.get("tools")
    chosen = {**(tools if isinstance(tools, dict) else {}), "approvalMode": "default"}
    return {**settings, "permissions": permissions, "tools": chosen}


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
