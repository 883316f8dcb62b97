"""The grammar: lists, pipelines, compound commands, redirections, here-documents.

`parse` gives the tree, or says why the text cannot be read with certainty; it never raises. Deliberately not here, and
refused: `[[` patterns with parentheses, `((`, arrays, `function`, `select`, `coproc`, extended globs.
"""

import re

from outrider.logic.bash import letters
from outrider.logic.bash.lines import Lines
from outrider.logic.bash.tree import (
    Apart,
    Assignment,
    Branches,
    Chain,
    Function,
    Listing,
    Loop,
    Node,
    Part,
    Pipeline,
    Redirect,
    Redirected,
    Simple,
    Sort,
    Unsure,
    Word,
)
from outrider.logic.bash.words import BREAKS, DEPTH

LIMIT = 128_000  # characters; agents write whole files by here-documents, and nobody means more by a command
LINKS = 40  # of && and || in a row: each is a level of the tree
MOST = 2000  # commands in a list, words in a command
_RESERVED = re.compile(r"(?:[a-z]+|[{}!]|\[\[)(?=[ \t\n;&|<>()]|\Z)")
_CLOSERS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}", ")", ";;"})
_REFUSED = frozenset({"function", "select", "coproc", "foreach", "repeat", "end", "in", "]]"})
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
_FUNCTION = re.compile(r"([A-Za-z_][\w-]*)[ \t]*\([ \t]*\)")
_COMPOUND = frozenset({"{", "if", "while", "until", "for", "case", "[["})


def parse(text: str) -> Node | Unsure:
    """The tree of the command, or why there is none."""
    try:
        if len(text) > LIMIT:
            raise Unsure(f"it is longer than {LIMIT:,} characters")
        letters.check(text)
        return _Reader(text).whole()
    except Unsure as unsure:
        return unsure


