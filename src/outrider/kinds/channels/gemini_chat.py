"""Gemini CLI's log of a conversation (`~/.gemini/tmp/…/chats/*.jsonl`, recorded with 0.61.0): tokens, failures, interruptions.

That a turn failed or was cancelled is told here alone; hooks tell only that it ended without an answer. Failed requests are
retried in silence here, too. What it repeats of the whole conversation (`$set`) is passed over.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from outrider.kinds.channels.transcript import Spent, inner, number, once, reading_of, rows
from outrider.logic.failure import of_status, of_words
from outrider.model.progress import TranscriptMark
from outrider.model.state import Detail, Reading, State

_MARKS = (b'"type":"gemini"', b'"type":"user"', b'"type":"error"', b'"type":"info"')
_CODE = re.compile(r'"code"\s*:\s*"?(\d{3})\b|\bstatus:? (\d{3})\b')
_MESSAGE = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"')
CANCELLED = "Request cancelled."


def counted(data: bytes, mark: TranscriptMark, since_ms: int) -> Spent:
    """What these whole lines, which begin at the mark, add."""
    spent = Spent(replace(mark, offset=mark.offset + len(data)))
    for row, at_ms in rows(data, since_ms, _MARKS):
        if isinstance(row.get("tokens"), dict):
            tokens = inner(row, "tokens")
            spent = once(spent, max(0, number(tokens, "total") - number(tokens, "cached")), str(row.get("id") or ""))
        if (said := _said(row, at_ms)) is not None:
            spent = replace(spent, said=said, errors=spent.errors + (said.state is State.ERROR))
    return spent


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
