"""Claude Code's transcript (recorded with 2.1.197): what the conversation has cost, and what no hook tells of its turns.

An answer stands on one line for each of its blocks, each with the answer's figures so far: of lines with the same message id the
last one counts. Sub-agents write elsewhere. A failure is an answer of Claude Code's own that says so; an interruption is a line of
the person's that nobody typed. While it retries, older versions (1.x, and 2.0) wrote a line for each try.
"""

from collections.abc import Mapping
from dataclasses import replace

from outrider.kinds.channels.transcript import Spent, inner, number, once, prompts, reading_of, rows
from outrider.logic.failure import error_class
from outrider.model.progress import TranscriptMark
from outrider.model.state import Detail, Reading, State

_COUNTED = ("input_tokens", "cache_creation_input_tokens", "output_tokens")
_MARKS = (b'"usage"', b'"costUSD"', b'"isApiErrorMessage"', b'"api_error"', b'"compact_boundary"', b'"type":"user"')
_INTERRUPTED = "[Request interrupted by user"


def counted(data: bytes, mark: TranscriptMark, since_ms: int) -> Spent:
    """What these whole lines, which begin at the mark, add."""
    spent = Spent(replace(mark, offset=mark.offset + len(data)), prompts=prompts(data, since_ms))
    for row, at_ms in rows(data, since_ms, _MARKS):
        spent = replace(_with(spent, row), said=_said(row, at_ms) or spent.said)
    return spent


def _with(spent: Spent, row: Mapping[str, object]) -> Spent:
    cost = row.get("costUSD")
    if isinstance(cost, int | float) and not isinstance(cost, bool) and cost > 0:
        spent = replace(spent, cost_usd=spent.cost_usd + cost)
    message = inner(row, "message")
    if not isinstance(message.get("usage"), dict):
        return spent
    return once(spent, number(inner(message, "usage"), *_COUNTED), str(message.get("id") or ""))


def _said(row: Mapping[str, object], at_ms: int) -> Reading | None:
    if row.get("isSidechain") is True:
        return None
    kind, said = row.get("type"), _text(inner(row, "message").get("content"))
    if row.get("isApiErrorMessage") is True:
        error = error_class(str(row.get("error")), f"{said} {row.get('errorDetails') or ''}")
        return reading_of("api_error", State.ERROR, said, at_ms, Detail(error=error, retrying=False, message=said))
    if kind == "system" and row.get("subtype") == "api_error":
        message = str(inner(row, "error").get("message") or row.get("content") or "") or None
        detail = Detail(error=error_class("server_error", message or ""), retrying=True, message=message)
        return reading_of("api_retry", State.ERROR, message or "", at_ms, detail)
    if kind == "system" and row.get("subtype") == "compact_boundary":
        manual = inner(row, "compactMetadata").get("trigger") == "manual"
        return reading_of("compacted", State.IDLE if manual else State.THINKING, str(row.get("content")), at_ms)
    if kind != "user" or row.get("isMeta") is True or row.get("isCompactSummary") is True:
        return None
    if said.startswith(_INTERRUPTED):
        return reading_of("interrupted", State.IDLE, said, at_ms, Detail(reason="interrupted"))
    return reading_of("prompt", State.THINKING, said, at_ms) if said and not said.startswith("<") else None


def _text(content: object) -> str:
    """A message's words; nothing for results of tools."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else ()
    return " ".join(
        str(each["text"]) for each in blocks if isinstance(each, dict) and isinstance(each.get("text"), str)
    )
