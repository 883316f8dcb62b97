"""Tokens: shown once, found by their text, worthless once revoked."""

from collections.abc import Callable

import pytest

from outrider.errors import Conflict, InvalidInput, NoSuchThing, OutriderError
from outrider.model.actor import Actor, Scope
from outrider.model.audit import AuditQuery
from outrider.store import Store, Token, Tokens
from outrider.store.database import Database


async def test_a_token_names_its_owner_until_it_is_revoked(database: Database, clock: Callable[[], int]) -> None:
    tokens = Tokens(database, clock=lambda: 7)
    phone = await tokens.create("phone", Scope.WRITE, "uid:1")
    await tokens.create("ci", Scope.READ, "uid:1")
    assert len(phone) == 43
    assert await tokens.find(phone) == Actor("token:phone", Scope.WRITE)
    assert await tokens.list() == (Token("ci", Scope.READ, 7), Token("phone", Scope.WRITE, 7))
    await tokens.revoke("phone", "uid:1")
    assert await tokens.find(phone) is None
    assert [await tokens.find(wrong) for wrong in ("", "\ud800", phone[:-1])] == [None] * 3


async def test_who_had_a_token_made_offered_or_ended_is_in_the_audit_and_nothing_that_was_refused(store: Store) -> None:
    tokens = Tokens(store.database, clock=lambda: 7)
    secret = await tokens.create("phone", Scope.WRITE, "uid:1")
    await tokens.offer("pad", Scope.READ, "token:phone")
    await tokens.revoke("phone", "uid:2")
    for refused in (
        tokens.create("-", Scope.READ, "uid:3"),
        tokens.offer("-", Scope.READ, "uid:3"),
        tokens.revoke("x", "uid:3"),
    ):
        with pytest.raises(OutriderError):
            await refused
    rows, _ = await store.audit(AuditQuery(since=0))
    assert [(entry.row.actor, entry.row.action, entry.row.data) for entry in rows] == [
        ("uid:1", "token_create", {"name": "phone", "scope": "write"}),
        ("token:phone", "token_link", {"name": "pad", "scope": "read"}),
        ("uid:2", "token_revoke", {"name": "phone"}),
    ]
    assert secret not in str(rows)


async def test_the_file_does_not_hold_the_token(database: Database) -> None:
    token = await Tokens(database, clock=lambda: 1).create("phone", Scope.ADMIN, "uid:1")
    assert all(token.encode() not in file.read_bytes() for file in database.path.parent.iterdir())


async def test_a_bad_taken_or_unknown_name_gets_a_sentence(database: Database) -> None:
    tokens = Tokens(database, clock=lambda: 1, random=bytes)
    await tokens.create("phone", Scope.READ, "uid:1")
    with pytest.raises(Conflict, match="a token named 'phone' already"):
        await tokens.create("phone", Scope.ADMIN, "uid:1")
    for name in ("", "my phone", "a/b", "x" * 65, "-x"):
        with pytest.raises(InvalidInput, match="cannot be used"):
            await tokens.create(name, Scope.READ, "uid:1")
    with pytest.raises(NoSuchThing, match="no token named 'pad'"):
        await tokens.revoke("pad", "uid:1")
