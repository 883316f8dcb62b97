"""Screens as agents draw them, for tests: recorded ones by name, and made ones by their parts."""

import dataclasses
from functools import cache
from pathlib import Path

from outrider.kinds import cases
from outrider.kinds.load import catalogue
from outrider.logic.score import Case
from outrider.model.kind import Kind
from outrider.model.pane import Pane, PaneRef, Screen

SCREENS = Path(__file__).resolve().parent / "screens"
REF = PaneRef("test", 1, "%1")


@cache
def recorded() -> dict[str, Case]:
    """All recorded cases by id."""
    return {case.id: case for case in cases.load(SCREENS)}


@cache
def kind(name: str = "claude") -> Kind:
    """A packaged kind."""
    return catalogue(None).get(name)


def pane(*, command: str = "claude", title: str = "✳ Claude Code", width: int = 80, height: int = 24) -> Pane:
    """A living pane."""
    return Pane(REF, "s", 1, command, title, "/tmp", width, height, 2, height - 3)


def screen(text: str, *, at_ms: int = 0, width: int = 80, height: int = 24, title: str = "✳ Claude Code") -> Screen:
    """A screen with these rows at the top."""
    rows = text.strip("\n").split("\n")
    rows += [""] * (height - len(rows))
    return Screen(pane(width=width, height=height, title=title), tuple(rows[-height:]), at_ms)


def claude(
    above: str,
    *,
    draft: str = "",
    footer: str = "  ? for shortcuts",
    at_ms: int = 0,
    width: int = 80,
    title: str = "✳ Claude Code",
) -> Screen:
    """Claude Code with its composer: what stands above it, what is typed, and the footer."""
    rule = "─" * width
    typed = ("❯\xa0" + draft).split("\n")
    rows = [above.strip("\n"), "", rule, typed[0], *("  " + row for row in typed[1:]), rule, footer]
    return screen("\n".join(rows), at_ms=at_ms, width=width, title=title, height=40)


def at_cursor(seen: Screen, row: int) -> Screen:
    """The same screen, the cursor behind what stands in that row."""
    where = dataclasses.replace(seen.pane, cursor_x=len(seen.rows[row]), cursor_y=row)
    return dataclasses.replace(seen, pane=where)


def later(seen: Screen, at_ms: int) -> Screen:
    """The same screen, taken at another time."""
    return dataclasses.replace(seen, taken_ms=at_ms)
