"""From words to arguments: braces, HOME and PWD, the variable of a loop; everything else stays a hole or a glob."""

from collections.abc import Mapping
from itertools import pairwise

from outrider.logic.bash.tree import Part, Sort, Unsure, Word
from outrider.logic.policy.runs import HOLE, Arg

MOST = 256
BRACES = 12
Atom = tuple[str, str]  # a bare character, or a piece: ("", text) bare, else (kind, text)


def arguments(word: Word, known: Mapping[str, Arg]) -> tuple[Arg, ...]:
    """What the word becomes; several where it has braces. `known` are variables."""
    if not any(part.sort is Sort.BARE and "{" in part.text for part in word.parts):
        return (_joined(word.parts, known),)
    if sum(part.text.count("{") for part in word.parts if part.sort is Sort.BARE) > BRACES:
        raise Unsure("a word has too many braces")
    parts = [
        Part(part.sort, character, part.inner)
        for part in word.parts
        for character in (part.text if part.sort is Sort.BARE else [part.text])
    ]
    return tuple(_joined(each, known) for each in _braces(parts))


def _braces(parts: list[Part]) -> list[list[Part]]:
    """`a{b,c}d` as its alternatives, `{1..3}` as a hole; what is no brace expansion stays."""
    begin = next((i for i, part in enumerate(parts) if _is(part, "{")), None)
    while begin is not None:
        found = _closing(parts, begin)
        if found is not None:
            commas, end = found
            heads, tails = parts[:begin], _braces(parts[end + 1 :])
            if commas:
                middles = [each for a, b in pairwise([begin, *commas, end]) for each in _braces(parts[a + 1 : b])]
            else:
                middles = [[Part(Sort.UNKNOWN, "")]]
            if len(middles) * len(tails) > MOST:
                raise Unsure("a brace expansion makes too many words")
            return [[*heads, *middle, *tail] for middle in middles for tail in tails]
        begin = next((i for i, part in enumerate(parts) if i > begin and _is(part, "{")), None)
    return [parts]


def _closing(parts: list[Part], begin: int) -> tuple[list[int], int] | None:
    """Where the commas and the end of the brace are; None where it expands to nothing else."""
    depth, commas = 0, []
    for at in range(begin, len(parts)):
        depth += _is(parts[at], "{") - _is(parts[at], "}")
        if depth == 1 and _is(parts[at], ","):
            commas.append(at)
        if depth == 0:
            inside = "".join(part.text for part in parts[begin + 1 : at])
            return (commas, at) if commas or ".." in inside else None
    return None


def _is(part: Part, character: str) -> bool:
    return part.sort is Sort.BARE and part.text == character


def _joined(parts: "tuple[Part, ...] | list[Part]", known: Mapping[str, Arg]) -> Arg:
    text, sure, pattern, pipe = "", True, False, False
    for part in parts:
        match part.sort:
            case Sort.TEXT | Sort.BARE:
                text += part.text
            case Sort.GLOB:
                text += part.text
                pattern = True
            case Sort.PIPE:
                pipe = True
            case Sort.VARIABLE if part.text in known:
                arg = known[part.text]
                text, sure, pattern = text + arg.text, sure and arg.known, pattern or arg.pattern
            case _:
                text, sure = text + HOLE, False
    return Arg(text, sure, pattern, pipe)
