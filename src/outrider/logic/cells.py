"""How many cells of a terminal a text takes."""

import re
import unicodedata

# Joiners, the form of composed characters, the direction of writing: drawn in no cell, dropped by some terminals, added by some programs.
FORMAT = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+")


def cells(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char) or FORMAT.match(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