class _Reader(Lines):
    """A cursor that knows the grammar."""

    def whole(self) -> Node:
        """The whole text as a script."""
        node = self._listing(frozenset())
        if self.at < len(self.text):
            raise Unsure(f"{self._shown()} is out of place")
        return node

    def script_until_paren(self) -> Node:
        node = self._listing(frozenset({")"}))
        self._expect(")")
        return node

    def script_of(self, text: str) -> Node:
        return _Reader(text, self.depth + 1).whole()

    def _listing(self, ends: frozenset[str], *, empty: bool = True) -> Node:
        """Commands up to one of the closers, which stays; or to the end where there are none."""
        outer, self.pending = self.pending, []
        self.depth += 1
        if self.depth > DEPTH:
            raise Unsure("it is nested too deep")
        items: list[Node] = []
        self.skip_lines()
        while self.at < len(self.text) and self._closer() is None:
            items.append(self._item())
            if len(items) > MOST:
                raise Unsure("it has too many commands")
            self.skip_lines()
        found = self._closer()
        if (found or "") not in (ends or {""}) or self.pending or not (items or empty):
            raise Unsure(f"{found or 'the end'!r} is out of place")
        self.pending = outer
        self.depth -= 1
        return items[0] if len(items) == 1 else Listing(tuple(items))

    def _item(self) -> Node:
        """One and-or list with the `;` or `&` behind it."""
        node, links = self._pipeline(), 0
        while True:
            links += 1
            self.skip_blanks()
            operator = "&&" if self.ahead("&&") else "||" if self.ahead("||") else ""
            if not operator:
                break
            if links > LINKS:
                raise Unsure("it has too many && and ||")
            self.at += 2
            self.skip_lines()
            node = Chain(operator, node, self._pipeline())
        if self.ahead("&"):
            self.at += 1
            return Apart(node)
        if self.ahead(";") and not self.ahead(";;"):
            self.at += 1
        elif self.peek() not in ("\n", "") and self._closer() is None:
            raise Unsure(f"{self._shown()} is out of place")
        elif (closer := self._closer()) not in (None, ")", ";;") and self.peek() not in ("\n", ""):
            raise Unsure(f"{closer!r} is out of place")
        return node

    def _pipeline(self) -> Node:
        self.skip_blanks()
        while (word := self._reserved()) in ("!", "time"):
            self.at += len(word)
            self.skip_blanks()
            if word == "time" and (option := re.compile(r"-p(?=[ \t])").match(self.text, self.at)):
                self.at = option.end()
                self.skip_blanks()
        members = [self._command()]
        while True:
            self.skip_blanks()
            if not self.ahead("|") or self.ahead("||"):
                break
            self.at += 2 if self.ahead("|&") else 1
            self.skip_lines()
            members.append(self._command())
        return members[0] if len(members) == 1 else Pipeline(tuple(members))

    def _command(self) -> Node:
        self.skip_blanks()
        word = self._reserved()
        if self.ahead("(("):
            raise Unsure("((…)) is not read here")
        if word in _REFUSED or word in _CLOSERS:
            raise Unsure(f"{word!r} is out of place, or not read here")
        function = _FUNCTION.match(self.text, self.at)
        if function is not None:
            self.at = function.end()
            self.skip_lines()
            if not self.ahead("(") and self._reserved() not in _COMPOUND:
                raise Unsure("a function whose body is not in braces")
            return Function(function[1], self._command())
        if self.ahead("(") or word in _COMPOUND:
            body = self._compound(word)
            redirects = self.redirects()
            return Redirected(body, redirects) if redirects else body
        return self._simple()

    def _compound(self, word: str) -> Node:
        self.at += len(word) or 1
        match word:
            case "":
                body = self._listing(frozenset({")"}), empty=False)
                self._expect(")")
                return Apart(body)
            case "{":
                return self._body("}")
            case "if":
                return self._if()
            case "for":
                return self._for()
            case "case":
                return self._case()
            case "[[":
                return self._test()
        return Loop(None, None, Listing((self._body("do"), self._body("done"))))

    def _body(self, end: str) -> Node:
        body = self._listing(frozenset({end}), empty=False)
        self._expect(end)
        return body

    def _if(self) -> Node:
        parts = [self._body("then")]
        while True:
            parts.append(self._listing(frozenset({"elif", "else", "fi"}), empty=False))
            word = self._reserved()
            self._expect(word)
            if word == "fi":
                return Branches((), tuple(parts))
            if word == "else":
                return Branches((), (*parts, self._body("fi")))
            parts.append(self._body("then"))

    def _for(self) -> Node:
        self.skip_blanks()
        name = self.word().static or ""
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise Unsure("a `for` without a plain name")
        self.skip_lines()
        words: list[Word] | None = None
        if self._reserved() == "in":
            self._expect("in")
            self.skip_blanks()
            words = []
            while self.peek() and self.peek() not in "\n;":
                words.append(self.word())
                self.skip_blanks()
        if self.ahead(";") and not self.ahead(";;"):
            self.at += 1
        self.skip_lines()
        self._expect("do")
        return Loop(name, None if words is None else tuple(words), self._body("done"))

    def _case(self) -> Node:
        self.skip_blanks()
        words, parts = [self.word()], list[Node]()
        self.skip_lines()
        self._expect("in")
        self.skip_lines()
        while self._reserved() != "esac":
            self.at += self.ahead("(")
            while True:
                self.skip_blanks()
                words.append(self.word())
                self.skip_blanks()
                if not self.ahead("|"):
                    break
                self.at += 1
            self._expect(")")
            parts.append(self._listing(frozenset({";;", "esac"})))
            if self.ahead(";;"):
                self.at += 2
            self.skip_lines()
        self._expect("esac")
        return Branches(tuple(words), tuple(parts))

    def _test(self) -> Node:
        """`[[ … ]]`, its operators left out, as a simple command."""
        begin = self.at
        words = [Word((Part(Sort.BARE, "[["),), "[[")]
        while True:
            self.skip_lines()
            if self.ahead("&&") or self.ahead("||"):
                self.at += 2
            elif self.peek() in ("<", ">"):
                self.at += 1
            else:
                word = self.word()
                words.append(word)
                if word.text == "]]":
                    return Simple((), tuple(words), (), "[[" + self.text[begin : self.at])

    def _simple(self) -> Node:
        begin, end = self.at, self.at
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            end = self.at
            self.skip_blanks()
            redirect = self.redirect()
            if redirect is not None:
                redirects.append(redirect)
            elif not self.peek() or (self.peek() in BREAKS and not self.ahead("<(") and not self.ahead(">(")):
                break
            else:
                if len(words) + len(assignments) > MOST:
                    raise Unsure("it has too many words")
                word = self.word()
                assignment = None if words else _assignment(word)
                if assignment is not None:
                    assignments.append(assignment)
                else:
                    words.append(word)
        if not (assignments or words or redirects):
            raise Unsure(f"a command is missing before {self._shown()}")
        return Simple(tuple(assignments), tuple(words), tuple(redirects), self.text[begin:end])

    def _reserved(self) -> str:
        match = _RESERVED.match(self.text, self.at)
        return match[0] if match is not None else ""

    def _closer(self) -> str | None:
        if self.ahead(";;"):
            return ";;"
        if self.ahead(")"):
            return ")"
        word = self._reserved()
        return word if word in _CLOSERS else None

    def _expect(self, text: str) -> None:
        self.skip_blanks()
        if not text or not self.ahead(text):
            raise Unsure(f"{text!r} is missing before {self._shown()}")
        self.at += len(text)


def _assignment(word: Word) -> Assignment | None:
    lead = ""
    for part in word.parts:
        if part.sort is not Sort.BARE:
            break
        lead += part.text
    match = _ASSIGNMENT.match(lead)
    if match is None:
        return None
    rest = word.parts[0].text[match.end() :]
    value = Word((Part(Sort.BARE, rest), *word.parts[1:]) if rest else word.parts[1:], word.text[match.end() :])
    return Assignment(match[1], value)
