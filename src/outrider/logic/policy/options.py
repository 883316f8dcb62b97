"""Options of a program, told apart into those that are known to be harmless and the rest.

A specification is a line of words: `-q` and `--quiet` are flags, `-o=` and `--out=` take a value, `-jar!` takes one and ends
the options, `-W*` is any word of that form (`*` is letters, digits and `.,:+/@%=_-`), `**` anything; `/…/` is a pattern
for a whole word. `!--python=*/*` refuses an option with that value. `--*` alone: long flags without a value are harmless, whatever
their name. A leading `^`: the options end at the first other word; a leading `~`: what has one dash is one name, not several letters.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PLAIN = r"[\w.,:+/@%=-]*"
# A path behind a colon, comma or equals sign that leads out of the work tree.
_HIDDEN = re.compile(r"[:=,;](/(?!/)|~|\.\.(/|$))")


@dataclass(frozen=True, slots=True)
class Spec:
    """A specification that was read."""

    flags: frozenset[str]
    values: frozenset[str]
    last: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]
    refused: tuple[re.Pattern[str], ...]
    any_flag: bool
    leading: bool
    letters: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What was given: the first option that is not known to be harmless, or empty, and the other words."""

    unknown: str
    operands: tuple[str, ...]


def spec(text: str) -> Spec:
    """Reads a specification."""
    words = text.split()
    known = [word for word in words if not word.startswith("!") and word not in ("^", "~", "--*")]
    patterns = [word for word in known if "*" in word or word.startswith("/")]
    plain = [word for word in known if word not in patterns]
    return Spec(
        frozenset(word for word in plain if word[-1] not in "=!"),
        frozenset(word[:-1] for word in plain if word.endswith("=")),
        frozenset(word[:-1] for word in plain if word.endswith("!")),
        tuple(map(_pattern, patterns)),
        tuple(_pattern(word[1:]) for word in words if word.startswith("!")),
        "--*" in words,
        "^" in words,
        "~" not in words,
    )


def _pattern(word: str) -> re.Pattern[str]:
    if word.startswith("/"):
        return re.compile(word.strip("/"), re.DOTALL)
    parts = re.split(r"(\*\*?)", word)
    return re.compile("".join({"*": _PLAIN, "**": ".*"}.get(part, re.escape(part)) for part in parts), re.DOTALL)


def read(words: Iterable[str], known: Spec) -> Read:
    """Looks at the words as far as they are the program's own: up to `--`, or the first other word where options lead."""
    rest, operands = list(words), list[str]()
    while rest:
        word = rest.pop(0)
        if word == "--":
            return Read("", (*operands, *rest))
        if word == "-" or not word.startswith("-"):
            operands.append(word)
            if known.leading:
                return Read("", (*operands, *rest))
            continue
        value = _taken(word, known)
        if value is None:
            return Read(word, tuple(operands))
        given = word
        if value and rest:
            given = f"{word}={rest.pop(0)}"
        if _HIDDEN.search(given) or any(each.fullmatch(given) for each in known.refused):
            return Read(given, tuple(operands))
        name = word.partition("=")[0]
        if name in known.last:
            return Read("", (*operands, *rest))
    return Read("", tuple(operands))


def _taken(word: str, known: Spec) -> bool | None:
    """Whether the next word is the option's value; None where the option is not known."""
    name, equals, _ = word.partition("=")
    taking = known.values | known.last
    if word in known.flags:
        return False
    if name in taking:
        return not equals
    if any(each.fullmatch(word) for each in known.patterns):
        return False
    if word.startswith("--"):
        return False if known.any_flag and not equals and re.fullmatch(r"--[\w-]+", word) else None
    if not known.letters:
        return False if len(word) > 2 and word[:2] in taking and word[2:].isdigit() else None
    for at, letter in enumerate(word[1:], 1):
        if f"-{letter}" in taking:
            return at == len(word) - 1
        if f"-{letter}" not in known.flags:
            return None
    return False
