"""Text to one argument of a tmux command line, as tmux's own command parser reads it.

Everything stands in double quotes. Inside them tmux expands backslashes, `$`, and a leading `~`, and a line ends the
command: those are escaped, and so is every control byte, as three octal digits.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from outrider.errors import InvalidInput

_SPECIAL = re.compile(r'[\x00-\x1f\x7f"\\$~\ud800-\udfff]')
# A run of `#` before `[` is a style to tmux and stays as it stands; every other `#` starts a format unless doubled.
_HASHES = re.compile(r"#+(?![#\[])")


@dataclass(frozen=True, slots=True)
class Question:
    """One line for tmux; `replies` is how many commands it runs, each of which answers for itself until one fails.

    The answer is the last reply, or all of them where `every` is set.
    """

    line: str
    replies: int = 1
    every: bool = False


def question(*words: str) -> Question:
    """One command."""
    return Question(command(words))


def chain(*commands: Iterable[str], every: bool = False) -> Question:
    """Commands that run one after another with nothing of anybody between; the first that fails ends them."""
    return Question(" ; ".join(command(words) for words in commands), len(commands), every)


def unless(pane: str, condition: str, *commands: Iterable[str]) -> Question:
    """Commands that run, the next only behind one that did not fail, while the format `condition` is false of the pane; else its text
    is the answer.

    tmux looks and acts in one step: nothing can happen to the pane in between.
    """
    refused = ("display-message", "-p", "-t", pane, condition)
    # Either way as many commands run, so that it is known how many replies there are.
    ways = chain(*[refused] * len(commands)), chain(*commands)
    line = command(("if-shell", "-F", "-t", pane, condition, *(way.line for way in ways)))
    return Question(line, 1 + len(commands))


def quote(text: str) -> str:
    """One argument that tmux reads as exactly `text`.

    Surrogates that stand for undecodable bytes become those bytes again, others the replacement character. InvalidInput
    where there is a NUL, which no argument can hold.
    """
    if "\0" in text:
        raise InvalidInput("the text has a NUL character, which cannot be typed or passed on; leave it out")
    return f'"{_SPECIAL.sub(_escape, text)}"'


def command(words: Iterable[str]) -> str:
    """A command line of a command's name and its arguments."""
    return " ".join(quote(word) for word in words)


def literal(text: str) -> str:
    """Text for an argument that tmux expands as a format, so that it comes out as it went in."""
    return _HASHES.sub(lambda run: run.group() * 2, text)


def timeless(text: str) -> str:
    """The same where tmux fills in the time, too."""
    return literal(text).replace("%", "%%")


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    code = ord(char)
    if char in '"\\$~':
        return "\\" + char
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\{code - 0xDC00:03o}"
    return "\ufffd" if code >= 0xD800 else f"\\{code:03o}"
