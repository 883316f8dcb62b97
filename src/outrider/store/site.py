"""Where a data directory lies: what tells it from every copy of it, on this machine and on others.

A copy of a directory has other places on the disk, and a copy of a whole disk runs on a machine that was started at another time.
Who holds the directory's lock and finds its own site somewhere knows that the daemon that wrote it there is gone.
"""

import hashlib
import platform
import uuid
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def site(directory: Path) -> str:
    """16 hexadecimal digits; others after the machine was started anew, or the directory was moved."""
    found = directory.stat()
    return hashlib.sha256(f"{_machine()} {found.st_dev} {found.st_ino}".encode()).hexdigest()[:16]


def _machine() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:  # not Linux
        return f"{platform.node()} {uuid.getnode()}"
