"""The text of a policy file: read to its end without waiting for anybody, or refused."""

import os
import stat
from pathlib import Path

LARGEST = 1 << 20
"""Bytes of a policy file that is read: the daemon reads it between other things."""


def read(path: Path) -> str:
    """The text of the file. OSError, or ValueError with what is wrong: a pipe or a device would be read for ever."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"it is {'a directory' if stat.S_ISDIR(status.st_mode) else 'no regular file'}")
        data = os.pread(handle, LARGEST + 1, 0)
    finally:
        os.close(handle)
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST >> 20} MB")
    return data.decode("utf-8")
