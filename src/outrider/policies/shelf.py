"""The shelf: policies that agents run under, read again when their file has changed; a broken file leaves the last good one in force."""

from pathlib import Path

import structlog

from outrider.errors import OutriderError
from outrider.logic.policy.rules import Policy
from outrider.policies.load import find, is_file

log = structlog.get_logger()
Mark = tuple[int, int, int]


class Shelf:
    """Knows each policy by its name: a preset, or the absolute path of a file. One `stat` a question, no watching."""

    def __init__(self) -> None:
        self._known: dict[str, Policy] = {}
        self._marks: dict[str, Mark | None] = {}

    def get(self, name: str) -> Policy | None:
        """The policy as its file is now, or as it last could be used; None where it never could since this program started."""
        mark = _mark(name)
        if name not in self._marks or mark != self._marks[name]:
            self._marks[name] = mark
            try:
                self._known[name] = find(name, Path("/"))
            except OutriderError as error:
                kept = "the last good one stays in force" if name in self._known else "a person is asked for everything"
                log.warning("a policy cannot be used", policy=name, why=error.message, then=kept)
        return self._known.get(name)


def _mark(name: str) -> Mark | None:
    """What changes when the file does; None where there is none, and for presets."""
    if not is_file(name):
        return None
    try:
        found = Path(name).stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
