"""Quarters: what a spawned agent is given on the disk, for this spawn alone: a hook spool, and the files that point to it."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from outrider.errors import StoreError
from outrider.kinds.channels import catalogue
from outrider.kinds.channels.answer_line import CHANNELS, FOLDER
from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.logic.policy.rules import Policy
from outrider.model.kind import Kind
from outrider.supervisor.enclosure import Rooms


class Spool(Protocol):
    """Where hooks leave their calls."""

    def prepare(self, generation: str) -> Path: ...
    def drop(self, generation: str) -> None: ...


class Quarters:
    """Prepares and clears them; `folder` holds one directory a spawn, named for its token, with 0700."""

    def __init__(self, spool: Spool, folder: Path, wait_s: float = 0.0) -> None:
        """`wait_s` is how long hooks may wait for answers."""
        self._spool = spool
        self._folder = folder
        self._wait_s = wait_s

    def prepare(
        self, kind: Kind, generation: str, environ: Mapping[str, str], policy: Policy | None = None
    ) -> Furnishing:
        """What makes the agent report to its spool, written down; empty where its kind has no channel.

        `environ` is what the agent will have, `policy` what it runs under.
        StoreError where the disk does not take it; what was made then is for `clear`.
        """
        if kind.channel not in catalogue.CHANNELS:
            return Furnishing()
        folder = self._folder / generation
        try:
            spool = self._spool.prepare(generation)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            if kind.channel in CHANNELS:
                (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
            ground = Ground(folder.absolute(), spool.absolute(), environ, self._wait_s, policy)
            furnishing = catalogue.furnish(kind.channel, ground)
            for name, content in furnishing.files.items():
                _write(folder / name, content)
        except OSError as error:
            raise StoreError(
                "The agent was not started: what it needs cannot be written to "
                f"{error.filename or folder}: {error.strerror}."
            ) from error
        return furnishing

    def rooms(self, kind: Kind, generation: str) -> Rooms:
        """The folders that were prepared for that spawn: those its hooks write to, and the one that it reads."""
        if kind.channel not in catalogue.CHANNELS:
            return Rooms()
        folder = self._folder.absolute() / generation
        answers = (folder / FOLDER,) if kind.channel in CHANNELS else ()
        return Rooms((self._spool.prepare(generation).absolute(),), (folder,), answers)

    def furnished(self, generation: str) -> bool:
        """Whether that spawn was given something, so that it can be heard; not so where its agent would not have taken it."""
        folder = self._folder / generation
        return bool(generation) and folder.is_dir() and any(path.is_file() for path in folder.iterdir())

    def clear(self, generation: str) -> None:
        """Removes what was prepared for that spawn; nothing to remove is no error."""
        if generation:
            self._spool.drop(generation)
            shutil.rmtree(self._folder / generation, ignore_errors=True)


def _write(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
