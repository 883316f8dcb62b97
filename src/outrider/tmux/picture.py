"""A pane as one picture: what is asked of tmux for it, and the escape sequences that draw it on a terminal that was reset.

All of it is asked in one line, so that nothing comes in between, and the replies stand in the stream of output exactly
where the picture was taken. Beside the rows there is what the rows do not tell: where the cursor is, which modes are on, the
screen beneath a full-screen program, and the beginning of an escape sequence that has not ended yet.
"""

from collections.abc import Sequence

from outrider.model.pane import Picture
from outrider.tmux.protocol import Reply, unescape
from outrider.tmux.quote import Question, chain
from outrider.tmux.sgr import standing

HISTORY = 2000
"""Rows of history that a picture has."""

_NUMBERS = ("pane_width", "pane_height", "cursor_x", "cursor_y", "alternate_on")
_MODES = (
    ("cursor_flag", "\x1b[?25h", "\x1b[?25l"),
    ("wrap_flag", "\x1b[?7h", "\x1b[?7l"),
    ("insert_flag", "\x1b[4h", "\x1b[4l"),
    ("keypad_cursor_flag", "\x1b[?1h", "\x1b[?1l"),
    ("keypad_flag", "\x1b=", "\x1b>"),
)
_FORMAT = " ".join(
    f"#{{{name}}}"
    for name in (*_NUMBERS, *(name for name, _, _ in _MODES), *("scroll_region_upper", "scroll_region_lower"))
)
# G1 has the line drawing set that tmux's captures shift to and from.
_LINES, _PLAIN, _END = "\x1b)0", "\x0f\x1b)B", "\x1b[0m"


def asking(pane: str) -> Sequence[Question]:
    """What `drawn` is made of."""
    capture = ("capture-pane", "-p", "-e", "-N", "-t", pane)
    return (
        chain(
            ("display-message", "-p", "-t", pane, _FORMAT),
            (*capture, "-S", str(-HISTORY)),
            # Quiet, and empty, where no full-screen program runs.
            (*capture, "-a", "-q"),
            ("capture-pane", "-p", "-P", "-C", "-t", pane),
            every=True,
        ),
    )


def drawn(replies: Sequence[Reply]) -> Picture:
    """The picture that these replies to `asking` give; ValueError where they are not what was asked for."""
    if len(replies) != 4 or not all(reply.ok for reply in replies):
        raise ValueError(replies[-1].text)
    told, rows, beneath, pending = replies
    numbers = [int(word) for word in told.text.split(" ")]
    width, height, x, y, alternate = numbers[:5]
    modes = "".join(on if value else off for value, (_, on, off) in zip(numbers[5:], _MODES, strict=False))
    upper, lower = numbers[-2:]
    region = f"\x1b[{upper + 1};{lower + 1}r" if (upper, lower) != (0, height - 1) else ""
    under = f"{_LINES}{_painted(beneath.lines[-height:])}{_PLAIN}\x1b[?1049h\x1b[H" if alternate else ""
    shown = rows.lines[-height:] if alternate else rows.lines
    text = f"{under}{_LINES}{_painted(shown)}{_PLAIN}{region}\x1b[{y + 1};{x + 1}H{modes}"
    return Picture(width, height, text.encode("utf-8", "replace") + unescape(pending.body.removesuffix(b"\n")))


def _painted(rows: Sequence[str]) -> str:
    # Each row for itself, ended without attributes: a row that scrolls in would take over the ground of the last cell.
    return "\r\n".join(row + _END for row in standing(rows))
