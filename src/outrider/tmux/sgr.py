"""Rows of `capture-pane -e`: the same text without its escape sequences, or with each row standing for itself."""

import re
from collections.abc import Iterable

# What tmux writes into a capture: SGR, hyperlinks (OSC 8), and shifts to and from the line drawing set.
_ESCAPES = re.compile(r"\x1b\[[0-9;:]*m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x0e\x0f]")
_SGR = re.compile(r"\x1b\[([0-9;:]*)m")


def plain(row: str) -> str:
    """The row as a person reads it, trailing blanks cut."""
    return _ESCAPES.sub("", row).rstrip(" ")


def standing(rows: Iterable[str]) -> tuple[str, ...]:
    """The rows with the attributes that each takes over from the one above written at its start.

    tmux writes only what changes from cell to cell, across the ends of rows too: alone, a row would lose its colours.
    """
    carried = ""
    result = []
    for row in rows:
        result.append(carried + row)
        carried = _after(carried, row)
    return tuple(result)


def _after(carried: str, row: str) -> str:
    for found in _SGR.finditer(row):
        # A reset may be followed by attributes in the same sequence; what came before it no longer counts.
        reset = found.group(1) in ("", "0") or found.group(1).startswith("0;")
        carried = found.group() if reset else carried + found.group()
        carried = "" if found.group(1) in ("", "0") else carried
    return carried
