"""Time zones of this machine: where its agents' clock times are meant."""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL = Path("/etc/localtime")


def zones_of(environ: Mapping[str, str]) -> Callable[[str], tzinfo | None]:
    """Zones by their name, for a program with that environment; its own for an empty name, UTC where the machine says nothing.

    None for a name that the machine's zone files do not have.
    """
    own = _named(environ.get("TZ", "").removeprefix(":")) or _local()
    return lambda name: _named(name) if name else own


def _named(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, KeyError):  # unknown, or no name of a zone
        return None


def _local() -> tzinfo:
    try:
        with LOCAL.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC
