"""How things read on a terminal."""

import pytest

from outrider.cli import words
from outrider.cli.look import overlap


@pytest.mark.parametrize(
    ("ms", "text"), [(-5, "0s"), (999, "0s"), (59_000, "59s"), (185_000, "3m"), (7_200_000, "2h"), (2e8, "2d")]
)
def test_age(ms: float, text: str) -> None:
    assert words.age(ms) == text


def test_nothing_that_is_shown_steers_the_terminal() -> None:
    assert words.plain("a\x1b]0;evil\x07b\r\nc\u202ed\x9b31m") == "a ]0;evil b c d 31m"


def test_wide_characters_are_aligned() -> None:
    lines = words.table(("A", "B"), [["日本", "x"], ["e\u0301", "y"]]).splitlines()
    assert lines == ["A     B", "日本  x", "e\u0301     y"]


@pytest.mark.parametrize(("text", "columns", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 4, "日…")])
def test_cut(text: str, columns: int, shown: str) -> None:
    assert words.cut(text, columns) == shown


def test_json_of_what_is_no_text() -> None:
    assert words.as_json({"a": "é"}) == '{"a": "é"}'
    assert words.as_json({"a": "\udcff"}) == '{"a": "\\udcff"}'


@pytest.mark.parametrize(
    ("before", "after", "size"), [("abc", "bcd", 2), ("abc", "xyz", 0), ("", "abc", 0), ("abc", "abc", 3)]
)
def test_overlap(before: str, after: str, size: int) -> None:
    assert overlap(list(before), list(after)) == size
