"""Tokens from Codex's rollout file, recorded with 0.169.0."""

from pathlib import Path

import pytest

from outrider.kinds.channels import codex_rollout, transcript
from outrider.model.progress import TranscriptMark

RECORDED = (Path(__file__).parent / "recorded" / "codex" / "rollout.txt").read_bytes()
SUMS = [line for line in RECORDED.splitlines(keepends=True) if b'"token_count"' in line]


def test_sums_are_counted_once_however_they_are_read(tmp_path: Path) -> None:
    whole = codex_rollout.counted(RECORDED, TranscriptMark("x"), 0)
    assert whole.tokens == 1260 * len(SUMS)
    path = tmp_path / "rollout.jsonl"
    mark, tokens = TranscriptMark(str(path)), 0
    for end in range(0, len(RECORDED) + 500, 500):
        path.write_bytes(RECORDED[:end])
        spent = transcript.read_on(mark, 0, codex_rollout.counted)
        mark, tokens = spent.mark, tokens + spent.tokens
    assert tokens == whole.tokens


def test_a_sum_that_comes_again_adds_nothing() -> None:
    assert codex_rollout.counted(SUMS[0] * 3, TranscriptMark("x"), 0).tokens == 1260


def test_what_a_resumed_conversation_cost_before_is_not_counted() -> None:
    later = transcript.moment("2100-01-01T00:00:00Z")
    before = codex_rollout.counted(SUMS[0], TranscriptMark("x"), later)
    assert before.tokens == 0
    assert codex_rollout.counted(SUMS[1], before.mark, 0).tokens == 1260


@pytest.mark.parametrize(
    "line", [b'{"token_count"', b'["token_count"]', b'{"payload":{"type":"token_count","info":null}}']
)
def test_other_lines_add_nothing(line: bytes) -> None:
    assert codex_rollout.counted(line + b"\n", TranscriptMark("x"), 0).tokens == 0
