"""Which characters a command may hold: what shells, terminals and people read differently is refused."""

import re
import unicodedata

from outrider.logic.bash.tree import Unsure

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8}))"
)
_NAMED = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def check(text: str) -> None:
    """Refuses control characters, and those that cannot be seen or turn the direction of writing."""
    found = _CONTROL.search(text) or _SURROGATE.search(text)
    if found is not None:
        raise Unsure(f"it holds the control or invisible character U+{ord(found[0]):04X}")


def check_bare(text: str) -> None:
    """Outside quotes: letters, digits and symbols of any script, but no look-alikes of blanks, dashes and punctuation."""
    for character in text:
        if (
            ord(character) > 0x7F
            and unicodedata.category(character)[0] not in "LNM"
            and unicodedata.category(character) != "So"
        ):
            raise Unsure(f"{character!r} (U+{ord(character):04X}) looks like another character")


def ansi(text: str) -> str:
    """What `$'text'` stands for."""

    def decoded(match: re.Match[str]) -> str:
        name, octal, *hexes = match.groups()
        if name is not None:
            return _NAMED.get(name, name)
        code = int(octal, 8) & 0xFF if octal else int(next(each for each in hexes if each), 16)
        if not 0 < code <= 0x10FFFF:
            raise Unsure("a $'…' holds a character that does not exist")
        return chr(code)

    if re.search(r"\\c", text):
        raise Unsure("a $'…' holds a control character")
    found = _ESCAPE.sub(decoded, text)
    check(found)
    return found
