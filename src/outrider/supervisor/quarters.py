"""Quarters: what a spawned agent is given on the disk, for this spawn alone: a hook spool, and the settings that point to it."""

import json
from pathlib import Path
from typing import Protocol

from outrider.errors import StoreError
from outrider.kinds.channels import claude_hooks
from outrider.model.kind import Kind

HEARING = "claude"


class Spool(Protocol):
    """Where hooks leave their calls."""

    def prepare(self, generation: str) -> Path: ...
    def drop(self, generation: str) -> None: ...


class Quarters:
    """Prepares and clears them; `folder` holds one settings file a spawn, named for its token."""

    def __init__(self, spool: Spool, folder: Path) -> None:
        self._spool = spool
        self._folder = folder

    def prepare(self, kind: Kind, generation: str) -> tuple[str, ...]:
        """The arguments that make the agent report to its spool; none where its kind has no hooks.

        StoreError where the disk does not take it; what was made then is for `clear`.
        """
        if kind.channel != HEARING:
            return ()
        path = self._folder / f"{generation}.json"
        try:
            spool = self._spool.prepare(generation)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(json.dumps(claude_hooks.settings(spool), indent=1), encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"The agent was not started: what it needs cannot be written to {error.filename or path}: {error.strerror}."
            ) from error
        return claude_hooks.argv(path)

    def clear(self, generation: str) -> None:
        """Removes what was prepared for that spawn; nothing to remove is no error."""
        if generation:
            self._spool.drop(generation)
            (self._folder / f"{generation}.json").unlink(missing_ok=True)
