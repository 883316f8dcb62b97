"""The shell line that Claude Code runs for a permission request: it reports the request, and prints the answer if one comes in time.

The agent's own dialog stands on the screen meanwhile and can be answered there. An answer is a file that whoever renames it has
taken: the hook, or the daemon that takes it back.
"""

import json
import shlex
from pathlib import Path

from outrider.model.approval import Behavior

FOLDER = "answers"
CHANNELS = frozenset({"claude"})
"""Channels whose permission hook waits for an answer."""
TICK_S = 0.1
_SCRIPT = (
    "umask 077; d={spool}; f=$d/$$; n=0; "
    'if [ -d "$d" ]; then while [ -e "$f.$n.json" ]; do n=$((n+1)); done; a={answers}/$$.$n; rm -f "$a"; '
    '{{ cat >"$f.$n.tmp" && mv -f "$f.$n.tmp" "$f.$n.json" || rm -f "$f.$n.tmp"; }} 2>/dev/null; '
    "i=0; while [ $i -lt {ticks} ] && [ -d {answers} ] && kill -0 $PPID 2>/dev/null; do "
    'if [ -e "$a" ] && mv "$a" "$a.taken" 2>/dev/null; then cat "$a.taken"; rm -f "$a.taken"; break; fi; '
    "sleep {tick}; i=$((i+1)); done; "
    "else cat >/dev/null; fi; exit 0"
)


def command(spool: Path, answers: Path, wait_s: float) -> str:
    """The POSIX sh line: as `hook_line.command`, and then it waits for an answer below `answers` for so many seconds.

    It ends with the agent that runs it; that a person answers at the terminal does not end it.
    """
    return _SCRIPT.format(
        spool=shlex.quote(str(spool)),
        answers=shlex.quote(str(answers)),
        ticks=max(1, round(wait_s / TICK_S)),
        tick=TICK_S,
    )


def decision(behavior: Behavior, message: str | None = None) -> str:
    """What the hook prints for it; a reason is told to the agent where the answer is no."""
    said: dict[str, object] = {"behavior": behavior.value}
    if behavior is Behavior.DENY and message:
        said["message"] = message
    return json.dumps({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": said}})


class Answers:
    """The answers to hooks that wait, a folder for each spawn below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, generation: str, call: str, text: str) -> bool:
        """Hands an answer to the hook call of that name (`<pid>.<n>`); False where it cannot be written."""
        path = self._path(generation, call)
        fresh = path.with_name(f"{path.name}.new")
        try:
            fresh.write_text(text, encoding="utf-8")
            fresh.rename(path)
        except OSError:
            return False
        return True

    def lies(self, generation: str, call: str) -> bool:
        """Whether the answer has not been taken yet."""
        return self._path(generation, call).exists()

    def take_back(self, generation: str, call: str) -> bool:
        """Takes the answer away again; False where the hook was faster."""
        path = self._path(generation, call)
        back = path.with_name(f"{path.name}.back")
        try:
            path.rename(back)
            back.unlink()
        except OSError:
            return False
        return True

    def _path(self, generation: str, call: str) -> Path:
        return self._root / generation / FOLDER / call
