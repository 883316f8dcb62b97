"""Claude Code's `<config directory>/sessions/<pid>.json`: its own word on busy, idle and waiting (undocumented; agents.md, 2.1.197).

It stays behind as it was when the agent is killed: whoever believes it has checked that the process lives.
"""

import json
import os
import re
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from outrider.kinds.channels.folders import Folders, open_folders
from outrider.model.hook import SessionNote
from outrider.model.state import Detail, Reading, Source, State

LARGEST = 1 << 16  # bytes of one file; real ones have about 400
_NAME = re.compile(r"\d{1,20}\.json")
_SIGNS = re.compile(r"[^A-Za-z0-9]")
_STATES: Mapping[str, State] = MappingProxyType({"busy": State.THINKING, "waiting": State.WAITING, "idle": State.IDLE})

_Stamp = tuple[int, int, int]


def config_dir(environ: Mapping[str, str]) -> Path | None:
    """Where an agent with that environment keeps its session files; None where it says nothing of the kind."""
    if configured := environ.get("CLAUDE_CONFIG_DIR"):
        return Path(configured)
    home = environ.get("HOME")
    return Path(home) / ".claude" if home else None


def parse(text: str, at_ms: int) -> SessionNote | None:
    """What the file says, None where it is no session file (any more, or not yet: it may be half written).

    `at_ms` is when it was written; the note bears the time at which its status changed where the file tells it.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    pid = fields.get("pid")
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return None
    changed = fields.get("statusUpdatedAt")
    return SessionNote(
        pid=pid,
        status=_text(fields, "status") or "",
        waiting_for=_text(fields, "waitingFor"),
        session_id=_text(fields, "sessionId"),
        workdir=_text(fields, "cwd"),
        version=_text(fields, "version"),
        at_ms=changed if isinstance(changed, int) and changed > 1 else at_ms,
    )


def transcript(note: SessionNote, environ: Mapping[str, str]) -> Path | None:
    """Where the conversation of that note is written down, by an agent with that environment; None where the note does not tell."""
    home = config_dir(environ)
    if home is None or note.session_id is None or note.workdir is None:
        return None
    return home / "projects" / _SIGNS.sub("-", note.workdir) / f"{note.session_id}.jsonl"


def reading(note: SessionNote) -> Reading | None:
    """The note as a source's word; None where it has no status (`claude -p`) or one that is not known."""
    state = _STATES.get(note.status)
    if state is None:
        return None
    message = note.waiting_for if state is State.WAITING else None
    text = f"{note.status}: {message}" if message else note.status
    rule = f"session_file:{note.status}"
    return Reading(Source.SESSION_FILE, state, rule, " ".join(text.split())[:200], note.at_ms, Detail(message=message))


class SessionFiles:
    """Follows the session files of any number of config directories, without polling. One consumer of `notes`."""

    def __init__(self, *, folders: Callable[[], Folders] = open_folders) -> None:
        self._open = folders
        self._folders: Folders | None = None
        self._dirs: frozenset[Path] = frozenset()
        self._seen: dict[str, _Stamp] = {}

    def follow(self, dirs: Collection[Path]) -> None:
        """Follows these config directories from now on and no others; they need not exist yet."""
        self._dirs = frozenset(dirs)
        if self._folders is not None:
            self._folders.watch(self._watched())

    async def notes(self) -> AsyncGenerator[tuple[SessionNote, ...], None]:
        """What the files say now, then each change; never empty, for ever. A file that goes is not told."""
        self._seen.clear()
        self._folders = self._open()
        try:
            while True:
                self._folders.watch(self._watched())
                await self._folders.changed()
                # Looked at again: with a directory that has come, its files may have come too.
                self._folders.watch(self._watched())
                if notes := tuple(self._news()):
                    yield notes
        finally:
            self._folders.close()
            self._folders = None

    def _watched(self) -> set[Path]:
        """Each sessions directory, or the nearest above it that is there: that is where it will appear."""
        return {_nearest(folder / "sessions") for folder in self._dirs}

    def _news(self) -> Iterator[SessionNote]:
        here: dict[str, _Stamp] = {}
        for path, stamp in self._files():
            here[path] = stamp
            if self._seen.get(path) != stamp and (note := _read(path, stamp)) is not None:
                yield note
        self._seen = here

    def _files(self) -> Iterator[tuple[str, _Stamp]]:
        # Words, not paths: all files are looked at for each change of one, and a Path interns its every part.
        for folder in self._dirs:
            try:
                with os.scandir(folder / "sessions") as entries:
                    found = [entry for entry in entries if _NAME.fullmatch(entry.name)]
            except OSError:
                continue
            for entry in found:
                try:
                    status = entry.stat()
                    if entry.is_file() and status.st_size <= LARGEST:
                        yield entry.path, (status.st_mtime_ns, status.st_size, status.st_ino)
                except OSError:
                    continue


def _read(path: str, stamp: _Stamp) -> SessionNote | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return parse(file.read(), stamp[0] // 1_000_000)
    except OSError:
        return None


def _nearest(path: Path) -> Path:
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path


def _text(fields: Mapping[str, object], key: str) -> str | None:
    value = fields.get(key)
    return value if isinstance(value, str) and value else None
