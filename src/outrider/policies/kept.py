"""The last good text of each policy file that agents run under, kept in the data directory: it outlives the daemon."""

import hashlib
import os
from collections.abc import Collection
from pathlib import Path

import structlog

from outrider.errors import BadSetting
from outrider.logic.policy.rules import Policy
from outrider.policies.file import read
from outrider.policies.load import SUFFIX, parse

log = structlog.get_logger()


class Kept:
    """Texts by the path of the file that they were in. What the disk does not take is told in the log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, text: str) -> None:
        """Keeps it, whole or not at all."""
        path = self._path(name)
        beside = path.with_suffix(".tmp")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.is_file() and read(path) == text:
                return
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
        except (OSError, ValueError) as error:
            log.warning("a policy is not kept for the next start", policy=name, why=str(error))

    def get(self, name: str) -> Policy | None:
        """The policy in the text that was kept; its rules say that they are in the file, as they were. None where there is none."""
        try:
            return parse(read(self._path(name)), name)
        except (OSError, ValueError, BadSetting):
            return None

    def trim(self, names: Collection[str]) -> None:
        """Forgets all others."""
        wanted = {self._path(name).name for name in names}
        try:
            for path in list(self._folder.glob(f"*{SUFFIX}")):
                if path.name not in wanted:
                    path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("policies that nobody runs under were not removed", why=str(error))

    def _path(self, name: str) -> Path:
        return self._folder / f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}{SUFFIX}"
