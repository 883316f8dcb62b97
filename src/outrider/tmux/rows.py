"""Rows of `list-panes`: the format that is asked for, and its lines as panes.

Numbers come first, one blank between them, then the lengths in bytes of the free texts, then the texts without anything
between: a title or a path may hold any character, a newline too, and cannot be mistaken for a separator.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from outrider.model.pane import Pane, PaneRef

HIDDEN = "_outrider"
"""The session that our control clients stand in; its panes are never reported."""
GENERATION = "@outrider_generation"
"""The pane option that holds the token of the spawn."""

_NUMBERS = (
    "pane_id",
    "pane_pid",
    "session_id",
    "session_attached",
    "window_activity",
    "pane_width",
    "pane_height",
    "cursor_x",
    "cursor_y",
    "alternate_on",
    "pane_in_mode",
    "pane_dead",
    "pane_dead_status",
    "pane_dead_signal",
    "pane_pipe",
    "session_activity",
)
_TEXTS = ("session_name", GENERATION, "pane_current_command", "pane_title", "pane_current_path")
_HEAD = len(_NUMBERS) + len(_TEXTS)
FORMAT = " ".join(
    (
        *(f"#{{{name}}}" for name in _NUMBERS),
        *(f"#{{n:{name}}}" for name in _TEXTS),
        "".join(f"#{{{name}}}" for name in _TEXTS),
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """A pane and what only the sweep needs of it.

    `activity` is the second (tmux's clock) of the last output in its window; `session_id` tells the session that a
    window was made in from those that it was linked to later.
    """

    pane: Pane
    activity: int
    session_id: int


class Rows:
    """Reads the rows of one server; rows that have not changed give the same objects as before."""

    def __init__(self, server: str, started: int) -> None:
        self._server = server
        self._started = started
        self._body: bytes | None = None
        self._known: dict[bytes, Row] = {}
        self._rows: dict[str, Row] = {}

    def read(self, body: bytes) -> dict[str, Row]:
        """Panes by their id, ours left out; a pane that several sessions show stands once, under its oldest session."""
        if body == self._body:
            return self._rows
        known: dict[bytes, Row] = {}
        rows: dict[str, Row] = {}
        for line in self._whole(body):
            row = self._known.get(line) or self._row(line)
            if row is None:
                continue
            known[line] = row
            if row.pane.session != HIDDEN:
                rows[row.pane.ref.pane] = _merged(rows.get(row.pane.ref.pane), row)
        self._body, self._known, self._rows = body, known, rows
        return rows

    def one(self, body: bytes) -> Row | None:
        """The single row that `display-message` gave for a pane."""
        return self._row(body.removesuffix(b"\n"))

    def _whole(self, body: bytes) -> Iterator[bytes]:
        """Splits into rows, joining the lines of one whose text has newlines."""
        lines = body.split(b"\n")
        at = 0
        while at < len(lines) - 1:
            if lines[at] in self._known:
                yield lines[at]
                at += 1
                continue
            joined, used = lines[at], 1
            while _missing(joined) > 0 and at + used < len(lines) - 1:
                joined, used = joined + b"\n" + lines[at + used], used + 1
            # Where the lengths do not fit at all, tmux has rewritten the text: the line stands for itself.
            yield joined if _missing(joined) == 0 else lines[at]
            at += used if _missing(joined) == 0 else 1

    def _row(self, line: bytes) -> Row | None:
        parts = line.split(b" ", _HEAD)
        if len(parts) <= _HEAD or not parts[0].startswith(b"%"):
            return None
        number = dict(zip(_NUMBERS, (_int(part) for part in parts), strict=False))
        session, generation, command, title, path = _texts(parts)
        dead = bool(number["pane_dead"])
        pane = Pane(
            ref=PaneRef(self._server, self._started, parts[0].decode()),
            session=session,
            pid=number["pane_pid"],
            command=command,
            title=title,
            path=path,
            width=number["pane_width"],
            height=number["pane_height"],
            cursor_x=number["cursor_x"],
            cursor_y=number["cursor_y"],
            alternate=bool(number["alternate_on"]),
            in_mode=bool(number["pane_in_mode"]),
            dead=dead,
            exit_status=_exit_status(parts[12], parts[13]) if dead else None,
            generation=generation,
            clients=number["session_attached"],
            piped=bool(number["pane_pipe"]),
            touched_s=number["session_activity"],
        )
        return Row(pane, number["window_activity"], number["session_id"])


def _missing(line: bytes) -> int:
    parts = line.split(b" ", _HEAD)
    if len(parts) <= _HEAD:
        return -1
    return sum(_int(part) for part in parts[len(_NUMBERS) : _HEAD]) - len(parts[_HEAD])


def _texts(parts: list[bytes]) -> Iterator[str]:
    at = 0
    for length in parts[len(_NUMBERS) : _HEAD]:
        yield parts[_HEAD][at : at + _int(length)].decode("utf-8", "replace")
        at += _int(length)


def _int(part: bytes) -> int:
    digits = part.lstrip(b"%$")
    return int(digits) if digits.isdigit() else 0


def _exit_status(status: bytes, signal: bytes) -> int | None:
    if signal.isdigit():
        return 128 + int(signal)
    return int(status) if status.isdigit() else None


def _merged(before: Row | None, row: Row) -> Row:
    if before is None:
        return row
    first = min(before, row, key=lambda each: each.session_id)
    clients, touched_s = before.pane.clients + row.pane.clients, max(before.pane.touched_s, row.pane.touched_s)
    return replace(first, pane=replace(first.pane, clients=clients, touched_s=touched_s))
