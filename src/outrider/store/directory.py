"""The data directory: ours alone, or refused."""

import os
import stat
from pathlib import Path

from outrider.errors import StoreError

DATABASE = "outrider.db"
"""The database's file name in the data directory."""


def check_directory(path: Path, *, uid: int | None = None) -> None:
    """Makes sure that the data directory is there, belongs to `uid` (default: this process's user), and is closed to others.

    Makes it with mode 0700 where it is missing. One of ours that is open to others is closed, unless it holds other
    people's things. StoreError says what is wrong otherwise.
    """
    owner = os.geteuid() if uid is None else uid
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise StoreError(
            f"The data directory {path} cannot be made: {error.strerror}. Choose another with --data."
        ) from error
    if found.st_uid != owner:
        raise StoreError(
            f"The data directory {path} belongs to user {found.st_uid}, not to {owner}, who runs this: "
            "choose another with --data, or give it to yourself with chown."
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077 == 0:
        return
    names = {entry.name for entry in path.iterdir()}
    if names and DATABASE not in names:
        raise StoreError(
            f"The directory {path} is open to other users (mode {mode:04o}) and holds other files: "
            f"choose an empty one with --data, or close it with `chmod 700 {path}`."
        )
    path.chmod(0o700)
