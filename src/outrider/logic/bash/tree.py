"""What a shell command is made of. Nothing is expanded here; a word is a row of parts, each of which says how sure it is.

Positions count characters of the text that was read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from outrider.errors import InvalidInput


class Unsure(InvalidInput):
    """The text cannot be read with certainty; the message says why, in a clause without a full stop."""


class Sort(StrEnum):
    """How a part of a word comes to its text."""

    TEXT = "text"
    """Quoted or escaped: stands for itself."""
    BARE = "bare"
    """Unquoted: stands for itself, and its braces are expanded."""
    GLOB = "glob"
    """`*`, `?` or `[`: names of files."""
    VARIABLE = "variable"
    """`$name`, `${name}`, `~` (HOME): the name."""
    OUTPUT = "output"
    """What a command prints: `$(…)`, backticks."""
    PIPE = "pipe"
    """`<(…)`, `>(…)`: the name of a pipe to a command."""
    UNKNOWN = "unknown"
    """Every other expansion."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word; `inner` are the scripts that run to make it."""

    sort: Sort
    text: str
    inner: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One word; `text` is how it was written."""

    parts: tuple[Part, ...]
    text: str = ""

    @property
    def static(self) -> str | None:
        """What the word stands for, where that is certain."""
        if any(part.sort not in (Sort.TEXT, Sort.BARE) for part in self.parts):
            return None
        return "".join(part.text for part in self.parts)

    @property
    def inner(self) -> "Iterator[Node]":
        """The scripts that run to make the word."""
        for part in self.parts:
            yield from part.inner


@dataclass(slots=True)
class Heredoc:
    """A here-document: its text comes lines later than the redirection, so that it is filled in then."""

    mark: str
    quoted: bool
    indented: bool
    body: Word = field(default_factory=lambda: Word(()))


@dataclass(frozen=True, slots=True)
class Redirect:
    """`>file` and its like. `operator` is without the digits; a here-document has `heredoc`."""

    operator: str
    target: Word
    heredoc: Heredoc | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name=value`."""

    name: str
    value: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """A program with its words; `text` is how it was written."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands side by side, each reading what the one before it prints; at least two."""

    members: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Chain:
    """`left && right` or `left || right`."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Listing:
    """Commands one after the other."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Apart:
    """A subshell or a command in the background: its working directory is its own."""

    body: "Node"


@dataclass(frozen=True, slots=True)
class Branches:
    """if, case: words that are looked at, and parts of which some run."""

    words: tuple[Word, ...]
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Loop:
    """for, while, until. `name` is the variable of a `for`, which takes `words` in turn."""

    name: str | None
    words: tuple[Word, ...] | None
    body: "Node"


@dataclass(frozen=True, slots=True)
class Function:
    """`name() { … }`."""

    name: str
    body: "Node"


@dataclass(frozen=True, slots=True)
class Redirected:
    """A compound command with redirections behind it."""

    body: "Node"
    redirects: tuple[Redirect, ...]


Node = Simple | Pipeline | Chain | Listing | Apart | Branches | Loop | Function | Redirected
