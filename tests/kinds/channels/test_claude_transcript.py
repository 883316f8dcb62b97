"""What a conversation cost, from lines as Claude Code writes them: an answer's figures on each line of its blocks."""

import json
from pathlib import Path

from outrider.kinds.channels.claude_transcript import counted
from outrider.kinds.channels.transcript import read_on
from outrider.model.progress import TranscriptMark

START = 1_763_942_400_000  # 2025-11-24T00:00:00Z


def line(message: str | None, fresh: int, out: int, *, at: str = "2025-11-24T00:00:05.123Z", **more: object) -> bytes:
    """An assistant's line; figures that do not count stand among those that do."""
    usage = {
        "input_tokens": fresh,
        "cache_creation_input_tokens": 10,
        "cache_read_input_tokens": 50_000,
        "output_tokens": out,
        "service_tier": "standard",
    }
    row = {
        "type": "assistant",
        "timestamp": at,
        "message": {"id": message, "role": "assistant", "usage": usage},
        **more,
    }
    return json.dumps(row).encode() + b"\n"


PLAIN = (
    b'{"type":"user","timestamp":"2025-11-24T00:00:01Z","message":{"role":"user","content":"\\"usage\\" explained"}}\n'
)


def test_an_answer_counts_once_whatever_the_number_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(PLAIN + line("m1", 100, 1) + line("m1", 100, 1) + line("m1", 100, 40) + line("m2", 5, 5))
    spent = read_on(TranscriptMark(str(path)), START, counted)
    assert (spent.tokens, spent.cost_usd, spent.more) == (150 + 20, 0, False)
    assert spent.mark.offset == path.stat().st_size


def test_only_what_was_appended_is_read_and_half_a_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    first, second = line("m1", 100, 1), line("m1", 100, 40, costUSD=0.25)
    path.write_bytes(first + second[:30])
    spent = read_on(TranscriptMark(str(path)), START, counted)
    assert (spent.tokens, spent.mark.offset) == (111, len(first))
    path.write_bytes(first + second)
    spent = read_on(spent.mark, START, counted)
    assert (spent.tokens, spent.cost_usd) == (39, 0.25)
    again = read_on(spent.mark, START, counted)
    assert (again.tokens, again.mark) == (0, spent.mark)


def test_lines_of_an_earlier_run_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(line("m1", 100, 1, at="2025-11-23T23:59:59Z") + line("m2", 5, 5))
    assert read_on(TranscriptMark(str(path)), START, counted).tokens == 20


def test_odd_files_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    mark = TranscriptMark(str(path), offset=7)
    assert read_on(mark, START, counted).mark == mark
    path.mkdir()
    assert read_on(mark, START, counted).mark == mark
    path.rmdir()
    path.write_bytes(b'"usage"\n{"usage":1}\n{"message":{"usage":{"input_tokens":"x"}}}\n[]\n\xff"usage"\n')
    assert read_on(TranscriptMark(str(path)), START, counted).tokens == 0
    path.write_bytes(b"")
    assert read_on(mark, START, counted).mark.offset == 0, "a file that shrank"
    path.write_bytes(b"x" * (5 << 20) + b"\n" + line("m1", 1, 1))
    first = read_on(TranscriptMark(str(path)), START, counted)
    assert first.more
    assert read_on(first.mark, START, counted).tokens == 12
