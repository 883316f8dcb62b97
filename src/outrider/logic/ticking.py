"""Ticking a box in a spec: which item is meant, and the text with that one box ticked and every other byte as it was."""

import re

from outrider.errors import Conflict, InvalidInput, NoSuchThing
from outrider.logic.progress import Item, Spec

_LINE = re.compile(rb"(\r\n|\r|\n)")
# What may stand before a box on its line: the signs of lists and quotes that it lies in.
_OPEN_BOX = re.compile(rb"(?:\xef\xbb\xbf)?[ \t>*+\-.)0-9]*\[( )\](?=[ \t])")
_SHOWN = 5


def chosen(spec: Spec, wanted: str) -> Item:
    """The item meant by a number (from 1, as they are listed), by its text, or by the beginning of its text.

    NoSuchThing where there is none; InvalidInput where several begin so.
    """
    wanted = " ".join(wanted.split())
    if wanted.isdecimal() and 0 < int(wanted) <= len(spec.items):
        return spec.items[int(wanted) - 1]
    said = wanted.casefold()
    for found in (
        [item for item in spec.items if " ".join(item.text.split()).casefold() == said],
        [item for item in spec.items if said and " ".join(item.text.split()).casefold().startswith(said)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            shown = "; ".join(f"{spec.items.index(item) + 1}: {item.text}" for item in found[:_SHOWN])
            raise InvalidInput(
                f"{len(found)} items begin with {wanted!r}. Give the number of one: {shown}.", detail={"field": "item"}
            )
    raise NoSuchThing(
        f"No item is {wanted!r}; there are {len(spec.items)}. `outrider progress SESSION` lists them with their numbers.",
        detail={"item": wanted},
    )


def ticked(data: bytes, item: Item) -> bytes:
    """The file's bytes with the item's box ticked. InvalidInput where it has no box, Conflict where it is ticked already."""
    if not item.box:
        raise InvalidInput(f"{item.text!r} is a row of a table; only boxes ([ ]) can be ticked.")
    # Lines and what ends them in turn, so that joined they are the file again.
    parts = _LINE.split(data)
    place = 2 * (item.line - 1)
    box = _OPEN_BOX.match(parts[place]) if place < len(parts) else None
    if box is None:
        if item.share >= 1:
            raise Conflict(f"{item.text!r} is ticked already.", detail={"line": item.line})
        raise Conflict(f"Line {item.line} has no open box any more; look again.", detail={"line": item.line})
    line = parts[place]
    parts[place] = line[: box.start(1)] + b"x" + line[box.end(1) :]
    return b"".join(parts)
