"""Claude Code's hooks, passed for one spawn by `--settings` (agents.md, recorded with 2.1.197).

It tells nothing where Esc interrupts it or a person answers a permission dialog.
"""

from pathlib import Path

from outrider.kinds.channels.hook_line import command
from outrider.kinds.channels.hook_voice import HookVoice

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


class ClaudeVoice(HookVoice):
    """Claude Code's own word: the form itself."""
