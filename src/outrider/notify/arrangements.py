"""The arrangement that is in force: the file as it is now, or as it last could be used."""

from collections.abc import Iterable
from pathlib import Path

import structlog

from outrider.errors import BadSetting
from outrider.notify.catalogue import Surroundings, Way
from outrider.notify.file import Arrangement, load

log = structlog.get_logger()
READS = 3
"""How often it is read in a row until it names the files that were marked before."""

Mark = tuple[int, int, int] | None


class Arrangements:
    """Reads the file again when it, or a file of a secret that it names, has changed. One `stat` for each of them a question."""

    def __init__(self, path: Path, around: Surroundings) -> None:
        self.path = path
        self.problem = ""
        """What is wrong with the file now, '' where nothing is; the last good arrangement then stays in force."""
        self.current = Arrangement()
        self._around = around
        self._files: tuple[Path, ...] = (path,)
        self._marks: tuple[Mark, ...] | None = None

    def refresh(self) -> bool:
        """Takes in what has changed; whether there was anything. Blocks on the disk."""
        if _marks(self._files) == self._marks:
            return False
        for _ in range(READS):
            # Marked before it is read: what is written meanwhile is read the next time.
            files, self._marks = self._files, _marks(self._files)
            self._read()
            if self._files == files:
                return True
        self._marks = None
        return True

    def _read(self) -> None:
        try:
            found = load(self.path, self._around)
        except BadSetting as error:
            named = error.detail.get("files")
            self._files = tuple(named) if isinstance(named, list) else (self.path,)
            if error.message != self.problem:
                log.warning("notify.toml cannot be used; what was in force stays so", why=error.message)
            self.problem = error.message
        else:
            kept = {name: _same(each, self.current.ways.get(name)) for name, each in found.ways.items()}
            self.current = Arrangement(kept, found.rules, found.files, found.inline)
            self._files, self.problem = found.files, ""


def _same(new: Way, old: Way | None) -> Way:
    """The way that is in use already, where the new one is no other: what it is doing goes on."""
    return old if old is not None and (old.type, old.given) == (new.type, new.given) else new


def _marks(files: Iterable[Path]) -> tuple[Mark, ...]:
    return tuple(_mark(path) for path in files)


def _mark(path: Path) -> Mark:
    """What changes when the file does; None where it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
