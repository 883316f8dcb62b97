"""Text into rows of a given number of cells, at word ends where there are any."""

import re
import unicodedata

TOKEN = re.compile(r" +|[^ ]+")


def cells(text: str) -> int:
    """How many cells a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def fold(text: str, width: int) -> list[str]:
    """The text's lines, folded; at least one row."""
    width = max(width, 4)
    return [row for line in text.split("\n") for row in _fold_line(line, width)]


def _fold_line(line: str, width: int) -> list[str]:
    rows: list[str] = []
    row = ""
    for token in TOKEN.findall(line):
        if cells(row + token) <= width:
            row += token
        elif token.startswith(" "):
            rows.append(row)
            row = ""
        else:
            if row:
                rows.append(row)
                row = ""
            for char in token:
                if cells(row + char) > width:
                    rows.append(row)
                    row = ""
                row += char
    return [*rows, row]
