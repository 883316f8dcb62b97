"""Claude Code's hooks, passed for one spawn by `--settings` (agents.md, recorded with 2.1.197).

It tells nothing where Esc interrupts it or a person answers a permission dialog.
"""

import json
from pathlib import Path

from outrider.kinds.channels import answer_line
from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.hook_line import command
from outrider.kinds.channels.hook_voice import HookVoice
from outrider.logic.policy.claude import compile_claude

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


def settings(spool_dir: Path, answers: Path | None = None, wait_s: float = 0.0) -> dict[str, object]:
    """What belongs into the file for `claude --settings FILE`: every event's hook call is left in the spool directory.

    With a folder of `answers`, a permission request waits there for its answer, for so many seconds.
    """
    hook: dict[str, object] = {"type": "command", "command": command(spool_dir), "timeout": TIMEOUT_S}
    hooks = {event: [{"hooks": [hook]}] for event in EVENTS}
    if answers is not None and wait_s > 0:
        line = answer_line.command(spool_dir, answers, wait_s)
        asking = {"type": "command", "command": line, "timeout": TIMEOUT_S + round(wait_s * 2)}
        hooks["PermissionRequest"] = [{"hooks": [asking]}]
    return {"hooks": hooks}


def argv(settings_file: Path) -> tuple[str, ...]:
    """The arguments that make one spawn of Claude Code use that file, beside the user's own settings."""
    return ("--settings", str(settings_file))


def furnish(ground: Ground) -> Furnishing:
    """The settings file of one spawn, with the permissions of its policy, and the arguments that name it."""
    found = settings(ground.spool, ground.folder / answer_line.FOLDER, ground.wait_s)
    if ground.policy is not None:
        found |= compile_claude(ground.policy)
    return Furnishing({SETTINGS: json.dumps(found, indent=1)}, argv(ground.folder / SETTINGS))


class ClaudeVoice(HookVoice):
    """Claude Code's own word: the form itself."""
