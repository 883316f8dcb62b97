"""Codex's rollout file (recorded with 0.169.0): what the conversation has cost, and how its turns begin and end.

Its `token_count` lines bear the conversation's sums so far, and come again where nothing was added: what a sum is above the last
one counts. Tokens read from the cache are not in it, as for Claude Code. That a turn failed is told here alone: no hook is fired.
Older versions told it by a line of its own (`error`), and when a limit ends in seconds from then on.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from outrider.kinds.channels.transcript import Spent, inner, number, prompts, reading_of, rows
from outrider.logic.failure import of_status
from outrider.model.progress import TranscriptMark
from outrider.model.state import Detail, ErrorClass, Reading, State

HELD = re.compile(r"/rollout-[^/]+\.jsonl$")
"""It keeps this file open from a conversation's first prompt on."""
_MARKS = (b'"token_count"', b'"task_started"', b'"task_complete"', b'"turn_aborted"', b'"type":"error"')
_CLASSES: Mapping[str, ErrorClass] = {
    "usage_limit_exceeded": ErrorClass.USAGE_LIMIT,
    "context_window_exceeded": ErrorClass.CONTEXT_FULL,
    "unauthorized": ErrorClass.AUTH,
    "bad_request": ErrorClass.INVALID_REQUEST,
    "server_overloaded": ErrorClass.SERVER,
    "internal_server_error": ErrorClass.SERVER,
    "http_connection_failed": ErrorClass.NETWORK,
    "response_stream_connection_failed": ErrorClass.NETWORK,
    "response_stream_disconnected": ErrorClass.NETWORK,
    "response_too_many_failed_attempts": ErrorClass.SERVER,
}


def counted(data: bytes, mark: TranscriptMark, since_ms: int) -> Spent:
    """What these whole lines, which begin at the mark, add; sums older than `since_ms` (Unix ms) are of an earlier run."""
    spent = Spent(replace(mark, offset=mark.offset + len(data)), prompts=prompts(data, since_ms))
    resets_ms: int | None = None
    for row, at_ms in rows(data, 0, _MARKS):
        payload = inner(row, "payload")
        if payload.get("type") == "token_count":
            spent = _summed(spent, payload, fresh=at_ms >= since_ms)
            resets_ms = _resets(inner(payload, "rate_limits"), at_ms)
        elif at_ms >= since_ms and (said := _said(payload, at_ms, resets_ms)) is not None:
            spent = replace(spent, said=said, errors=spent.errors + (said.state is State.ERROR))
    return spent


def _summed(spent: Spent, payload: Mapping[str, object], *, fresh: bool) -> Spent:
    usage = inner(payload, "info", "total_token_usage")
    if not isinstance(usage.get("input_tokens"), int) or not isinstance(usage.get("output_tokens"), int):
        return spent
    cached = number(usage, "cached_input_tokens")
    total = max(0, number(usage, "input_tokens") - cached) + number(usage, "output_tokens")
    more = max(0, total - spent.mark.tokens) if fresh else 0
    return replace(spent, mark=replace(spent.mark, tokens=total), tokens=spent.tokens + more)


def _said(payload: Mapping[str, object], at_ms: int, resets_ms: int | None) -> Reading | None:
    match payload.get("type"):
        case "task_started":
            return reading_of("task_started", State.THINKING, "", at_ms)
        case "turn_aborted":
            reason = str(payload.get("reason") or "interrupted")
            return reading_of("turn_aborted", State.IDLE, reason, at_ms, Detail(reason="interrupted"))
        case "task_complete" if isinstance(payload.get("error"), dict):
            return _failed(inner(payload, "error"), at_ms, resets_ms)
        case "task_complete":
            return reading_of("task_complete", State.COMPLETE, str(payload.get("last_agent_message") or ""), at_ms)
        case "error":
            return _failed(payload, at_ms, resets_ms)
        case _:
            return None


def _failed(error: Mapping[str, object], at_ms: int, resets_ms: int | None) -> Reading:
    message = str(error.get("message") or "")
    kind = _class(error.get("codex_error_info"), message)
    # Its own words name the limit that was met; of the figures, one that is used up may be another.
    resets_ms = resets_ms if kind is ErrorClass.USAGE_LIMIT and "gain at" not in message else None
    detail = Detail(error=kind, retrying=False, message=message or None, resets_at_ms=resets_ms)
    return reading_of("error", State.ERROR, message, at_ms, detail)


def _class(info: object, message: str) -> ErrorClass | None:
    name = next(iter(info), "") if isinstance(info, dict) else str(info)
    status = inner(info, name).get("http_status_code") if isinstance(info, dict) else None
    if name in _CLASSES and status is None:
        return _CLASSES[name]
    return of_status(status, message) or _CLASSES.get(name)


def _resets(limits: Mapping[str, object], at_ms: int) -> int | None:
    """When the limits that are used up end: the last of them."""
    ends = [_end(inner(limits, name), at_ms) for name in ("primary", "secondary")]
    return max((end for end in ends if end is not None), default=None)


def _end(window: Mapping[str, object], at_ms: int) -> int | None:
    used = window.get("used_percent")
    if not isinstance(used, int | float) or used < 100:
        return None
    if at_s := number(window, "resets_at"):
        return at_s * 1000
    left_s = number(window, "resets_in_seconds")
    return at_ms + left_s * 1000 if left_s else None
