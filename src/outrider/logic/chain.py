"""The audit's chain: each line's digest is made of the line and of the digest before it.

Whoever changes, drops, adds or reorders a line breaks every digest after it. Whoever can write the whole file can make the whole chain
anew, so a head (number and digest of the newest line) that is kept elsewhere proves the lines up to it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from outrider.model.audit import AuditEntry, AuditRow

START = ""
"""The digest before the first line."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line of a chain; number 0 and no digest where there is none. Written `12:ab…`."""

    id: int = 0
    digest: str = START

    def __str__(self) -> str:
        return f"{self.id}:{self.digest}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at a chain found: how many lines are whole, the last of them, and what is wrong, in a sentence."""

    rows: int
    head: Head
    wrong: str | None = None


def data_text(row: AuditRow) -> str:
    """The line's data as it is kept and as it goes into the digest."""
    return json.dumps(dict(row.data), separators=(",", ":"))


def digest(*line: str | int) -> str:
    """SHA-256, in hexadecimal, of the digest before, the number, the time, actor, action, session and `data_text`, in this order."""
    return hashlib.sha256(json.dumps(line, separators=(",", ":")).encode()).hexdigest()


def digest_of(before: str, entry: AuditEntry) -> str:
    """What the entry's digest has to be."""
    row = entry.row
    return digest(before, entry.id, row.at_ms, row.actor, row.action, row.session, data_text(row))


def look(entries: Iterable[AuditEntry], *, newest: int | None = None, known: Head | None = None) -> Finding:
    """Looks a chain over, from its first line on. `newest` is the last number that was ever given; `known` a head of earlier."""
    head, rows = Head(), 0
    for entry in entries:
        if entry.id != head.id + 1:
            return Finding(rows, head, f"{_lines(head.id + 1, entry.id - 1)} missing.")
        if entry.digest != digest_of(head.digest, entry):
            return Finding(rows, head, f"Line {entry.id} is not what was written, or a line before it was changed.")
        if known is not None and known.id == entry.id and known.digest != entry.digest:
            return Finding(
                rows,
                head,
                f"Line {entry.id} has another digest than the head you gave: the lines up to it were written anew.",
            )
        head, rows = Head(entry.id, entry.digest), rows + 1
    last = max(newest or 0, known.id if known else 0)
    return Finding(rows, head, f"{_lines(head.id + 1, last)} missing." if last > head.id else None)


def _lines(first: int, last: int) -> str:
    return f"Line {first} is" if first == last else f"Lines {first} to {last} are"
