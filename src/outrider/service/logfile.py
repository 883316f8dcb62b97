"""The service's log: JSON lines in a file that begins anew when it is full; the ones before are kept, up to a number.

One process writes it, so that a line is never cut by a rotation. A full disk costs lines, which are counted, and nothing else.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


class LogFile:
    """`path`, and `path`.1 (the newest before it) to `path`.`files`."""

    def __init__(self, path: Path, *, size: int, files: int) -> None:
        self.path = path
        self.size, self.files = size, files
        self.lost = 0
        """Lines that could not be written since the last one that could."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = self._open()
        self._written = os.fstat(self._descriptor).st_size

    def take(self, line: bytes) -> None:
        """A line of the daemon, without its end; one that is no JSON is put into some."""
        if not line.startswith(b"{"):
            self.say("warning", "the daemon wrote", text=line.decode("utf-8", "replace"))
            return
        self._write(line + b"\n")

    def say(self, level: str, message: str, **values: object) -> None:
        """A line of our own."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        line = {"message": message, **values, "level": level, "timestamp": f"{at}Z"}
        self._write(json.dumps(line, default=str).encode() + b"\n")

    def close(self) -> None:
        """Nothing more is written."""
        os.close(self._descriptor)

    def _write(self, data: bytes) -> None:
        try:
            if self._written and self._written + len(data) > self.size:
                self._rotate()
            while data:
                done = os.write(self._descriptor, data)
                self._written += done
                data = data[done:]
        except OSError:
            self.lost += 1
            return
        if self.lost:
            lost, self.lost = self.lost, 0
            self.say("warning", "lines of the log could not be written", lost=lost)

    def _rotate(self) -> None:
        for number in range(self.files, 0, -1):
            before = self._numbered(number - 1)
            with suppress(FileNotFoundError):
                before.replace(self._numbered(number))
        fresh = self._open()
        os.close(self._descriptor)
        self._descriptor, self._written = fresh, 0

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path


def files(path: Path) -> list[Path]:
    """The files of a log that are there, the oldest first."""
    numbered = [each for each in path.parent.glob(f"{path.name}.*") if each.suffix[1:].isdigit()]
    return [*sorted(numbered, key=lambda each: -int(each.suffix[1:])), *([path] if path.exists() else [])]


class Follower:
    """Reads a log, across rotations: its last lines, and what is added behind them, each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("rb")

    def last(self, count: int) -> list[str]:
        """The last whole lines that are there now, the oldest first, also those of the files before. To be called first."""
        ours = os.fstat(self._file.fileno())
        found = list(self.fresh())
        for file in reversed(_before(self._path, ours)):
            if len(found) >= count:
                break
            with suppress(FileNotFoundError):  # the oldest has gone just now
                found = file.read_text(encoding="utf-8", errors="replace").splitlines() + found
        return found[-count:] if count > 0 else []

    def fresh(self) -> Iterator[str]:
        """The whole lines that were added since the last call."""
        yield from self._rest()
        while (following := self._next()) is not None:
            yield from self._rest()
            self._file.close()
            self._file = following
            yield from self._rest()

    def _next(self) -> BinaryIO | None:
        """The file that was begun after ours; None while ours is the last. Several may have been begun since the last look."""
        ours = os.fstat(self._file.fileno())
        later: BinaryIO | None = None
        # From the newest on: one that is renamed meanwhile is met again, and none is passed over.
        for path in reversed(files(self._path)):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            if os.path.samestat(os.fstat(file.fileno()), ours):
                file.close()
                break
            if later is not None:
                later.close()
            later = file
        return later

    def _rest(self) -> Iterator[str]:
        while True:
            at = self._file.tell()
            line = self._file.readline()
            if not line.endswith(b"\n"):
                self._file.seek(at)
                return
            yield line.decode("utf-8", "replace").rstrip("\n")


def _before(path: Path, ours: os.stat_result) -> list[Path]:
    """The files before that one, the oldest first."""
    found: list[Path] = []
    for file in files(path):
        with suppress(FileNotFoundError):
            if os.path.samestat(file.stat(), ours):
                return found
            found.append(file)
    return []
