"""A folder of cases: read as it stands, or refused with file and line."""

import json
from pathlib import Path

import pytest

from outrider.errors import InvalidInput
from outrider.kinds import cases

GOOD = {
    "id": "a",
    "agent": "claude",
    "size": "20x3",
    "state": "idle",
    "accept": ["idle"],
    "frames": [{"t": 2.5, "txt": "b.txt", "title": "later"}, {"t": 1, "txt": "a.txt", "title": "T", "cursor": "1,2,0"}],
    "channels": {"claude_session": {"status": "busy"}},
}


def folder(tmp_path: Path, **changed: object) -> Path:
    (tmp_path / "a.txt").write_text("one\n\n")
    (tmp_path / "b.txt").write_bytes(b"\xff two\n1\n2\n3\n4\n")
    (tmp_path / "index.jsonl").write_text("\n" + json.dumps({**GOOD, **changed}) + "\n")
    return tmp_path


def test_frames_in_the_order_of_time(tmp_path: Path) -> None:
    (case,) = cases.load(folder(tmp_path))
    first, last = case.frames
    assert (first.rows, first.taken_ms, first.pane.title) == (("one", "", ""), 1000, "T")
    assert (first.pane.cursor_x, first.pane.cursor_y, first.pane.width) == (1, 2, 20)
    assert (last.taken_ms, len(last.rows)) == (2500, 3)
    assert case.heard[0].at_ms <= 1000


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"state": "sleepy"}, "state and accept"),
        ({"size": "big"}, "size"),
        ({"frames": []}, "frames"),
        ({"frames": [{"t": 1, "txt": "none.txt"}]}, "none.txt cannot be read"),
        ({"frames": [{"t": 1, "txt": "../a.txt"}]}, "outside"),
        ({"id": 3}, "id"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, changed: dict[str, object], complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint) as caught:
        cases.load(folder(tmp_path, **changed))
    assert f"{tmp_path / 'index.jsonl'}:2" in caught.value.message


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has an index"):
        cases.load(tmp_path)
