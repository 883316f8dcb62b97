"""What it writes about itself: `~/.claude/sessions/<pid>.json` and the conversation's transcript."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from e2e.scripted.blocks import VERSION


class Notes:
    """Written whole and renamed at every change, as the real one is."""

    def __init__(self, root: Path, conversation: str, cwd: str) -> None:
        self._file = root / "sessions" / f"{os.getpid()}.json"
        self.transcript = root / "projects" / cwd.replace("/", "-") / f"{conversation}.jsonl"
        self._conversation = conversation
        self._cwd = cwd
        self._started = _now()
        self._said: tuple[str, str | None] | None = None

    def status(self, status: str, waiting_for: str | None = None) -> None:
        """Says what it does: `busy`, `idle`, or `waiting` for something; nothing is written where nothing changed."""
        if self._said == (status, waiting_for):
            return
        self._said = (status, waiting_for)
        note: dict[str, object] = {
            "pid": os.getpid(),
            "sessionId": self._conversation,
            "cwd": self._cwd,
            "startedAt": self._started,
            "version": VERSION,
            "kind": "interactive",
            "entrypoint": "cli",
            "status": status,
            "updatedAt": _now(),
            "statusUpdatedAt": _now(),
        }
        if waiting_for is not None:
            note["waitingFor"] = waiting_for
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".tmp")
        fresh.write_text(json.dumps(note), encoding="utf-8")
        fresh.rename(self._file)

    def record(self, kind: str, message: Mapping[str, object]) -> None:
        """One line of the transcript."""
        self.transcript.parent.mkdir(parents=True, exist_ok=True)
        line = {"type": kind, "sessionId": self._conversation, "timestamp": _now(), "message": message}
        with self.transcript.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def end(self) -> None:
        """It leaves in good order: the file goes."""
        self._file.unlink(missing_ok=True)


def _now() -> int:
    return time.time_ns() // 1_000_000
