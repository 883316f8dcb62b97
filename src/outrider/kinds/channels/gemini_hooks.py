"""Gemini CLI's hooks, passed for one spawn by a file of system defaults (recorded with 0.61.0).

Gemini takes such a file only if it and every directory above it belong to root and nobody else may write there; it warns on the screen of
any other. So this works where the daemon runs as root (containers) and its data lies in such a place; elsewhere the title and the
screen speak, or the user has `outrider hooks install gemini`.

BeforeModel and AfterModel are left out: they come with every chunk and slow the agent. PreCompress comes with every request, so an
automatic one means nothing. A turn that ends without an answer was interrupted or failed; which, is not told.
"""

import stat
from collections.abc import Mapping
from pathlib import Path

from outrider.kinds.channels import system_settings
from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.claude_payload import ToolCall, text
from outrider.kinds.channels.hook_voice import HookVoice, reading_of
from outrider.kinds.channels.tool_words import call_of
from outrider.logic.policy.gemini import compile_gemini
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import Detail, State

EVENTS = (
    "SessionStart",
    "SessionEnd",
    "BeforeAgent",
    "AfterAgent",
    "BeforeTool",
    "AfterTool",
    "PreCompress",
    "Notification",
)
VARIABLE = "GEMINI_CLI_SYSTEM_DEFAULTS_PATH"
USUAL = Path("/etc/gemini-cli/system-defaults.json")
POLICY = "policy.toml"
NOTHING_SAID = "[no response text]"


def furnish(ground: Ground) -> Furnishing:
    """The defaults with our hooks, where Gemini would take them, and the rules of the policy."""
    hooks = Furnishing()
    if believed(ground.folder):
        hooks = system_settings.furnish(ground, VARIABLE, USUAL, EVENTS)
    if ground.policy is None:
        return hooks
    argv = (*hooks.argv, "--admin-policy", str(ground.folder / POLICY))
    return Furnishing({**hooks.files, POLICY: compile_gemini(ground.policy)}, argv, hooks.env)


def believed(folder: Path) -> bool:
    """Whether Gemini takes system settings from there: root's alone, up to the top."""
    try:
        kept = [path.lstat() for path in (folder, *folder.parents)]
    except OSError:
        return False
    return all(one.st_uid == 0 and stat.S_ISDIR(one.st_mode) and not one.st_mode & 0o022 for one in kept)


class GeminiVoice(HookVoice):
    """Gemini CLI's own word."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers = {
            "SessionStart": self.session_start,
            "SessionEnd": self.session_end,
            "BeforeAgent": self.prompt,
            "AfterAgent": self.answered,
            "BeforeTool": self.tool_begins,
            "AfterTool": self.tool_ends,
            "PreCompress": self.compresses,
            "Notification": self.notification,
        }

    def call(self, payload: Mapping[str, object]) -> ToolCall:
        """Its tools have names of their own."""
        given = payload.get("tool_input")
        return call_of(text(payload, "tool_name") or "unknown", given if isinstance(given, dict) else {})

    def answered(self, event: HookEvent) -> Heard:
        """The turn ended, with an answer or, nobody knows why, without."""
        self.forget()
        self.ended = True
        said = text(event.payload, "prompt_response")
        if said is None or said == NOTHING_SAID:
            return Heard()
        return Heard(reading_of(event, State.COMPLETE, said))

    def compresses(self, event: HookEvent) -> Heard:
        """Only the one that was asked for is one."""
        if text(event.payload, "trigger") != "manual":
            return Heard()
        return Heard(reading_of(event, State.WORKING, "manual", Detail(reason="compacting")))

    def notification(self, event: HookEvent) -> Heard:
        """A permission is asked for the call that began last; tools it starts together are asked one by one."""
        if text(event.payload, "notification_type") != "ToolPermission" or not self.calls:
            return Heard()
        call = next(reversed(self.calls.values()))
        asked = call.detail
        question = asked.question or f"Allow {call.tool}?"
        detail = Detail(asked.tool, asked.command, asked.file, question, asked.options)
        return Heard(reading_of(event, State.WAITING, text(event.payload, "message") or "", detail))
