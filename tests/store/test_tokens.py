"""Tokens: shown once, found by their text, worthless once revoked."""

from collections.abc import Callable

import pytest

from outrider.errors import Conflict, InvalidInput, NoSuchThing
from outrider.model.actor import Actor, Scope
from outrider.store import Token, Tokens
from outrider.store.database import Database


async def test_a_token_names_its_owner_until_it_is_revoked(database: Database, clock: Callable[[], int]) -> None:
    tokens = Tokens(database, clock=lambda: 7)
    phone = await tokens.create("phone", Scope.WRITE)
    await tokens.create("ci", Scope.READ)
    assert len(phone) == 43
    assert await tokens.find(phone) == Actor("token:phone", Scope.WRITE)
    assert await tokens.list() == (Token("ci", Scope.READ, 7), Token("phone", Scope.WRITE, 7))
    await tokens.revoke("phone")
    assert await tokens.find(phone) is None
    assert [await tokens.find(wrong) for wrong in ("", "\ud800", phone[:-1])] == [None] * 3


async def test_the_file_does_not_hold_the_token(database: Database) -> None:
    token = await Tokens(database, clock=lambda: 1).create("phone", Scope.ADMIN)
    assert all(token.encode() not in file.read_bytes() for file in database.path.parent.iterdir())


async def test_a_bad_taken_or_unknown_name_gets_a_sentence(database: Database) -> None:
    tokens = Tokens(database, clock=lambda: 1, random=bytes)
    await tokens.create("phone", Scope.READ)
    with pytest.raises(Conflict, match="a token named 'phone' already"):
        await tokens.create("phone", Scope.ADMIN)
    for name in ("", "my phone", "a/b", "x" * 65, "-x"):
        with pytest.raises(InvalidInput, match="cannot be used"):
            await tokens.create(name, Scope.READ)
    with pytest.raises(NoSuchThing, match="no token named 'pad'"):
        await tokens.revoke("pad")
