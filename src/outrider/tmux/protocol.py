"""Control mode without I/O: bytes from `tmux -C` in, replies and notifications out.

tmux frames the answer to each command by `%begin T N F` and `%end T N F` (or `%error`). Between them every line is data,
also one that starts with `%`: only the end with the same three numbers closes the block. Outside, a line that starts with
`%` is a notification, but for what a program wrote (`%output`), which comes out as its bytes. A reply is given out when it
is whole, however the bytes were cut. Which question a reply answers is the client's business: the numbers only ever grow,
and flag 1 marks answers to what the client wrote.
"""

import re
from dataclasses import dataclass

_OUTPUT = b"%output "
_OCTAL = re.compile(rb"\\([0-7]{3})")
_BEGIN = re.compile(rb"%begin (\d+) (\d+) (\d+)\r?")


@dataclass(frozen=True, slots=True)
class Reply:
    """tmux's answer to one command: its raw lines, each ended by a newline, and whether it succeeded.

    `time` is tmux's clock (Unix seconds) when the command began. `asked` is false for the answer to the command line that
    started the client.
    """

    time: int
    number: int
    asked: bool
    ok: bool
    body: bytes

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the body; bytes that are not UTF-8 become replacement characters."""
        return tuple(self.body.decode("utf-8", "replace").split("\n")[:-1])

    @property
    def text(self) -> str:
        """The body without its last newline: one line, or the sentence of an error."""
        return self.body.decode("utf-8", "replace").removesuffix("\n")


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that tmux says by itself: `%sessions-changed` has the name `sessions-changed`.

    A line that belongs to nothing has an empty name. `begin`, `end` and `error` as names say that the stream is damaged.
    """

    name: str
    args: str


@dataclass(frozen=True, slots=True)
class Output:
    """What a pane's program has written, byte for byte; tmux cuts it where it likes, within a character too."""

    pane: str
    data: bytes


Item = Reply | Notification | Output


@dataclass(frozen=True, slots=True)
class _Block:
    time: int
    number: int
    flags: int
    endings: tuple[tuple[bytes, bool], ...]


class Parser:
    """Takes the bytes as they come and gives each item once, in order."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._block: _Block | None = None
        self._searched = 0

    def feed(self, data: bytes) -> list[Item]:
        """The items that these bytes complete."""
        self._data += data
        items: list[Item] = []
        while True:
            if self._block is None and not self._line(items):
                return items
            if self._block is not None and not self._close(self._block, items):
                return items

    def _line(self, items: list[Item]) -> bool:
        """Takes one line outside of a block; false where no whole line is there."""
        end = self._data.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._data)
            return False
        line = bytes(self._data[:end])
        self._searched = 0
        if found := _BEGIN.fullmatch(line):
            # The newline stays: it lets the end of an empty block be found like any other, at the start of a line.
            del self._data[:end]
            self._block = _block(found)
        else:
            del self._data[: end + 1]
            items.append(_output(line) if line.startswith(_OUTPUT) else _notification(line))
        return True

    def _close(self, block: _Block, items: list[Item]) -> bool:
        """Takes the open block if its end is there."""
        found = [
            (at, ending, ok) for ending, ok in block.endings if (at := self._data.find(ending, self._searched)) >= 0
        ]
        if not found:
            self._searched = max(0, len(self._data) - max(len(ending) for ending, _ in block.endings))
            return False
        at, ending, ok = min(found)
        body = bytes(self._data[1 : at + 1])
        del self._data[: at + len(ending)]
        self._searched = 0
        self._block = None
        items.append(Reply(block.time, block.number, bool(block.flags & 1), ok, body))
        return True


def _block(found: re.Match[bytes]) -> _Block:
    numbers = found.group()[len(b"%begin ") :]
    time, number, flags = (int(group) for group in found.groups())
    endings = ((b"\n%end " + numbers + b"\n", True), (b"\n%error " + numbers + b"\n", False))
    return _Block(time, number, flags, endings)


def unescape(text: bytes) -> bytes:
    """The bytes that tmux has written as backslashes and three octal digits, and the others as they are."""
    return _OCTAL.sub(lambda found: bytes((int(found.group(1), 8) & 0xFF,)), text) if b"\\" in text else text


def _output(line: bytes) -> Output:
    pane, _, data = line[len(_OUTPUT) :].partition(b" ")
    return Output(pane.decode("ascii", "replace"), unescape(data))


def _notification(line: bytes) -> Notification:
    text = line.decode("utf-8", "replace").removesuffix("\r")
    if not text.startswith("%"):
        return Notification("", text)
    name, _, args = text[1:].partition(" ")
    return Notification(name, args)
