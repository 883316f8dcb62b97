"""Regions of a screen, found by structure."""

import re

import drawn
from outrider.logic.dialog import read
from outrider.logic.screen import Layout
from outrider.model.kind import Pick, Region, Side

ROWS = """
head
---
a 1
a 2
---
foot

"""
BOX = Region("box", fence=re.compile("---"), start=re.compile("a"), end=re.compile("---"), closed=True)


def texts(rows: str, *regions: Region) -> dict[str, str | None]:
    layout = Layout(drawn.screen(rows), regions)
    return {name: layout.text(name) for name in ("last", *(region.name for region in regions))}


def test_a_fenced_region_and_its_neighbours() -> None:
    above = Region("above", within="box", side=Side.ABOVE)
    below = Region("below", within="box", side=Side.BELOW)
    assert texts(ROWS, BOX, above, below) == {"last": "foot", "box": "a 1\na 2", "above": "head", "below": "foot"}


def test_a_region_that_is_not_closed_is_not_there_nor_are_its_neighbours() -> None:
    above = Region("above", within="box", side=Side.ABOVE)
    instead = Region("instead", without=("box",))
    found = texts("head\n---\na 1\n", BOX, above, instead)
    assert (found["box"], found["above"]) == (None, None)
    assert found["instead"] == "head\n---\na 1"


def test_first_last_and_open() -> None:
    rows = "x\na 1\ny\na 2\nz"
    assert texts(rows, Region("r", start=re.compile("a")))["r"] == "a 2\nz"
    assert texts(rows, Region("r", start=re.compile("a"), pick=Pick.FIRST, rows=2))["r"] == "a 1\ny"
    assert texts(rows, Region("r", start=re.compile("b")))["r"] is None
    assert texts(rows, Region("r", start=re.compile("b"), open=True))["r"] == rows


def test_a_run_ends_at_the_cursor_and_wrapped_rows_are_full() -> None:
    def found(pick: Pick, *rows: str, start: str = r"\$( |$)") -> str | None:
        region = Region("r", within="cursor", start=re.compile(start), pick=pick)
        layout = Layout(drawn.at_cursor(drawn.screen("\n".join(rows), width=10), len(rows) - 1), (region,))
        return layout.text("r")

    assert found(Pick.RUN, "$ old", "out", "$ a", "$ b") == "$ a\n$ b"
    assert found(Pick.RUN, "$ a", "out") is None
    assert found(Pick.WRAPPED, "$ old", "$ 34567890", "1234567890", "12") == "$ 34567890\n1234567890\n12"
    assert found(Pick.WRAPPED, "$ 345", "$ b") == "$ b"
    assert found(Pick.WRAPPED, "$ 34567890", "12 $ b") == "$ 34567890\n12 $ b", "a sign in what is typed is none"
    assert found(Pick.WRAPPED, "$ old", "out") is None


DIALOGS = (
    ("Old list:\n1. one\n2. two\n\nGo on?\n\n❯ 1. Yes\n  2. No", "Go on?", ("Yes", "No"), 0),
    (
        "│ Allow execution of [Shell]?   │\n│                  │\n│   1. Once        │\n│ ● 2. Never       │\n╰───╯",
        "Allow execution of [Shell]?",
        ("Once", "Never"),
        1,
    ),
    (
        "  ┃  Which one?\n  ┃\n  ┃  1. SQLite\n  ┃     One file\n  ┃  2. Redis\n",
        "Which one?",
        ("SQLite", "Redis"),
        None,
    ),
    ("Command\n\n$ ls\n\n› 1. Yes, proceed (y)", "$ ls", ("Yes, proceed (y)",), 0),
)


def test_dialogs() -> None:
    for text, question, options, marked in DIALOGS:
        found = read(text.split("\n"))
        assert found is not None, text
        assert (found.question, found.options, found.marked) == (question, options, marked), text


def test_no_dialog() -> None:
    for text in ("", "no options", "2. two\n3. three", "❯ Yes\n  No"):
        assert read(text.split("\n")) is None, text
