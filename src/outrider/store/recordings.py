"""Recordings as files in one folder, `<beginning of the agent's id>-<when it began, ms>.cast`; what they hold is all that is known.

A daemon that ends suddenly leaves a recording whose last line may not be whole; it is read like any other. All of it blocks: call it
in a thread.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from outrider.errors import InvalidInput, NoSuchThing
from outrider.logic import asciicast
from outrider.logic.retention import Kept, excess
from outrider.model.recording import Recording
from outrider.store.directory import check_directory

FOLDER = "recordings"
SUFFIX = ".cast"
_ID = re.compile(r"[A-Za-z0-9_]{1,64}-\d{1,16}", re.ASCII)
_HEAD, _TAIL, CHUNK = 4096, 65_536, 65_536


class Tape:
    """A recording that is being written: whole lines only, so that it can be read at any time."""

    def __init__(self, path: Path) -> None:
        """Makes the file, for its owner's eyes alone; OSError where it cannot be made."""
        self.path = path
        self.size = 0
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        self._open = True

    def write(self, lines: str) -> None:
        """Adds lines; OSError where the disk takes no more: what was written of them is taken back."""
        data = lines.encode("utf-8", "replace")
        with self._lock:
            if not self._open:
                return
            written = 0
            try:
                while written < len(data):
                    written += os.write(self._descriptor, data[written:])
            except OSError:
                os.ftruncate(self._descriptor, self.size)
                os.lseek(self._descriptor, self.size, os.SEEK_SET)
                raise
            self.size += len(data)

    def close(self) -> None:
        """Nothing more is written; a tape without a line is no recording, and goes. Idempotent."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._descriptor)
                if self.size == 0:
                    self.path.unlink(missing_ok=True)


class Recordings:
    """The folder of all recordings of one node. Those that are `live` say so themselves: it is told by who writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, agent_id: str, now_ms: int) -> Tape:
        """A new tape; StoreError or OSError where it cannot be made."""
        check_directory(self.folder)
        name = f"{re.sub(r'[^A-Za-z0-9_]', '', agent_id)[:8] or 'agent'}-{now_ms}"
        return Tape(self.folder / f"{name}{SUFFIX}")

    def listed(self, session: str | None = None) -> list[Recording]:
        """The recordings of that session, or all, newest first. A file that is no recording is left out."""
        found = (self._look(path) for path in self._paths())
        chosen = [each for each in found if each is not None and session in (None, each.session)]
        return sorted(chosen, key=lambda each: (-each.begun_ms, each.id))

    def find(self, recording_id: str) -> Recording:
        """One recording; NoSuchThing where there is none of that id."""
        found = self._look(self.path(recording_id))
        if found is None:
            raise NoSuchThing(f"The recording {recording_id} cannot be read.", detail={"recording": recording_id})
        return found

    def path(self, recording_id: str) -> Path:
        """Its file; NoSuchThing where there is none of that id."""
        path = self.folder / f"{recording_id}{SUFFIX}"
        if not _ID.fullmatch(recording_id) or not path.is_file():
            raise NoSuchThing(
                f"There is no recording {recording_id[:80]!r}; outrider recording list shows those that are kept.",
                detail={"recording": recording_id[:80]},
            )
        return path

    def read(self, recording_id: str) -> Iterator[bytes]:
        """What it holds now, in pieces, up to its last whole line. NoSuchThing as `path`."""
        with self.path(recording_id).open("rb") as file:
            left = _whole(file.fileno())
            while left > 0 and (piece := file.read(min(CHUNK, left))):
                left -= len(piece)
                yield piece

    def prune(self, live: frozenset[str], *, before_ms: int, most: float) -> int:
        """Takes away those from before that time, and the oldest until all have at most `most` bytes; how many went.

        Those in `live` are being made, and stay.
        """
        kept = [Kept(each.id, each.begun_ms, each.size, held=each.id in live) for each in self.listed()]
        gone = excess(kept, before_ms=before_ms, most=most)
        for name in gone:
            with suppress(NoSuchThing):  # somebody took it away just now
                self.remove(name)
        return len(gone)

    def remove(self, recording_id: str) -> None:
        """Takes it away for good; NoSuchThing as `path`."""
        self.path(recording_id).unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return [path for path in self.folder.glob(f"*{SUFFIX}") if _ID.fullmatch(path.stem)]

    def _look(self, path: Path) -> Recording | None:
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                first = file.readline(_HEAD).decode("utf-8", "replace")
                head = asciicast.header(first)
                file.seek(max(len(first), size - _TAIL))
                tail = file.read().decode("utf-8", "replace").split("\n")
        except (OSError, InvalidInput):
            return None
        last = next((found for line in reversed(tail) if (found := asciicast.moment(line)) is not None), None)
        cut = last.data.removeprefix(asciicast.CUT) if last is not None and last.code == "m" else ""
        return Recording(
            id=path.stem,
            session=head.title,
            begun_ms=int(path.stem.rpartition("-")[2]),
            duration_s=last.at_s if last is not None else 0.0,
            size=size,
            width=head.width,
            height=head.height,
            cut=cut,
        )


def _whole(descriptor: int) -> int:
    """How many bytes there are up to the end of the last whole line."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - CHUNK)
        place = os.pread(descriptor, end - start, start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        end = start
    return 0
