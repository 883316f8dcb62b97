"""Seals: what opens, and what does not."""

from itertools import pairwise

import pytest

from outrider.errors import BadSetting
from outrider.logic.seal import Seal, keys_in

OLD, NEW = "the old key of the fleet", "the new key of the fleet"


@pytest.mark.parametrize("body", ["", "a.b.c", "line\nline", '{"ü":1}', "\udc80"])
def test_what_was_sealed_opens_for_its_purpose_alone(body: str) -> None:
    seal = Seal([OLD])
    sealed = seal.close("letter to north", body)
    assert seal.open("letter to north", sealed) == body
    assert seal.open("letter to south", sealed) is None
    assert Seal([NEW]).open("letter to north", sealed) is None


@pytest.mark.parametrize("sealed", ["", "body", ".body", f"{'0' * 64}.body"])
def test_what_bears_no_seal_does_not_open(sealed: str) -> None:
    assert Seal([OLD]).open("letter", sealed) is None


def test_keys_are_changed_without_a_moment_in_which_somebody_is_not_understood() -> None:
    steps = ([OLD], [OLD, NEW], [NEW, OLD], [NEW])
    for before, after in pairwise(steps):
        for one, other in ((Seal(before), Seal(after)), (Seal(after), Seal(before))):
            assert other.open("letter", one.close("letter", "hello")) == "hello"


def test_a_key_that_can_be_guessed_is_refused() -> None:
    for keys in ([], ["short"], [OLD, "short"]):
        with pytest.raises(BadSetting):
            Seal(keys)


def test_a_key_file_has_a_key_a_line() -> None:
    assert keys_in(f"# ours\n{NEW}\n\n  {OLD}  \n") == [NEW, OLD]
