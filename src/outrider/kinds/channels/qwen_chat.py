"""Qwen Code's log of a conversation (`~/.qwen/projects/…/chats/*.jsonl`, recorded with 0.24.4): tokens, and requests that failed.

Its screen and title stay as they are while it retries; each failed request is written here. Whether it gives up, it tells by a hook.
"""

from collections.abc import Mapping
from dataclasses import replace

from outrider.kinds.channels.transcript import Spent, inner, number, once, prompts, reading_of, rows
from outrider.logic.failure import of_status
from outrider.model.progress import TranscriptMark
from outrider.model.state import Detail, Reading, State

_MARKS = (b'"usageMetadata"', b"qwen-code.api_error", b'"type":"user"')


def counted(data: bytes, mark: TranscriptMark, since_ms: int) -> Spent:
    """What these whole lines, which begin at the mark, add."""
    spent = Spent(replace(mark, offset=mark.offset + len(data)), prompts=prompts(data, since_ms))
    for row, at_ms in rows(data, since_ms, _MARKS):
        usage = inner(row, "usageMetadata")
        if usage:
            tokens = max(0, number(usage, "totalTokenCount") - number(usage, "cachedContentTokenCount"))
            spent = once(spent, tokens, str(row.get("uuid") or ""))
        spent = replace(spent, said=_said(row, at_ms) or spent.said)
    return spent


def _said(row: Mapping[str, object], at_ms: int) -> Reading | None:
    event = inner(row, "systemPayload", "uiEvent")
    if event.get("event.name") == "qwen-code.api_error" and not event.get("subagent_name"):
        message = str(event.get("error_message") or "")
        detail = Detail(error=of_status(event.get("status_code"), message), retrying=True, message=message or None)
        return reading_of("api_error", State.ERROR, message, at_ms, detail)
    if row.get("type") in {"user", "assistant"}:
        return reading_of(str(row["type"]), State.THINKING, "", at_ms)
    return None
