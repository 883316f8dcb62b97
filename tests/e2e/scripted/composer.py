"""Where the person types: what the real agent's composer does with pastes, deletions, backslashes and leading signs.

Measured on Claude Code 2.1.197: a paste of more than 800 characters or more than two newlines stands there as
`[Pasted text #1 +4 lines]`; the same paste again expands it; tabs become four blanks; C-u deletes to the start of the
line, and the newline if the line is empty; C-c empties all; `!` first switches to shell mode; a backslash before Enter makes a
newline; blanks at the end go away when it is submitted, those in front stay.
"""

from dataclasses import dataclass, field

from e2e.scripted.cells import fold

LONG = 800
LINES = 2


@dataclass(slots=True)
class Composer:
    """Text with the cursor always at its end."""

    text: str = ""
    shell: bool = False
    pasted: dict[str, str] = field(default_factory=dict)
    pastes: int = 0

    def type(self, text: str) -> None:
        """Characters from the keyboard."""
        if not self.text and not self.shell and text.startswith("!"):
            self.shell, text = True, text[1:]
        self.text += text.replace("\t", "    ")

    def paste(self, text: str) -> None:
        """A bracketed paste; long ones stand there as a mark."""
        text = text.replace("\t", "    ")
        mark = next((mark for mark, held in self.pasted.items() if held == text and self.text.endswith(mark)), None)
        if mark is not None:
            self.text = self.text.removesuffix(mark) + self.pasted.pop(mark)
            return
        newlines = text.count("\n")
        if len(text) <= LONG and newlines <= LINES:
            self.type(text)
            return
        self.pastes += 1
        mark = f"[Pasted text #{self.pastes} +{newlines} lines]" if newlines else f"[Pasted text #{self.pastes}]"
        self.pasted[mark] = text
        self.text += mark

    def kill_line(self) -> None:
        """C-u."""
        head, newline, line = self.text.rpartition("\n")
        self.text = head + newline if line else head

    def backspace(self) -> None:
        """BSpace: one character, a whole paste mark, or out of shell mode."""
        if not self.text:
            self.shell = False
        mark = next((mark for mark in self.pasted if self.text.endswith(mark)), None)
        self.text = self.text.removesuffix(mark) if mark else self.text[:-1]

    def clear(self) -> None:
        """C-c: all of it; shell mode stays."""
        self.text = ""
        self.pasted.clear()

    def enter(self) -> str | None:
        """The text as it is submitted, or None where nothing is: empty, or a backslash that asked for a newline."""
        if self.text.endswith("\\"):
            self.text = self.text[:-1] + "\n"
            return None
        text = self.text
        for mark, held in self.pasted.items():
            text = text.replace(mark, held)
        text = text.rstrip()
        self.clear()
        return text if text.strip() else None

    def rows(self, width: int, ghost: str = "") -> list[str]:
        """What is drawn: the sign and a no-break space, then the text; a ghost text is drawn dim where there is none."""
        sign = "!" if self.shell else "❯"
        if not self.text:
            return [f"{sign}\u00a0\x1b[7m \x1b[0m" if not ghost else f"{sign}\u00a0\x1b[2m{ghost}\x1b[0m"]
        lines = fold(self.text, width - 3)
        return [f"{sign}\u00a0{lines[0]}", *(f"  {line}" for line in lines[1:])]
