"""What aider leaves above its composer of what it took in, as 0.86.2 draws it."""

import pytest

from outrider.kinds.load import catalogue
from outrider.logic import echo

COMPOSER = catalogue(None).get("aider").composer
HEIGHT = 12
RULE, BELOW, EMPTY = "─" * 60, "░█  Waiting for openai/fake-model", "diff>"

LONG = [f"row {number} of a long text" for number in range(30)]


def above(*rows: str) -> list[str]:
    return [RULE, *(f"diff> {row}".rstrip() for row in rows)]


@pytest.mark.parametrize(
    ("rows", "text", "times"),
    [
        ([*above("go on"), "", BELOW], "go on", 1),
        # It is the composer: nothing stands below it.
        (above("go on"), "go on", 0),
        ([*above("go on"), "", "Done.", "", RULE, EMPTY], "go on", 1),
        ([*above("go on"), "", "Done.", "", *above("go on"), "", BELOW], "go on", 2),
        # What a person left of it, and what they put to it.
        ([*above("go"), "", BELOW], "go on", 0),
        ([*above("go on zzzz"), "", BELOW], "go on", 0),
        # Somebody had the screen cleared: that is the composer as it stood before.
        ([*above("go on"), "", "", *above("go on")[1:]], "go on", 0),
        ([*above("go on"), "", "", EMPTY], "go on", 0),
        ([*above("go on"), "", "", *above("go on")[1:], "", BELOW], "go on", 1),
        # Higher than the screen: only its end is drawn, and twice.
        ([*above(*LONG[-HEIGHT:], *LONG[-HEIGHT:]), "", BELOW], "\n".join(LONG), 1),
        ([*above(*LONG[-HEIGHT:-1]), "", BELOW], "\n".join(LONG), 0),
        # Rows that wrap, blank ones, and a tab.
        ([*above("one two thr", "ee", "", "a^Ib"), "", BELOW], "one two three\n\na\tb", 1),
    ],
)
def test_a_text_counts_where_all_of_it_and_nothing_else_stands_there(rows: list[str], text: str, times: int) -> None:
    assert echo.times(COMPOSER, rows, text, HEIGHT) == times


def test_as_many_rows_are_read_as_the_text_may_take() -> None:
    assert echo.reach("row\n" * 500) > 700
