"""How many cells of a terminal a text takes."""

import re
import unicodedata
from functools import lru_cache

# Joiners, the form of composed characters, the direction of writing: drawn in no cell, dropped by some terminals, added by some programs.
FORMAT = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+")


def cells(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    # A row has few characters that differ, and mostly none that takes other than one cell.
    return len(text) + sum(beyond * text.count(char) for char in set(text) if (beyond := _beyond(char)))


@lru_cache(4096)
def _beyond(char: str) -> int:
    """How many cells more than one."""
    if unicodedata.combining(char) or FORMAT.match(char):
        return -1
    return 1 if unicodedata.east_asian_width(char) in "WF" else 0
