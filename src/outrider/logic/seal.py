"""Seals: a node believes what bears the fleet's key, for what it was sealed and for nothing else.

A sealed text is `digest.body`, where the digest is HMAC-SHA256 over the purpose and the body. The purpose names the kind of
message, its addressee and its place, so that what was said once cannot be said again elsewhere. Several keys are valid at a time
while they are changed: the first one seals, all of them open.
"""

import hmac
from collections.abc import Sequence

from outrider.errors import BadSetting

SHORTEST = 16
"""Characters that a key needs at least."""


class Seal:
    """The fleet's keys, in use."""

    def __init__(self, keys: Sequence[str]) -> None:
        """BadSetting where there is none, or one is so short that it can be guessed."""
        self._keys: tuple[bytes, ...] = ()
        self.changes = 0
        """How often the keys were changed: what is to be believed for long is sealed anew then."""
        self.change(keys)

    def change(self, keys: Sequence[str]) -> None:
        """Has these keys in place of those before; on BadSetting they stay."""
        if not keys or any(len(key) < SHORTEST for key in keys):
            raise BadSetting(
                f"A fleet's key has at least {SHORTEST} characters; `outrider node invite` shows how to share it."
            )
        self._keys = tuple(key.encode() for key in keys)
        self.changes += 1

    def close(self, purpose: str, body: str) -> str:
        """The body, sealed for that purpose."""
        return f"{_digest(self._keys[0], purpose, body)}.{body}"

    def open(self, purpose: str, sealed: str) -> str | None:
        """The body; None where no key of ours sealed it for that purpose."""
        told, dot, body = sealed.partition(".")
        if not dot:
            return None
        wanted = [_digest(key, purpose, body) for key in self._keys]
        return body if any(hmac.compare_digest(each, told) for each in wanted) else None


def keys_in(text: str) -> list[str]:
    """The keys that a key file holds: one a line; blank lines and those that begin with # are none."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _digest(key: bytes, purpose: str, body: str) -> str:
    return hmac.digest(key, f"{purpose}\n{body}".encode("utf-8", "surrogatepass"), "sha256").hex()
