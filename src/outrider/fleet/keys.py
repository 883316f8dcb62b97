"""The file of the fleet's keys: made where it is missing, read again when it was changed."""

import os
import secrets
from pathlib import Path

from outrider.errors import BadSetting
from outrider.logic.seal import keys_in

HEAD = "# The fleet's keys, one a line. The first one seals; all of them are believed. Keep it to yourself.\n"

Stamp = tuple[int, int, int, int]


class KeyFile:
    """The keys as they stand on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: Stamp | None = None

    def make(self) -> bool:
        """Makes the file with one new key, where there is none; whether it did."""
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        except OSError as error:
            raise BadSetting(f"fleet.key_file: {self.path} cannot be made: {error.strerror}.") from error
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # made with its mode, in one step
            file.write(f"{HEAD}{secrets.token_hex(32)}\n")
        return True

    def read(self) -> list[str]:
        """The keys; BadSetting where there are none, or others than its owner could read them."""
        try:
            found = self.path.stat()
            # Also of one that cannot be used: it is told once, and read again when it was mended.
            self._stamp = _stamp(found)
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(
                f"fleet.key_file: {self.path} cannot be read ({error}). `outrider node invite`, on a node of the fleet, shows what to do."
            ) from error
        if found.st_mode & 0o077:
            raise BadSetting(f"fleet.key_file: {self.path} can be read by others; mend it with: chmod 600 {self.path}")
        if not (keys := keys_in(text)):
            raise BadSetting(f"fleet.key_file: {self.path} holds no key.")
        return keys

    def changed(self) -> bool:
        """Whether it is another file, or was written or closed to others, since it was read last."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return self._stamp != _stamp(found)


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode
