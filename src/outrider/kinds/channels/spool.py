"""The hook spool: where hook calls of all spawns wait as files until they were made durable elsewhere.

A directory per spawn, named by its generation, holds `<pid>.<n>.<caller's pid>.json` files that `hook_line` renamed into
place (without the caller where it was not told); a file is an event from then until `discard`. So nothing is lost while the
daemon is away, and what it had not discarded when it died is told again. What is no event is set aside in `bad/`, so that nothing
is read twice in vain.
"""

import asyncio
import json
import os
import re
import shutil
import stat
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from outrider.errors import Unavailable
from outrider.kinds.channels.folders import Folders, open_folders
from outrider.logic.names import check_generation, is_generation
from outrider.model.hook import HookEvent

log = structlog.get_logger()

BAD = "bad"
LARGEST = 1 << 20  # bytes of one event
_KEPT_BAD = 100  # files set aside at most; more are removed
_BATCH = 256
_AGAIN_S = 1.0
_NAME = re.compile(r"(\d{1,20})\.(\d{1,9})(?:\.(\d{1,20}))?\.json")
_TEMPORARY = re.compile(r"\d{1,20}\.\d{1,9}\.tmp")


@dataclass(frozen=True, slots=True, order=True)
class _Lying:
    """A file that lies there; the order is the order in which the calls were written."""

    at_ns: int
    pid: int
    number: int
    generation: str
    name: str
    size: int

    @property
    def id(self) -> str:
        return f"{self.generation}/{self.name}"

    @property
    def speaker(self) -> int | None:
        match = _NAME.fullmatch(self.name)
        return int(match[3]) if match is not None and match[3] else None


class Spool:
    """All spawns' hook calls below `root`, which is made with 0700 where it is not there. Only one consumer of `batches`."""

    def __init__(self, root: Path, *, folders: Callable[[], Folders] = open_folders) -> None:
        self._root = root
        self._open = folders
        self._told: set[str] = set()

    def prepare(self, generation: str) -> Path:
        """The spawn's own directory, made with 0700. InvalidInput where the generation is none; Unavailable where
        the directory cannot be made or belongs to somebody else."""
        check_generation(generation)
        _make_private(self._root)
        folder = self._root / generation
        _make_private(folder)
        return folder

    def drop(self, generation: str) -> None:
        """Removes the spawn's directory and what lies in it; nothing where there is none."""
        check_generation(generation)
        shutil.rmtree(self._root / generation, ignore_errors=True)
        self._told = {told for told in self._told if not told.startswith(f"{generation}/")}

    def discard(self, events: Iterable[HookEvent]) -> None:
        """Removes the files of events that the caller has made durable; they would be told again otherwise."""
        for event in events:
            generation, _, name = event.id.partition("/")
            if not is_generation(generation) or not _NAME.fullmatch(name):
                continue
            try:
                with suppress(FileNotFoundError):
                    os.unlink(self._path(generation, name))  # noqa: PTH108
            except OSError as error:
                log.warning("a hook call cannot be removed from the spool", id=event.id, why=str(error))
            else:
                self._told.discard(event.id)

    def _path(self, generation: str, name: str) -> str:
        """Words, not a Path: that interns its every part, and these names come and go by the hundred thousand. The table of interned words
        would be made anew again and again for it, 2 MB each time."""
        return f"{self._root}/{generation}/{name}"

    async def batches(self) -> AsyncGenerator[tuple[HookEvent, ...], None]:
        """What lies there already, in the order it was written, then what arrives; never empty, for ever.

        An event's `generation` is the directory's name, whatever the call itself says. Each is told once in a run of `batches`.
        """
        self._told.clear()
        folders = self._open()
        try:
            here = await self._folders()
            while True:
                folders.watch(here)
                dirty = await folders.changed()
                for batch in self._take(dirty):
                    yield batch
                    await asyncio.sleep(0)
                if self._root in dirty or not all(folder.is_dir() for folder in dirty):
                    here = await self._folders()
        finally:
            folders.close()

    async def _folders(self) -> set[Path]:
        """The root and every spawn's directory; waits while the root cannot be made."""
        while True:
            try:
                _make_private(self._root)
                with os.scandir(self._root) as entries:
                    return {self._root} | {
                        Path(entry.path)
                        for entry in entries
                        if is_generation(entry.name) and entry.is_dir(follow_symlinks=False)
                    }
            except (OSError, Unavailable) as error:
                log.warning("the hook spool cannot be read", path=str(self._root), why=str(error))
                await asyncio.sleep(_AGAIN_S)

    def _take(self, folders: Collection[Path]) -> Iterator[tuple[HookEvent, ...]]:
        lying = sorted(one for folder in folders if folder != self._root for one in self._lying(folder))
        for start in range(0, len(lying), _BATCH):
            read = (self._read(one) for one in lying[start : start + _BATCH])
            if batch := tuple(event for event in read if event is not None):
                self._told.update(event.id for event in batch)
                yield batch

    def _lying(self, folder: Path) -> Iterator[_Lying]:
        """The events in a spawn's directory that were not told yet; sets aside what does not belong there."""
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError:
            return  # it went; the next look at the root knows
        for entry in found:
            match = _NAME.fullmatch(entry.name)
            if f"{folder.name}/{entry.name}" in self._told or _TEMPORARY.fullmatch(entry.name):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if match is None or not stat.S_ISREG(status.st_mode):
                self._set_aside(folder.name, entry.name, "not a hook call")
            elif status.st_size > LARGEST:
                self._set_aside(folder.name, entry.name, f"larger than {LARGEST} bytes")
            else:
                yield _Lying(status.st_mtime_ns, int(match[1]), int(match[2]), folder.name, entry.name, status.st_size)

    def _read(self, one: _Lying) -> HookEvent | None:
        try:
            with open(self._path(one.generation, one.name), "rb") as file:  # noqa: PTH123
                payload = json.loads(file.read())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            self._set_aside(one.generation, one.name, f"cannot be read: {error}")
            return None
        name = payload.get("hook_event_name") if isinstance(payload, dict) else None
        if not isinstance(name, str):
            self._set_aside(one.generation, one.name, "names no hook event")
            return None
        return HookEvent(one.id, one.generation, name, one.at_ns // 1_000_000, payload, one.speaker)

    def _set_aside(self, generation: str, name: str, why: str) -> None:
        """Moves a file to `bad/`; where that cannot be done it is left and not looked at again by this Spool."""
        path = self._root / generation / name
        log.warning("a file in the hook spool is set aside", path=str(path), why=why)
        bad = self._root / BAD
        try:
            _make_private(bad)
            if sum(1 for _ in bad.iterdir()) >= _KEPT_BAD and not path.is_dir():
                path.unlink()
            else:
                path.rename(_free(bad, f"{generation}-{name}"))
        except FileNotFoundError:
            return
        except (OSError, Unavailable) as error:
            log.warning("a file in the hook spool cannot be set aside", path=str(path), why=str(error))
            self._told.add(f"{generation}/{name}")


def _free(folder: Path, name: str) -> Path:
    number = 0
    while (path := folder / (f"{name}.{number}" if number else name)).exists():
        number += 1
    return path


def _make_private(folder: Path) -> None:
    """The directory and those above it that are missing, with 0700. Unavailable where it would not be ours alone."""
    try:
        if not folder.parent.exists():
            _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise Unavailable(
                f"The hook spool's directory {folder} is not ours; remove it, or choose another data directory."
            )
        if stat.S_IMODE(status.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise Unavailable(f"The hook spool's directory {folder} cannot be made: {error.strerror}.") from error
