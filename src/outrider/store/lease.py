"""One daemon per data directory and per tmux server: a lock that dies with its holder."""

import fcntl
import json
import os
from pathlib import Path

from outrider.errors import Conflict, StoreError


class Lease:
    """A lock on a file, held until `release` or the end of the process. The file stays; who holds it is written in it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Use `acquire`."""
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, path: Path, what: str, *, url: str = "") -> "Lease":
        """Takes the lock at once or raises Conflict, which names who has `what` (`the tmux server "outrider"`).

        `url` is where this daemon answers; `announce` tells it later. The file's directory must be there.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StoreError(f"The lock {path} cannot be opened: {error.strerror}.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(os.pread(descriptor, 4096, 0))
            os.close(descriptor)
            raise Conflict(
                f"Another Outrider daemon has {what}: {holder}. Stop it first, or choose another data directory (--data) "
                "or tmux socket (--tmux-socket).",
                detail={"lock": str(path)},
            ) from error
        lease = cls(path, descriptor)
        lease.announce(url)
        return lease

    def announce(self, url: str) -> None:
        """Writes into the file where this daemon answers."""
        if self._descriptor is not None:
            text = json.dumps({"pid": os.getpid(), "url": url}).encode()
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text, 0)

    def release(self) -> None:
        """Gives the lock up; idempotent."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _holder(text: bytes) -> str:
    try:
        noted = json.loads(text)
        address = f" at {noted['url']}" if noted["url"] else ""
        return f"process {noted['pid']}{address}"
    except (ValueError, LookupError, TypeError):  # it is just starting, or ending
        return "a process that has not said which"
