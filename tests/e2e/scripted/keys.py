"""Bytes from the terminal → what a person did: typed text, a paste, a key.

An escape at the end of a chunk may be the Escape key or the beginning of a sequence; `flush` settles it as the key, once
nothing more came for a moment. An escape with another character right behind it is that character with Meta, as the real
agent reads it.
"""

from dataclasses import dataclass

PASTE_START = b"\x1b[200~"
PASTE_END = b"\x1b[201~"
NAMES = {
    b"\x1b[A": "Up",
    b"\x1b[B": "Down",
    b"\x1b[C": "Right",
    b"\x1b[D": "Left",
    b"\x1b[Z": "BTab",
    b"\r": "Enter",
    b"\n": "C-j",
    b"\t": "Tab",
    b"\x7f": "BSpace",
    b"\x03": "C-c",
    b"\x04": "C-d",
    b"\x15": "C-u",
}


@dataclass(frozen=True, slots=True)
class Text:
    """Characters typed as they are; one chunk that came at once."""

    text: str


@dataclass(frozen=True, slots=True)
class Paste:
    """A bracketed paste, line ends as newlines."""

    text: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key by tmux's name for it."""

    name: str


Input = Text | Paste | Key


class Decoder:
    """Feed it chunks as they are read; what is incomplete is kept for the next."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def pending(self) -> bool:
        """Whether an escape waits to be settled by `flush`."""
        return self._rest == b"\x1b"

    def feed(self, data: bytes) -> list[Input]:
        """The inputs that are complete now."""
        self._rest += data
        found: list[Input] = []
        while self._rest:
            step = self._next()
            if step is None:
                break
            item, used = step
            self._rest = self._rest[used:]
            if item is not None:
                found.append(item)
        return found

    def flush(self) -> list[Input]:
        """A lone escape was the Escape key after all."""
        if not self.pending:
            return []
        self._rest = b""
        return [Key("Escape")]

    def _next(self) -> tuple[Input | None, int] | None:
        rest = self._rest
        if rest.startswith(PASTE_START):
            end = rest.find(PASTE_END)
            if end < 0:
                return None
            text = rest[len(PASTE_START) : end].decode("utf-8", "replace")
            return Paste(text.replace("\r\n", "\n").replace("\r", "\n")), end + len(PASTE_END)
        if rest[0] == 0x1B:
            return self._escape()
        if rest[:1] in NAMES:
            return Key(NAMES[rest[:1]]), 1
        if rest[0] < 0x20:
            return Key(f"C-{chr(rest[0] + 0x60)}"), 1
        return self._text()

    def _escape(self) -> tuple[Input | None, int] | None:
        rest = self._rest
        if len(rest) == 1:
            return None
        if rest[1:2] not in b"[O":
            return Key(f"M-{rest[1:2].decode('latin-1')}"), 2
        for end in range(2, len(rest)):
            if 0x40 <= rest[end] <= 0x7E:
                name = NAMES.get(b"\x1b[" + rest[2 : end + 1])
                return (Key(name) if name else None), end + 1
        return None

    def _text(self) -> tuple[Input | None, int] | None:
        end = next((at for at, byte in enumerate(self._rest) if byte < 0x20 or byte == 0x7F), len(self._rest))
        whole = self._rest[:end]
        for cut in range(end, max(end - 4, 0), -1):
            try:
                return Text(whole[:cut].decode("utf-8")), cut
            except UnicodeDecodeError:
                if end < len(self._rest):
                    return Text(whole.decode("utf-8", "replace")), end
        return None
