"""Tokens for those who are not the same user on the same machine; only their digests are kept.

Who had one made, offered or ended is in the audit: the row is written in the transaction that does it.
"""

import base64
import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from outrider.errors import Conflict, InvalidInput, NoSuchThing
from outrider.model.actor import TOKEN, Actor, Scope
from outrider.model.audit import AuditRow
from outrider.store import audit as audits
from outrider.store.database import Database

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it can be listed: who it is for, what it may, when (ms) it was made."""

    name: str
    scope: Scope
    created_ms: int


class Tokens:
    """The tokens of one node. `clock` gives Unix ms, `random` that many random bytes."""

    def __init__(
        self, database: Database, *, clock: Callable[[], int], random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._database = database
        self._clock = clock
        self._random = random

    async def create(self, name: str, scope: Scope, by: str) -> str:
        """A new token, to be shown once: it is stored nowhere. Conflict where the name is taken, InvalidInput where it is bad.

        `by` is the name of the actor who had it made.
        """
        _check(name)
        token = base64.urlsafe_b64encode(self._random(32)).rstrip(b"=").decode()
        row = (name, scope.value, _digest(token), self._clock())

        def work(connection: sqlite3.Connection) -> None:
            _free(connection, name)
            connection.execute("INSERT INTO tokens (name, scope, digest, created_ms) VALUES (?, ?, ?, ?)", row)
            audits.add(connection, self._row(by, "token_create", name=name, scope=scope.value))

        await self._database.write(work, durable=True)
        return token

    async def offer(self, name: str, scope: Scope, by: str) -> None:
        """Writes down that a link was made which gives such a token; errors as `create` has them."""
        _check(name)

        def work(connection: sqlite3.Connection) -> None:
            _free(connection, name)
            audits.add(connection, self._row(by, "token_link", name=name, scope=scope.value))

        await self._database.write(work, durable=True)

    async def find(self, token: str) -> Actor | None:
        """Who has this token (`token:NAME`), or None. Takes the same time for every wrong one."""
        digest = _digest(token)
        rows = await self._database.read(lambda conn: conn.execute("SELECT name, scope, digest FROM tokens").fetchall())
        found = [Actor(TOKEN + name, Scope(scope)) for name, scope, kept in rows if hmac.compare_digest(kept, digest)]
        return found[0] if found else None

    async def list(self) -> tuple[Token, ...]:
        """All tokens, in order of their names."""
        query = "SELECT name, scope, created_ms FROM tokens ORDER BY name"
        rows = await self._database.read(lambda connection: connection.execute(query).fetchall())
        return tuple(Token(name, Scope(scope), created_ms) for name, scope, created_ms in rows)

    async def revoke(self, name: str, by: str) -> None:
        """Makes the token worthless from now on. NoSuchThing where there is none of that name."""

        def work(connection: sqlite3.Connection) -> None:
            if connection.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount == 0:
                raise NoSuchThing(f"There is no token named {name!r}.")
            audits.add(connection, self._row(by, "token_revoke", name=name))

        await self._database.write(work, durable=True)

    def _row(self, by: str, action: str, **data: str) -> AuditRow:
        return AuditRow(self._clock(), by, action, "", data)


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"The token's name {name!r} cannot be used: up to 64 letters, digits, dots, dashes and underscores, "
            "the first a letter or digit."
        )


def _free(connection: sqlite3.Connection, name: str) -> None:
    if connection.execute("SELECT 1 FROM tokens WHERE name = ?", (name,)).fetchone():
        raise Conflict(f"There is a token named {name!r} already: revoke it first, or choose another name.")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
