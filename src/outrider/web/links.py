"""One-time links: whoever opens one first is let in, and nobody after. Kept in memory: a restart ends those that are open."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from outrider.errors import TooMany
from outrider.model.actor import Scope

LIFE_MS = 10 * 60_000
MOST = 100
"""Links that may be open at once."""


@dataclass(frozen=True, slots=True)
class Link:
    """What an open link lets in: the name and the scope of the token that its opener gets, who had it made, until when (ms)."""

    name: str
    scope: Scope
    by: str
    expires_ms: int


class Links:
    """The links that are open. `clock` gives Unix ms, `random` a text made of that many random bytes."""

    def __init__(self, clock: Callable[[], int], random: Callable[[int], str] = secrets.token_urlsafe) -> None:
        self._clock = clock
        self._random = random
        self._open: dict[bytes, Link] = {}

    def make(self, name: str, scope: Scope, by: str) -> tuple[str, Link]:
        """A new link's code, which is kept nowhere. TooMany where MOST are open."""
        now = self._clock()
        self._open = {digest: link for digest, link in self._open.items() if link.expires_ms > now}
        if len(self._open) >= MOST:
            raise TooMany(f"{MOST} login links are open; each ends {LIFE_MS // 60_000} minutes after it was made.")
        code, link = self._random(32), Link(name, scope, by, now + LIFE_MS)
        self._open[_digest(code)] = link
        return code, link

    def redeem(self, code: str) -> Link | None:
        """The link of that code, which is used up by it; None where there is none, or none any more."""
        link = self._open.pop(_digest(code), None)
        return link if link is not None and link.expires_ms > self._clock() else None

    def reopen(self, code: str, link: Link) -> None:
        """Undoes `redeem`, where nothing came of it."""
        self._open[_digest(code)] = link


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "replace")).digest()
