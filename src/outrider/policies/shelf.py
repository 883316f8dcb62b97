"""The shelf: policies that agents run under, read again when their file has changed; a broken file leaves the last good one in force."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import structlog

from outrider.errors import OutriderError
from outrider.logic.policy.rules import Policy
from outrider.policies.kept import Kept
from outrider.policies.load import is_file, preset, read_file

log = structlog.get_logger()
Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a policy's file cannot be used now, a sentence with file, line and key; `in_force` whether an older text of it decides."""

    why: str
    line: int | None
    in_force: bool

    @property
    def then(self) -> str:
        """What happens meanwhile."""
        return "the last good one stays in force" if self.in_force else "a person is asked for everything"


class Shelf:
    """Knows each policy by its name: a preset, or the absolute path of a file. One `stat` a question, no watching."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where good texts are kept for the next start."""
        self._kept = Kept(folder)
        self._known: dict[str, Policy] = {}
        self._marks: dict[str, Mark | None] = {}
        self._faults: dict[str, Fault] = {}

    def get(self, name: str) -> Policy | None:
        """The policy as its file is now, or as it last could be used; None where it never could."""
        mark = _mark(name)
        if name not in self._marks or mark != self._marks[name]:
            self._marks[name] = mark
            self._read(name)
        return self._known.get(name)

    def fault(self, name: str) -> Fault | None:
        """What is wrong with it now; None where nothing is."""
        self.get(name)
        return self._faults.get(name)

    def forget(self, but: Collection[str]) -> None:
        """Forgets all policies but these: nobody runs under the others."""
        if gone := set(self._marks) - set(but):
            for held in (self._known, self._marks, self._faults):
                for name in gone:
                    held.pop(name, None)
        self._kept.trim(but)

    def _read(self, name: str) -> None:
        self._faults.pop(name, None)
        try:
            if is_file(name):
                self._known[name], text = read_file(name, Path("/"))
                self._kept.put(name, text)
            else:
                self._known[name] = preset(name)
        except OutriderError as error:
            if name not in self._known and (kept := self._kept.get(name)) is not None:
                self._known[name] = kept
            line = error.detail.get("line")
            fault = Fault(error.message, line if isinstance(line, int) else None, name in self._known)
            self._faults[name] = fault
            log.warning("a policy cannot be used", policy=name, why=fault.why, then=fault.then)


def _mark(name: str) -> Mark | None:
    """What changes when the file does; None where there is none, and for presets."""
    if not is_file(name):
        return None
    try:
        found = Path(name).stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
