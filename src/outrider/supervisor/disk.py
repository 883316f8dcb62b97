"""The disk of the data directory."""

import os
from pathlib import Path


def free_mb(folder: Path) -> float | None:
    """The room on the disk that holds the folder, in MB; None where the system does not tell."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize / 1_000_000
