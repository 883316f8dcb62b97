"""Hooks through a file of system-wide defaults, the lowest layer of settings in Gemini CLI and its fork Qwen Code.

The user's own settings lie above it and lists of hooks are joined, so nothing of theirs is lost or overridden. What the machine's
own defaults say is taken over into ours. Comments are not JSON: where the machine's file has some, the spawn goes without hooks.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.hook_line import REPORT, calls, script

SETTINGS = "defaults.json"
TIMEOUT_MS = 5000
NAME = "outrider"


def furnish(ground: Ground, variable: str, usual: Path, events: Collection[str]) -> Furnishing:
    """The file, and the variable that names it; nothing where the defaults it would replace cannot be read."""
    below = read(Path(ground.environ.get(variable) or usual))
    if below is None:
        return Furnishing()
    settings = with_hooks(below, calls(ground.folder / REPORT), events)
    return Furnishing(
        {REPORT: script(ground.spool), SETTINGS: json.dumps(settings, indent=1)},
        env={variable: str(ground.folder / SETTINGS)},
    )


def with_hooks(settings: Mapping[str, object], line: str, events: Collection[str]) -> dict[str, object]:
    """The settings with one hook more for each event."""
    hook = {"type": "command", "command": line, "timeout": TIMEOUT_MS, "name": NAME}
    found = settings.get("hooks")
    hooks: dict[str, object] = dict(found) if isinstance(found, dict) else {}
    for event in events:
        before = hooks.get(event)
        hooks[event] = [*(before if isinstance(before, list) else ()), {"hooks": [hook]}]
    return {**settings, "hooks": hooks}


def read(path: Path) -> dict[str, object] | None:
    """The settings in that file, empty where there is none; None where they cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
