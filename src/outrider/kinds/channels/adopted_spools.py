"""Spool directories for adopted agents whose user has our hooks in their own settings.

They are there only while the daemon runs: hooks of agents that nobody follows must not fill the disk.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from outrider.errors import OutriderError
from outrider.kinds.channels.folders import Folders, open_folders
from outrider.kinds.channels.user_hooks import PLACES, generation_of

log = structlog.get_logger()


class Spool(Protocol):
    """Where hooks leave their calls."""

    def prepare(self, generation: str) -> Path: ...
    def drop(self, generation: str) -> None: ...


class AdoptedSpools:
    """`kept` is the directory in which an installation leaves what stood in the user's settings before."""

    def __init__(self, spool: Spool, kept: Path, *, folders: Callable[[], Folders] = open_folders) -> None:
        self._spool = spool
        self._kept = kept
        self._open = folders

    async def run(self) -> None:
        """Opens them for the kinds that have hooks installed, also later, until it is cancelled."""
        opened: set[str] = set()
        folders = self._open()
        try:
            while True:
                self._make()
                folders.watch({self._kept})
                for kind in PLACES:
                    if kind not in opened and (self._kept / f"{kind}.json").is_file():
                        opened |= self._prepare(kind)
                await folders.changed()
        finally:
            folders.close()
            for kind in opened:
                self._spool.drop(generation_of(kind))

    def _make(self) -> None:
        try:
            self._kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            log.warning("the directory of installed hooks cannot be made", path=str(self._kept), why=str(error))

    def _prepare(self, kind: str) -> set[str]:
        try:
            self._spool.prepare(generation_of(kind))
        except OutriderError as error:
            log.warning("hooks of adopted agents cannot be heard", kind=kind, why=error.message)
            return set()
        return {kind}
