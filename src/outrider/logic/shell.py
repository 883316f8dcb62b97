"""A shell command line, taken apart into simple commands.

In: any text. Out: what a POSIX shell would start, in order of writing, each as its words with quotes taken off. Lists, pipelines,
groups, substitutions outside quotes and here-documents are known; expansion is not done. It is total: a quote that is
never closed reaches to the end of the text. Not here: what the commands mean.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Simple:
    """One simple command: its words, and whether its output goes to a file (`>`, `>>`, `&>`; not `/dev/null`)."""

    words: tuple[str, ...]
    writes: bool = False


# Order is policy: a here-document before a redirection, a redirection's digit before a word that starts with a digit.
_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\f\v]+|\\\n)
  | (?P<heredoc><<-?[ \t]*(?P<tag>'[^'\n]*'|"[^"\n]*"|[^\s;&|<>()'"`]+))(?!<)
  | (?P<redirect>\d*(?:<<<|<>|<&|<|>>|>\||>&|>)|&>>?)
  | (?P<end>&&|\|\||\|&|;;&?|;&|[;&|\n()`])
  | (?P<raw>'[^']*'?)
  | (?P<quoted>"(?:[^"\\]|\\.)*"?)
  | (?P<escaped>\\.?)
  | (?P<plain>\$\(\([^()]*\)\)|[^\s;&|<>()'"`\\]+|[^\w\s]|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r'\\([\\"$`\n])')
_SINKS = frozenset({"/dev/null", "/dev/stderr", "/dev/stdout", "/dev/tty"})


def simple_commands(text: str) -> tuple[Simple, ...]:
    """The simple commands of the text; empty where it holds none."""
    scan = _Scan()
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, "the last row takes any character"
        at = match.end()
        kind = match.lastgroup
        if match["heredoc"] is not None:
            scan.close_word()
            scan.tags.append(match["tag"].strip("'\""))
        elif kind == "blank":
            scan.close_word()
        elif kind == "redirect":
            scan.close_word()
            scan.redirect = match[0]
        elif kind == "end":
            scan.close_command()
            if match[0] == "\n" and scan.tags:
                at = _after_bodies(text, at, scan.tags)
        elif kind == "plain" and scan.word is None and match[0].startswith("#"):
            at = _line_end(text, at)
        else:
            scan.word = (scan.word or "") + _unquoted(match)
    scan.close_command()
    return tuple(scan.commands)


@dataclass(slots=True)
class _Scan:
    """What is open while the text is read."""

    commands: list[Simple] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    word: str | None = None
    redirect: str | None = None
    writes: bool = False
    tags: list[str] = field(default_factory=list)

    def close_word(self) -> None:
        word, self.word = self.word, None
        if word is None:
            return
        if self.redirect is None:
            self.words.append(word)
            return
        duplicated = "&" in self.redirect and not self.redirect.startswith("&")
        if ">" in self.redirect and not duplicated and word not in _SINKS:
            self.writes = True
        self.redirect = None

    def close_command(self) -> None:
        self.close_word()
        if self.words:
            self.commands.append(Simple(tuple(self.words), self.writes))
        self.words, self.redirect, self.writes = [], None, False


def _unquoted(match: re.Match[str]) -> str:
    text = match[0]
    match match.lastgroup:
        case "raw":
            return text[1:-1] if len(text) > 1 and text.endswith("'") else text[1:]
        case "quoted":
            closed = len(text) > 1 and text.endswith('"') and not text.endswith('\\"')
            return _ESCAPE.sub(r"\1", text[1:-1] if closed else text[1:])
        case "escaped":
            return text[1:]
        case _:
            return text


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _after_bodies(text: str, at: int, tags: list[str]) -> int:
    """Where the command goes on behind the here-documents that were announced on the line before `at`."""
    for tag in tags:
        for start, end in _lines(text, at):
            at = min(end + 1, len(text))
            if text[start:end].strip("\t\r") == tag:
                break
    tags.clear()
    return at


def _lines(text: str, at: int) -> Iterator[tuple[int, int]]:
    while at < len(text):
        end = _line_end(text, at)
        yield at, end
        at = end + 1
