"""Claude Code's hooks, passed for one spawn by `--settings` (agents.md, recorded with 2.1.197).

It tells nothing where Esc interrupts it or a person answers a permission dialog.
"""

import json
from pathlib import Path

from outrider.kinds.channels.channel import Furnishing, Ground
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
SETTINGS = "settings.json"


def settings(spool_dir: Path) -> dict[str, object]:
    """What belongs into the file for `claude --settings FILE`: every event's hook call is left in the spool directory."""
    hook = {"type": "command", "command": command(spool_dir), "timeout": TIMEOUT_S}
    return {"hooks": {event: [{"hooks": [hook]}] for event in EVENTS}}


def argv(settings_file: Path) -> tuple[str, ...]:
    """The arguments that make one spawn of Claude Code use that file, beside the user's own settings."""
    return ("--settings", str(settings_file))


def furnish(ground: Ground) -> Furnishing:
    """The settings file of one spawn, and the arguments that name it."""
    content = json.dumps(settings(ground.spool), indent=1)
    return Furnishing({SETTINGS: content}, argv(ground.folder / SETTINGS))


class ClaudeVoice(HookVoice):
    """Claude Code's own word: the form itself."""
