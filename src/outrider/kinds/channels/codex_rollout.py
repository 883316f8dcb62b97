"""Codex's rollout file (JSON lines, recorded with 0.169.0): what the conversation has cost in tokens.

Its `token_count` lines bear the conversation's sums so far, and come again where nothing was added: what a sum is above the last
one counts. Tokens read from the cache are not in it, as for Claude Code.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from outrider.kinds.channels.claude_transcript import Spent, moment
from outrider.model.progress import TranscriptMark


def counted(data: bytes, mark: TranscriptMark, since_ms: int) -> Spent:
    """What these whole lines, which begin at the mark, add; sums older than `since_ms` (Unix ms) are of an earlier run."""
    spent = Spent(replace(mark, offset=mark.offset + len(data)))
    for line in data.splitlines():
        if b'"token_count"' not in line:
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and (total := _total(row)) is not None:
            more = max(0, total - spent.mark.tokens) if moment(row.get("timestamp")) >= since_ms else 0
            spent = replace(spent, mark=replace(spent.mark, tokens=total), tokens=spent.tokens + more)
    return spent


def _total(row: Mapping[str, object]) -> int | None:
    found: object = row
    for key in ("payload", "info", "total_token_usage"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return None
    fresh, cached, out = (found.get(key) for key in ("input_tokens", "cached_input_tokens", "output_tokens"))
    if not isinstance(fresh, int) or not isinstance(out, int):
        return None
    return max(0, fresh - (cached if isinstance(cached, int) else 0)) + out
