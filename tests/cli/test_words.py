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


@pytest.mark.parametrize(
    ("widths", "columns", "given"),
    [
        ([5, 4, 9], 80, [5, 4, 9]),
        ([5, 4, 90], 30, [5, 4, 17]),
        ([5, 40, 90, 3], 60, [5, 23, 23, 3]),
        ([5, 40, 3, 90], 60, [5, 23, 3, 23]),
        ([37, 10, 5, 90], 70, [35, 10, 5, 14]),
        ([37, 10, 5, 4, 5, 90], 80, [37, 10, 5, 4, 5, 9]),
        ([7], 80, [7]),
        ([90, 4, 9], 40, [20, 4, 9]),
        ([90, 40, 40], 10, [5, 4, 4]),
    ],
)
def test_columns_that_do_not_fit_give_way(widths: list[int], columns: int, given: list[int]) -> None:
    assert words.fitted(widths, columns) == given


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
