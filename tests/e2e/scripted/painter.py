"""Draws like Ink: what is settled is printed once and scrolls away, what lives below it is drawn anew in place."""

import os
from collections.abc import Sequence


class Painter:
    """The only writer to the terminal. Each frame goes out in one write."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._live: list[str] = []
        self._title = ""

    def size(self) -> tuple[int, int]:
        """Columns and rows of the pane now."""
        size = os.get_terminal_size(self._fd)
        return size.columns or 80, size.lines or 24

    def start(self) -> None:
        """Bracketed paste and focus reports on, cursor off."""
        self._write("\x1b[?2004h\x1b[?1004h\x1b[?25l")

    def stop(self) -> None:
        """The terminal as it was."""
        self._write("\x1b[?2004l\x1b[?1004l\x1b[?25h\r\n" + "\x1b]0;\x07")

    def title(self, text: str) -> None:
        """Sets the pane's title where it changed."""
        if text != self._title:
            self._title = text
            self._write(f"\x1b]0;{text}\x07")

    def afresh(self, settled: Sequence[str], live: Sequence[str]) -> None:
        """Everything again, after a change of size."""
        self._live = []
        self._write("\x1b[2J\x1b[3J\x1b[H")
        self.frame(settled, live)

    def frame(self, settled: Sequence[str], live: Sequence[str]) -> None:
        """Prints the newly settled rows, then the living ones; only rows that changed where nothing moved."""
        live = list(live)[-max(self.size()[1] - 1, 1) :]
        if not settled and live == self._live:
            return
        if not settled and len(live) == len(self._live):
            self._write(self._patch(live))
        else:
            up = f"\x1b[{len(self._live) - 1}A" if len(self._live) > 1 else ""
            self._write(f"\r{up}\x1b[J" + "\r\n".join([*settled, *live]))
        self._live = live

    def _patch(self, live: Sequence[str]) -> str:
        last = len(live) - 1
        out = [f"\r\x1b[{last}A" if last else "\r"]
        for at, row in enumerate(live):
            if row != self._live[at]:
                out.append(f"{row}\x1b[K\r")
            if at < last:
                out.append("\x1b[B")
        return "".join(out)

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._fd, data) :]
