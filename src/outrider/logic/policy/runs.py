"""What a command would start: programs with their arguments, as sure as can be said without starting them."""

from dataclasses import dataclass
from enum import Enum, auto

from outrider.logic.policy.rules import Hazard

HOLE = "\ufffd"
"""Stands in an argument's text for a piece that is not known."""


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument. `known`: no piece is missing. `pattern`: it is a glob, whose matches lie where its text says.

    `pipe`: the name of a pipe from another command.
    """

    text: str
    known: bool = True
    pattern: bool = False
    pipe: bool = False


class Feed(Enum):
    """What a program reads on its standard input."""

    NOTHING = auto()
    FILE = auto()
    TEXT = auto()
    """A text that is known."""
    PIPE = auto()
    NAMES = auto()
    """Names of files in the work tree, printed by a program that lists them."""


@dataclass(frozen=True, slots=True)
class Run:
    """One program that is started. `where` are the working directories it may be started in, None where that is anybody's guess.

    `file` pairs are redirections: operator and target. `inner` runs are started by another program, which was named before.
    """

    argv: tuple[Arg, ...]
    text: str
    where: frozenset[str] | None
    feed: Feed = Feed.NOTHING
    feed_text: str | None = None
    files: tuple[tuple[str, Arg], ...] = ()
    assigned: tuple[tuple[str, Arg], ...] = ()
    findings: tuple[tuple[Hazard, str], ...] = ()
    wrapper: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments behind the program as text."""
        return tuple(arg.text for arg in self.argv[1:])


def option(word: str, name: str) -> bool:
    """Whether the word gives this option: `--force` also shortened and with `=value`, `-f` also among other letters.

    `-exec` is a name of its own, as go and find write it, also with two dashes.
    """
    if name.startswith("--"):
        given = word.partition("=")[0]
        return len(given) > 3 and name.startswith(given)
    if len(name) > 2:
        return word.startswith("-") and word.lstrip("-").partition("=")[0] == name[1:]
    return len(word) > 1 and word[0] == "-" and word[1] != "-" and name[1] in word[1:]


def any_option(words: tuple[str, ...], *names: str) -> bool:
    """Whether one of the words before `--` gives one of the options."""
    before = words[: words.index("--")] if "--" in words else words
    return any(option(word, name) for word in before for name in names)
