"""Who asks: the authenticated person or program behind a request."""

from dataclasses import dataclass
from enum import StrEnum

TOKEN = "token:"  # noqa: S105
"""What the name of somebody who came in with a token begins with; the token's own name follows."""


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
