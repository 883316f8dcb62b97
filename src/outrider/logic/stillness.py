"""What of a screen moves when an agent does: the rows without what goes on by itself, clocks and spinners."""

import re
from collections.abc import Sequence

from outrider.model.pane import Screen

# 12s, 1.5s, 2m 3s, 1h 4m, 00:12, (3s)
_CLOCK = re.compile(
    r"(?<![\w.])(?:\d+(?:\.\d+)? ?(?:ms|s|sec|m|min|h)\b[ ,]*)+|(?<![\w.:])\d{1,2}(?::\d\d){1,2}(?![\w:])"
)
_SPIN = re.compile(r"[\u2800-\u28ff·✢✳✶✻✽∗*●○◐◓◑◒◌⏺■⬝▪▫|/\\\-]+")
# A line that tells how to stop the agent is its busy line: words in it are jokes, only the tokens are news.
_BUSY = re.compile(r"\besc(?:ape)?\b.{0,12}\b(?:interrupt|cancel)", re.IGNORECASE)
_TOKENS = re.compile(r"[\d.,]+ ?[kKM]? tokens")


def essence(rows: Sequence[str]) -> int:
    """A number that stays the same while only clocks and spinners move."""
    return hash(tuple(_still(row) for row in rows))


def unclocked(row: str) -> str:
    """A row without the clocks in it."""
    return _CLOCK.sub(" ", row)


def worked(screen: Screen, before: Sequence[str]) -> bool:
    """Whether what moved since `before` can be work of a program that we know nothing of: not its clock, and not what is typed."""
    if len(screen.rows) != len(before):
        return True
    pairs = enumerate(zip(screen.rows, before, strict=True))
    return any(a != b and unclocked(a) != unclocked(b) for y, (a, b) in pairs if y != screen.pane.cursor_y)


def _still(row: str) -> str:
    if not row or row.isspace():
        return ""
    if _BUSY.search(row):
        return " ".join(_TOKENS.findall(row))
    return " ".join(_SPIN.sub(" ", unclocked(row)).split())
