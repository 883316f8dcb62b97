"""Transcripts: the files (JSON lines) in which agents write down their conversations, read on where they grew.

In: whole lines, and the mark up to which they were read. Out: what was spent, and the agent's word on its own turns: how they
began and ended, which it tells nobody else where no hook is fired. Lines older than the agent are of an earlier run and say nothing.
"""

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from outrider.model.progress import TranscriptMark
from outrider.model.state import Detail, Reading, Source, State

_ASKED = (b'"type":"user"', b'"role":"user"')
_OURS = ("<", "[Request interrupted by user")
_NEWEST = 8
LARGEST = 4 << 20
"""Bytes read at a time."""
_LINE = 200


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in the part just read, what was said there, and how far it goes. Tokens read from the cache are not in `tokens`.

    `errors` are counted only where no hook tells of them.
    """

    mark: TranscriptMark
    tokens: int = 0
    cost_usd: float = 0.0
    errors: int = 0
    said: Reading | None = None
    """The last word in it."""
    more: bool = False
    """Whether there is more to read already."""
    prompts: tuple[tuple[int, str], ...] = ()
    """What the person's side said in it, verbatim, each with its time (Unix ms); the newest few."""


Count = Callable[[bytes, TranscriptMark, int], Spent]
"""What whole lines add, which begin at the mark; those older than the time (Unix ms) are of an earlier run."""


def read_on(mark: TranscriptMark, since_ms: int, count: Count) -> Spent:
    """Reads what was appended to the file since that mark; lines older than `since_ms` (Unix ms) are of an earlier run.

    Blocks for as long as the disk does. Nothing where the file is not there; where it shrank, what it has now is taken as counted.
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
    spent = count(data[:whole], mark, since_ms)
    more = status.st_size > spent.mark.offset and whole > 0 and len(data) == LARGEST
    return replace(spent, more=more)


def prompts(data: bytes, since_ms: int) -> tuple[tuple[int, str], ...]:
    """The prompts in these whole lines, of Claude Code, Codex, Gemini CLI and Qwen Code alike (as recorded with the versions that their
    modules name). What programs put in a person's mouth, and prompts of several parts, are left out; where a line tells what the person
    saw of a prompt (`displayContent`: Gemini CLI puts files behind it that it names), that counts.
    """
    found = [(at_ms, said) for row, at_ms in rows(data, since_ms, _ASKED) if (said := _prompt(row))]
    return tuple(found[-_NEWEST:])


def _prompt(row: Mapping[str, object]) -> str:
    message = next((each for each in (inner(row, "payload"), inner(row, "message")) if each), row)
    if "user" not in (row.get("type"), message.get("role")):
        return ""
    if any(row.get(name) is True for name in ("isSidechain", "isMeta", "isCompactSummary")):
        return ""
    content = message.get("displayContent", message.get("content", message.get("parts")))
    parts = content if isinstance(content, list) else ({"text": content},)
    texts = [each.get("text") for each in parts if isinstance(each, dict)]
    said = texts[0] if len(texts) == 1 else None
    return said if isinstance(said, str) and not said.startswith(_OURS) else ""


def rows(data: bytes, since_ms: int, marks: tuple[bytes, ...]) -> Iterator[tuple[Mapping[str, object], int]]:
    """The lines that hold one of these marks and are not older than `since_ms`, each with its time (Unix ms)."""
    for line in data.splitlines():
        if not any(mark in line for mark in marks):
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and (at_ms := moment(row.get("timestamp"))) >= since_ms:
            yield row, at_ms


def reading_of(name: str, state: State, said: str, at_ms: int, detail: Detail | None = None) -> Reading:
    """A transcript's word."""
    line = " ".join(said[: 2 * _LINE].split())[:_LINE]
    return Reading(Source.TRANSCRIPT, state, f"transcript:{name}", line, at_ms, detail or Detail())


def once(spent: Spent, tokens: int, name: str) -> Spent:
    """Tokens of an answer that may stand on several lines, each with its sum so far: of one name the largest counts."""
    mark = spent.mark
    again = mark.tokens if name and name == mark.message else 0
    mark = replace(mark, message=name, tokens=max(tokens, again))
    return replace(spent, mark=mark, tokens=spent.tokens + max(0, tokens - again))


def inner(row: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """The object below these keys, empty where there is none."""
    found: object = row
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def number(fields: Mapping[str, object], *keys: str) -> int:
    """The sum of these fields, as far as they are positive whole numbers."""
    return sum(value for key in keys if isinstance(value := fields.get(key), int) and value > 0)


def moment(said: object) -> int:
    """A line's time in Unix ms; 0 where it is not told."""
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    try:
        return round(datetime.fromisoformat(str(said)).timestamp() * 1000)
    except ValueError:
        return 0
