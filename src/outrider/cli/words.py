"""How things read on a terminal: glyphs and colours of states, ages, aligned columns; nothing that could steer the terminal."""

import json
import re
import shutil
import sys
import textwrap
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

# state → (glyph, SGR code)
LOOKS: Mapping[str, tuple[str, str]] = {
    "initializing": ("◌", "36"),
    "reading": ("◔", "34"),
    "thinking": ("◑", "34"),
    "working": ("●", "34"),
    "testing": ("◕", "34"),
    "waiting": ("▲", "1;33"),
    "idle": ("○", "2"),
    "complete": ("✔", "32"),
    "stuck": ("■", "35"),
    "error": ("✖", "31"),
    "gone": ("†", "2"),
}
LEAST, LEAST_TEXT, WORD = 4, 8, 12
"""What a table's columns are given however narrow the terminal is: each, the last; and what a state or an age needs."""
UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def colours(environ: Mapping[str, str]) -> bool:
    """Whether to print colours: on a terminal that has them, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def plain(value: object) -> str:
    """The value as one line: control and direction characters, which screens hold, become blanks."""
    return CONTROL.sub(" ", "" if value is None else str(value)).strip()


def age(milliseconds: float) -> str:
    """`42s`, `3m`, `5h`, `2d`: whole units, rounded down."""
    seconds = max(0, int(milliseconds // 1000))
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), UNITS[-1])
    return f"{seconds // size}{unit}"


def since(at_ms: object) -> str:
    """How long ago a moment is."""
    return age(time.time() * 1000 - at_ms) if isinstance(at_ms, int | float) else ""


def clock(at_ms: object) -> str:
    """A moment in local time."""
    if not isinstance(at_ms, int | float):
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_ms / 1000))


def painted(text: str, look: str, *, colour: bool) -> str:
    """The text in the colour of a state (or of `gone`)."""
    return f"\x1b[{LOOKS[look][1]}m{text}\x1b[0m" if colour and look in LOOKS else text


def width(text: str) -> int:
    """Columns that the text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, columns: int) -> str:
    """The text, cut with an ellipsis to that many columns."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) >= columns:
            break
        kept += character
    return kept + "…"


def edge() -> int:
    """Columns of the terminal that is printed to; without end where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    looks: Sequence[str] = (),
    *,
    colour: bool = False,
    indent: str = "",
) -> str:
    """Aligned columns that fit the terminal. `looks` colours each row's second column as that state."""
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = fitted([max(map(width, column)) for column in zip(heads, *cells, strict=True)], edge() - len(indent))
    lines = []
    for number, row in enumerate([list(heads), *cells]):
        shown = [cut(cell, size) for cell, size in zip(row, widths, strict=True)]
        padded = [cell + " " * (size - width(cell)) for cell, size in zip(shown, widths, strict=True)]
        if number and looks:
            padded[1] = painted(padded[1], looks[number - 1], colour=colour)
        lines.append((indent + "  ".join(padded)).rstrip())
    return "\n".join(lines)


def fitted(widths: Sequence[int], columns: int) -> list[int]:
    """How wide each column may be. The widest give way first, all to the same width; before states and ages do, the last gives way,
    which is a text, and the first, by which things are named, as good as never."""
    first = min(widths[0], max(LEAST, columns // 2))
    room = columns - first - 2 * (len(widths) - 1)
    *middle, last = widths[1:] or [0]
    for size in range(max(widths), LEAST, -1):
        between = [min(size, each) for each in middle]
        if sum(between) + min(last, size if size >= WORD else LEAST_TEXT) <= room:
            return [first, *between, min(last, room - sum(between))][: len(widths)]
    return [first, *(min(LEAST, each) for each in widths[1:])]


def fields(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values below one another; empty values are left out."""
    shown = [(name, plain(value)) for name, value in pairs if value not in (None, "", [], {}, ())]
    wide = max((len(name) for name, _ in shown), default=0) + 2
    return "\n".join(f"{name:<{wide}}{wrapped(value, wide)}" for name, value in shown)


def wrapped(text: str, indent: int) -> str:
    """The text, on a terminal in lines that begin below one another, so far in; what has no blank is not broken."""
    size = max(20, edge() - indent)
    if width(text) <= size:
        return text
    lines = textwrap.wrap(text, size, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)


def as_json(value: object) -> str:
    """Indented on a terminal, one line elsewhere; always ASCII-safe for what screens may hold."""
    try:
        text = json.dumps(value, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
