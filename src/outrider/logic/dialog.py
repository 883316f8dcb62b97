"""A dialog as drawn: a question and numbered options, one of them marked.

Agents draw them alike (`❯ 1. Yes`, `› 1. Yes, proceed (y)`, `● 1. Allow once`), some in a box; the box is taken off first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

OPTION = re.compile(r"^\s*(?P<mark>[❯›●>▶]\s*)?(?P<number>\d{1,2})[.)]\s+(?P<label>\S.*?)\s*$")
SIDES = "│┃|▌▐"
EDGES = SIDES + "█"
"""What may stand at the right of a row: the side of a box, or a scroll bar."""
DRAWN = re.compile(r"[─━═╌┄╭╮╰╯┌┐└┘▔▁▄▀│┃\s]*")
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Dialog:
    """What is asked and what can be answered; `marked` is the index of the option that Enter would take.

    `first` and `last` are the rows of the first and the last option.
    """

    question: str | None
    options: tuple[str, ...]
    marked: int | None
    first: int = 0
    last: int = 0


def read(rows: Sequence[str]) -> Dialog | None:
    """The last dialog in these rows, or None where no list of numbered options stands there."""
    bare = [plain(row) for row in rows]
    found = [(i, match) for i, row in enumerate(bare) if (match := OPTION.match(row))]
    run: list[tuple[int, re.Match[str]]] = []
    for i, match in reversed(found):
        if run and int(match["number"]) != int(run[-1][1]["number"]) - 1:
            break
        run.append((i, match))
    run.reverse()
    if not run or run[0][1]["number"] != "1":
        return None
    marked = next((n for n, (_, match) in enumerate(run) if match["mark"]), None)
    return Dialog(
        question=_question(bare[: run[0][0]]),
        options=tuple(match["label"] for _, match in run),
        marked=marked,
        first=run[0][0],
        last=run[-1][0],
    )


def plain(row: str) -> str:
    """The row without the sides of its box, and nothing of a row that only draws."""
    if DRAWN.fullmatch(row):
        return ""
    inner = row.strip()
    if inner[0] in SIDES:
        row = inner[1:]
    return row.rstrip().rstrip(EDGES).rstrip()


def _question(above: Sequence[str]) -> str | None:
    """The paragraph right above the options; where it asks nothing, the nearest one above that does."""
    paragraphs: list[str] = []
    words: list[str] = []
    for row in [*reversed(above), ""]:
        if row.strip():
            words.append(row.strip())
        elif words:
            paragraphs.append(" ".join(reversed(words)))
            words = []
        if len(paragraphs) >= 4:
            break
    asking = next((text for text in paragraphs if "?" in text), None)
    best = asking or (paragraphs[0] if paragraphs else None)
    return best[:LONGEST] if best else None
