"""Claude Code's transcript (JSON lines): what the conversation has cost in tokens, and in money where it says so.

Read on when a hook was called, and only what was appended since. An answer stands on one line for each of its blocks, each with
the answer's figures so far: of lines with the same message id the last one counts. Sub-agents write elsewhere; they are not in it.
"""

import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outrider.model.progress import TranscriptMark

LARGEST = 4 << 20
"""Bytes read at a time."""
_COUNTED = ("input_tokens", "cache_creation_input_tokens", "output_tokens")


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in the part just read, and how far it goes. Tokens read from the cache are not in `tokens`."""

    mark: TranscriptMark
    tokens: int = 0
    cost_usd: float = 0.0
    more: bool = False
    """Whether there is more to read already."""


Count = Callable[[bytes, TranscriptMark, int], Spent]
"""What whole lines add, which begin at the mark; those older than the time (Unix ms) are of an earlier run."""


def read_on(mark: TranscriptMark, since_ms: int, count: Count | None = None) -> Spent:
    """Reads what was appended to the file since that mark; lines older than `since_ms` (Unix ms) are of an earlier run.

    `count` reads the lines of another agent's file. Blocks for as long as the disk does.
    Nothing where the file is not there; where it shrank, what it has now is taken as counted.
    """
    try:
        handle = os.open(mark.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return Spent(mark)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return Spent(mark)
        if status.st_size < mark.offset:
            mark = replace(mark, offset=status.st_size)
        data = os.pread(handle, LARGEST, mark.offset)
    finally:
        os.close(handle)
    whole = data.rfind(b"\n") + 1
    if whole == 0 and len(data) == LARGEST:
        whole = len(data)  # one line of that size holds a file, no figures
    spent = (count or counted)(data[:whole], mark, since_ms)
    return replace(spent, more=status.st_size > spent.mark.offset and whole > 0 and len(data) == LARGEST)


def counted(data: bytes, mark: TranscriptMark, since_ms: int) -> Spent:
    """What these whole lines, which begin at the mark, add."""
    spent = Spent(replace(mark, offset=mark.offset + len(data)))
    for line in data.splitlines():
        if b'"usage"' not in line and b'"costUSD"' not in line:
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and moment(row.get("timestamp")) >= since_ms:
            spent = _with(spent, row)
    return spent


def _with(spent: Spent, row: Mapping[str, object]) -> Spent:
    cost = row.get("costUSD")
    if isinstance(cost, int | float) and not isinstance(cost, bool) and cost > 0:
        spent = replace(spent, cost_usd=spent.cost_usd + cost)
    message = row.get("message")
    usage = message.get("usage") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(usage, dict):
        return spent
    tokens = sum(value for name in _COUNTED if isinstance(value := usage.get(name), int) and value > 0)
    name, mark = str(message.get("id") or ""), spent.mark
    again = mark.tokens if name and name == mark.message else 0
    mark = replace(mark, message=name, tokens=max(tokens, again))
    return replace(spent, mark=mark, tokens=spent.tokens + max(0, tokens - again))


def moment(said: object) -> int:
    """A line's time in Unix ms; 0 where it is not told."""
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    try:
        return round(datetime.fromisoformat(str(said)).timestamp() * 1000)
    except ValueError:
        return 0
