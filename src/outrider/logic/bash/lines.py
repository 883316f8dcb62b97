"""Between the words: blanks, comments, ends of lines, redirections and here-documents."""

import re

from outrider.logic.bash.tree import Heredoc, Part, Redirect, Sort, Unsure, Word
from outrider.logic.bash.words import BREAKS, Cursor

_REDIRECT = re.compile(r"\d*(?:<<<|<<-|<<|<>|<&|>&|>>|>\||<(?!\()|>(?!\())|&>>|&>(?!\()")


class Lines(Cursor):
    """A cursor that knows what ends a line. `pending` are here-documents whose text comes after this line."""

    def __init__(self, text: str, depth: int = 0) -> None:
        super().__init__(text, depth)
        self.pending: list[Heredoc] = []

    def redirects(self) -> tuple[Redirect, ...]:
        """The redirections that stand here."""
        found: list[Redirect] = []
        while True:
            self.skip_blanks()
            redirect = self.redirect()
            if redirect is None:
                return tuple(found)
            found.append(redirect)

    def redirect(self) -> Redirect | None:
        """The redirection that stands here, if one does."""
        match = _REDIRECT.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        operator = match[0].lstrip("0123456789")
        self.skip_blanks()
        if self.peek() in ("!", "|", "&") or not self.peek():
            raise Unsure(f"a redirection {operator} has no plain target")
        target = self.word()
        if operator not in ("<<", "<<-"):
            return Redirect(operator, target)
        if target.static is None or "\n" in target.static:
            raise Unsure("the mark of a here-document is not plain")
        quoted = any(part.sort is Sort.TEXT for part in target.parts)
        heredoc = Heredoc(target.static, quoted, operator == "<<-")
        self.pending.append(heredoc)
        return Redirect(operator, target, heredoc)

    def skip_blanks(self) -> None:
        """Blanks, line continuations and a comment."""
        while True:
            if self.peek() in (" ", "\t"):
                self.at += 1
            elif self.ahead("\\\n"):
                self.at += 2
            else:
                break
        if self.peek() == "#" and (self.at == 0 or self.text[self.at - 1] in BREAKS):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        elif self.peek() == "#":
            raise Unsure("a `#` here is a comment in some shells alone")

    def skip_lines(self) -> None:
        """Blanks and ends of lines; here-documents are read where they begin."""
        self.skip_blanks()
        while self.ahead("\n"):
            self.at += 1
            pending, self.pending = self.pending, []
            for heredoc in pending:
                self._fill(heredoc)
            self.skip_blanks()

    def _fill(self, heredoc: Heredoc) -> None:
        lines: list[str] = []
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end]
            self.at = min(end + 1, len(self.text))
            line = line.lstrip("\t") if heredoc.indented else line
            if line == heredoc.mark:
                # The newline stays, as the end of the command that announced the document.
                self.at -= self.at > end
                body = "".join(f"{each}\n" for each in lines)
                heredoc.body = (
                    Word((Part(Sort.TEXT, body),), body) if heredoc.quoted else type(self)(body, self.depth).document()
                )
                return
            lines.append(line)
        raise Unsure(f"the here-document up to {heredoc.mark!r} never ends")
