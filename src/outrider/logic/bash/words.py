"""Words: quotes, expansions, substitutions. Read character by character; what shells read differently is refused.

A `Cursor` is the text and a position. The grammar (`grammar.py`) is built on this class, and gives it the one thing that
it cannot do itself: to read a whole script inside a substitution.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable

from outrider.logic.bash import letters
from outrider.logic.bash.tree import Node, Part, Sort, Unsure, Word

DEPTH = 30
PIECES = 2000  # of one word: nobody writes that many, and every piece costs
BREAKS = " \t\n;&|<>()"
_RUN = re.compile(r"""[^ \t\n;&|<>()\\'"$`*?\[!~=:]+""")
_QUOTED_RUN = re.compile(r"""[^"\\$`]+""")
_NAME = re.compile(r"[A-Za-z_]\w*")
_SPECIAL = re.compile(r"[0-9@*#?$!_-]")
_OPERATOR = re.compile(r":?[-+?=]|##?|%%?|//?|\^\^?|,,?|:(?=[\s0-9-])")
# Two operands side by side, an operator at the end, and what looks like an option or a path.
_NO_SUM = re.compile(r"[\w)]\s+[\w(]|(?<![+-])[+*/%<>=!&|^~?:,-]\s*\Z|\s--?[A-Za-z]|[.~]|\s/\w|=\s*/")
_ARITHMETIC = re.compile(r"[\w\s+*/%<>=!&|^~?:,.-]+")


class Cursor(ABC):
    """A text that is being read; what words hold of whole scripts is read by the grammar."""

    def __init__(self, text: str, depth: int = 0) -> None:
        self.text = text
        self.at = 0
        self.depth = depth
        if depth > DEPTH:
            raise Unsure("it is nested too deep")

    @abstractmethod
    def script_until_paren(self) -> Node:
        """Reads a script and the `)` behind it."""

    @abstractmethod
    def script_of(self, text: str) -> Node:
        """Reads another text as a script."""

    def ahead(self, text: str) -> bool:
        """Whether the text goes on like this."""
        return self.text.startswith(text, self.at)

    def peek(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.at : self.at + 1]

    def word(self) -> Word:
        """The word that starts here; Unsure where none does."""
        begin = self.at
        parts: list[Part] = []
        while (here := self.peek()) and (here not in BREAKS or self._pipe_ahead(parts)):
            parts += self._piece(here, parts)
            if len(parts) > PIECES:
                raise Unsure("a word has too many pieces")
        if begin == self.at:
            raise Unsure(f"a word is missing before {self._shown()}")
        if self.peek() == "(" and parts:
            raise Unsure("a parenthesis in a word is read differently by different shells")
        return Word(_merged(parts), self.text[begin : self.at])

    def _pipe_ahead(self, parts: list[Part]) -> bool:
        return not parts and (self.ahead("<(") or self.ahead(">("))

    def _piece(self, here: str, parts: list[Part]) -> list[Part]:
        if here in "<>":
            self.at += 2
            return [Part(Sort.PIPE, here, (self.script_until_paren(),))]
        if here == "\\":
            return self._escaped()
        if here == "'":
            return [Part(Sort.TEXT, self._raw(self.at + 1))]
        if here == '"':
            self.at += 1
            return self._quoted('"')
        if here in "$`":
            return self._expansion(quoted=False)
        if here == "~":
            return self._tilde(parts)
        if here in "*?[":
            self.at += 1
            return [Part(Sort.GLOB, here)]
        if here in "!=:":
            return self._bang(here, parts)
        run = _RUN.match(self.text, self.at)
        assert run is not None, "every other character has a row above"
        letters.check_bare(run[0])
        self.at = run.end()
        return [Part(Sort.BARE, run[0])]

    def _bang(self, here: str, parts: list[Part]) -> list[Part]:
        self.at += 1
        following = self.peek()
        if here == "!" and following and following not in BREAKS + "=":
            raise Unsure("a bare `!` calls the history up in some shells")
        if here == "=" and not parts and following and following not in BREAKS + "=~":
            raise Unsure("a word that starts with `=` is a program's path in some shells")
        return [Part(Sort.BARE, here)]

    def _escaped(self) -> list[Part]:
        following = self.text[self.at + 1 : self.at + 2]
        if not following:
            raise Unsure("it ends in a backslash")
        self.at += 2
        return [] if following == "\n" else [Part(Sort.TEXT, following)]

    def _raw(self, begin: int) -> str:
        end = self.text.find("'", begin)
        if end < 0:
            raise Unsure("a single quote is never closed")
        self.at = end + 1
        return self.text[begin:end]

    def _tilde(self, parts: list[Part]) -> list[Part]:
        first = not parts or (parts[-1].sort is Sort.BARE and parts[-1].text[-1] in "=:")
        name = re.compile(r"~[\w+.-]*").match(self.text, self.at)
        assert name is not None, "it starts with a tilde"
        if not first:
            self.at += 1
            return [Part(Sort.BARE, "~")]
        self.at = name.end()
        if name[0] == "~" and (self.peek() in "/" + BREAKS + ":"):
            return [Part(Sort.VARIABLE, "HOME")]
        return [Part(Sort.UNKNOWN, name[0])]

    def _quoted(self, end: str) -> list[Part]:
        """What stands between double quotes, or in a here-document (`end` empty), up to and with its end."""
        parts = [Part(Sort.TEXT, "")]
        while self.at < len(self.text):
            here = self.peek()
            if here == end:
                self.at += 1
                return parts
            if here in "$`":
                parts += self._expansion(quoted=True)
            elif here == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                self.at += 2
                if following != "\n":
                    parts.append(Part(Sort.TEXT, following if following in "$`\\" + end else here + following))
            else:
                run = _QUOTED_RUN.match(self.text, self.at)
                text = run[0] if run is not None else here
                self.at += len(text)
                parts.append(Part(Sort.TEXT, text))
        if end:
            raise Unsure("a double quote is never closed")
        return parts

    def document(self) -> Word:
        """The whole text as the body of a here-document without quotes around its mark."""
        return Word(_merged(self._quoted("")), self.text)

    def _expansion(self, *, quoted: bool) -> list[Part]:
        if self.peek() == "`":
            return [self._backticks(quoted=quoted)]
        if self.ahead("$(("):
            return [self._deeper(self._arithmetic)]
        if self.ahead("$("):
            self.at += 2
            return [Part(Sort.OUTPUT, "", (self.script_until_paren(),))]
        if self.ahead("${"):
            self.at += 2
            return [self._deeper(self._braced)]
        if self.ahead("$'") and not quoted:
            return [self._ansi()]
        if (self.ahead('$"') and not quoted) or self.ahead("$["):
            raise Unsure(f"{self.text[self.at : self.at + 2]} is read differently by different shells")
        self.at += 1
        name = _NAME.match(self.text, self.at) or _SPECIAL.match(self.text, self.at)
        if name is None:
            return [Part(Sort.TEXT, "$")]
        self.at = name.end()
        return [Part(Sort.VARIABLE, name[0])]

    def _deeper(self, read: Callable[[], Part]) -> Part:
        self.depth += 1
        if self.depth > DEPTH:
            raise Unsure("it is nested too deep")
        part = read()
        self.depth -= 1
        return part

    def _ansi(self) -> Part:
        found = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self.text, self.at)
        if found is None:
            raise Unsure("a $' is never closed")
        self.at = found.end()
        return Part(Sort.TEXT, letters.ansi(found[1]))

    def _backticks(self, *, quoted: bool) -> Part:
        found = re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL).match(self.text, self.at)
        if found is None:
            raise Unsure("a backtick is never closed")
        self.at = found.end()
        escapes = r'\\([$`\\"])' if quoted else r"\\([$`\\])"
        return Part(Sort.OUTPUT, "", (self.script_of(re.sub(escapes, r"\1", found[1])),))

    def _braced(self) -> Part:
        """`${name}`, and with an operator; behind `${`."""
        length = self.ahead("#") and not self.ahead("#}")
        self.at += length
        name = _NAME.match(self.text, self.at) or _SPECIAL.match(self.text, self.at)
        if name is None or name[0] == "!":
            raise Unsure("a ${…} is not of the plain kind")
        self.at = name.end()
        if self.peek() == "}":
            self.at += 1
            return Part(Sort.UNKNOWN if length else Sort.VARIABLE, name[0])
        operator = _OPERATOR.match(self.text, self.at)
        if operator is None or length:
            raise Unsure("a ${…} is not of the plain kind")
        self.at = operator.end()
        inner: list[Node] = []
        while self.peek() != "}":
            inner += self._inside()
        self.at += 1
        return Part(Sort.UNKNOWN, name[0], tuple(inner))

    def _inside(self) -> list[Node]:
        """One piece of the word within `${name-word}`: only what it runs matters."""
        here = self.peek()
        if not here or here in "'(){":
            raise Unsure("a ${…} is never closed, or not of the plain kind")
        if here in '"$`\\*?[~!=:' or here not in BREAKS:
            if here in "*?[~!=:}":
                self.at += 1
                return []
            run = re.compile(r"""[^}"'$`\\(){ \t\n;&|<>*?\[~!=:]+""").match(self.text, self.at)
            if run is not None:
                self.at = run.end()
                return []
            return [node for part in self._piece(here, [Part(Sort.BARE, "x")]) for node in part.inner]
        if here in "<>;&|":
            raise Unsure("a ${…} is not of the plain kind")
        self.at += 1
        return []

    def _arithmetic(self) -> Part:
        """`$((…))`: names, numbers and operators, no array elements (their index is run)."""
        self.at += 3
        skeleton, depth, inner = "", 0, list[Node]()
        while not (depth == 0 and self.ahead("))")):
            here = self.peek()
            if here and here in "()" and (here == "(" or depth):
                depth += 1 if here == "(" else -1
                skeleton, self.at = skeleton + here, self.at + 1
            elif here and here in "$`":
                inner += [node for part in self._expansion(quoted=True) for node in part.inner]
                skeleton += "0"
            elif (run := _ARITHMETIC.match(self.text, self.at)) is not None:
                skeleton, self.at = skeleton + run[0], run.end()
            else:
                raise Unsure("a $((…)) is not of the plain kind")
        if _NO_SUM.search(skeleton):
            raise Unsure("a $((…)) is no sum: some shells may take it for a command in parentheses")
        self.at += 2
        return Part(Sort.UNKNOWN, "", tuple(inner))

    def _shown(self) -> str:
        return repr(self.peek()) if self.peek() else "the end"


def _merged(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbours of one sort as one part; a `[` that nothing closes is a character."""
    merged: list[Part] = []
    closed = max((number for number, part in enumerate(parts) if "]" in part.text), default=-1)
    for number, part in enumerate(parts):
        if part.sort is Sort.GLOB and part.text == "[" and number > closed:
            part = Part(Sort.BARE, "[")  # noqa: PLW2901
        if merged and merged[-1].sort is part.sort and part.sort in (Sort.TEXT, Sort.BARE):
            merged[-1] = Part(part.sort, merged[-1].text + part.text)
        else:
            merged.append(part)
    return tuple(merged)
