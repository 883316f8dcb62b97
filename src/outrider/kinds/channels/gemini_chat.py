"""Gemini CLI's log of a conversation (`~/.gemini/tmp/…/chats/*.jsonl`, recorded with 0.61.0): tokens, failures, interruptions.

That a turn failed or was cancelled is told here alone; hooks tell only that it ended without an answer. Failed requests are
retried in silence here, too. A prompt stands here as it is taken in, before the model is asked. What it repeats of the whole conversation
is passed over: in one line (`$set`), or, where a turn with a call was cancelled, message by message with new ids and times, which
begins with the context of the session and ends with such a line.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from outrider.kinds.channels.transcript import Spent, inner, moment, number, once, prompts, reading_of, rows
from outrider.logic.failure import of_status, of_words
from outrider.model.progress import TranscriptMark
from outrider.model.state import Detail, Reading, State

_MARKS = (b'"type":"gemini"', b'"type":"user"', b'"type":"error"', b'"type":"info"')
_MESSAGE_HEAD = re.compile(rb'\{"id":"[^"]*","timestamp":"([^"]*)","type":"\w+"')
_FIRST, _WHOLE = b',"content":[{"text":"<session_context>', b'{"$set":{"messages":'
ANEW_MS = 10_000
"""Long after this nothing of it is repeated any more, even where no line ended it."""
_CODE = re.compile(r'"code"\s*:\s*"?(\d{3})\b|\bstatus:? (\d{3})\b')
_MESSAGE = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"')
# From the start of its process to the first line; 40 s were seen on a busy machine. Processes' starts are known to 10 ms.
BEGINS_MS, SLACK_MS = 90_000, 1000
LONGEST_HEAD = 10_000
CANCELLED = "Request cancelled."


def counted(data: bytes, mark: TranscriptMark, since_ms: int) -> Spent:
    """What these whole lines, which begin at the mark, add."""
    fresh, anew_ms = _fresh(data, mark.anew_ms)
    mark = replace(mark, offset=mark.offset + len(data), anew_ms=anew_ms)
    spent = Spent(mark, prompts=prompts(fresh, since_ms))
    for row, at_ms in rows(fresh, since_ms, _MARKS):
        if isinstance(row.get("tokens"), dict):
            tokens = inner(row, "tokens")
            spent = once(spent, max(0, number(tokens, "total") - number(tokens, "cached")), str(row.get("id") or ""))
        if (said := _said(row, at_ms)) is not None:
            spent = replace(spent, said=said, errors=spent.errors + (said.state is State.ERROR))
    return spent


def _fresh(data: bytes, anew_ms: int) -> tuple[bytes, int]:
    """The lines without the messages that are repeated, and since when some are at the end of them; 0 where none are."""
    kept = []
    for line in data.splitlines(keepends=True):
        if line.startswith(_WHOLE):
            anew_ms = 0
        head = _MESSAGE_HEAD.match(line)
        if head is not None:
            at_ms = moment(head[1].decode("ascii", "replace"))
            if line.startswith(_FIRST, head.end()):
                anew_ms = at_ms
            elif at_ms - anew_ms > ANEW_MS:
                anew_ms = 0
            if anew_ms:
                continue
        kept.append(line)
    return b"".join(kept), anew_ms


def begun(home: Path, cwd: str, began_ms: int) -> Path | None:
    """The conversation that a Gemini CLI of that home began there when it was started then; None unless exactly one may be it.

    Each file's first line names its directory, by a digest, and when it was begun; that is seconds after the process is.
    """
    project = hashlib.sha256(cwd.encode("utf-8", "surrogateescape")).hexdigest()
    found = [
        path
        for path in home.glob(".gemini/tmp/*/chats/session-*.jsonl")
        if _written_ms(path) >= began_ms and _is_of(path, project, began_ms)
    ]
    return found[0] if len(found) == 1 else None


def _is_of(path: Path, project: str, began_ms: int) -> bool:
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline(LONGEST_HEAD))
        at_ms = datetime.fromisoformat(str(head["startTime"])).timestamp() * 1000
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
    its_own = head.get("kind") == "main" and head.get("projectHash") == project
    return its_own and began_ms - SLACK_MS <= at_ms <= began_ms + BEGINS_MS


def _written_ms(path: Path) -> float:
    try:
        return path.stat().st_mtime * 1000
    except OSError:
        return 0


def _said(row: Mapping[str, object], at_ms: int) -> Reading | None:
    content = row.get("content")
    said = content if isinstance(content, str) else ""
    match row.get("type"):
        case "user":
            return reading_of("prompt", State.THINKING, "", at_ms)
        case "info" if said == CANCELLED:
            return reading_of("cancelled", State.IDLE, said, at_ms, Detail(reason="interrupted"))
        case "error":
            code, message = _CODE.search(said), _MESSAGE.search(said)
            status = int(code[1] or code[2]) if code is not None else None
            told = message[1] if message is not None else said
            kind = of_status(status, told) or of_words(said)
            detail = Detail(error=kind, retrying=False, message=told)
            return reading_of("error", State.ERROR, said, at_ms, detail)
        case _:
            return None
