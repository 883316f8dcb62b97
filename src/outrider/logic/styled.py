"""Rows with their colours: which of several words is drawn otherwise than the rest, as dialogs mark the one that Enter takes."""

import re
from collections.abc import Sequence

SGR = re.compile(r"\x1b\[([0-9;:]*)m")


def look_of(row: str, text: str) -> tuple[str, str, bool] | None:
    """How the text is drawn in a styled row: foreground, background, reversed; None where the row does not hold it in one piece."""
    plain, looks = "", []
    look = ("", "", False)
    at = 0
    for found in SGR.finditer(row):
        plain += row[at : found.start()]
        looks += [look] * (found.start() - at)
        look = _after(look, found[1])
        at = found.end()
    plain += row[at:]
    looks += [look] * (len(row) - at)
    place = plain.find(text)
    return looks[place] if place >= 0 and text else None


def odd(rows: Sequence[str], words: Sequence[str]) -> int | None:
    """The index of the one word that is drawn otherwise than all others; None where none stands out, or fewer than three are there.

    `rows` holds the styled row of each word.
    """
    looks = [look_of(row, word) for row, word in zip(rows, words, strict=True)]
    if len(looks) < 3 or None in looks:
        return None
    single = [index for index, look in enumerate(looks) if looks.count(look) == 1]
    return single[0] if len(single) == 1 and len(set(looks)) == 2 else None


def _after(look: tuple[str, str, bool], codes: str) -> tuple[str, str, bool]:
    front, back, reverse = look
    numbers = re.split(r"[;:]", codes)
    while numbers:
        code = numbers.pop(0)
        if code in ("", "0"):
            front, back, reverse = "", "", False
        elif code in ("7", "27"):
            reverse = code == "7"
        elif code in ("38", "48"):
            taken = 2 if numbers[:1] == ["5"] else 4
            value = ";".join(numbers[:taken])
            del numbers[:taken]
            front, back = (value, back) if code == "38" else (front, value)
        elif code == "39" or re.fullmatch(r"3[0-7]|9[0-7]", code):
            front = "" if code == "39" else code
        elif code == "49" or re.fullmatch(r"4[0-7]|10[0-7]", code):
            back = "" if code == "49" else code
    return front, back, reverse
