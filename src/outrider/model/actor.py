"""Who asks: the authenticated person or program behind a request."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What somebody may do; each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller: `name` is written into audits (`uid:1000`, `token:phone`)."""

    name: str
    scope: Scope
