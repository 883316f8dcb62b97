"""Recordings in asciicast v2: written so that any player reads them, read so that a daemon's sudden end spoils nothing."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outrider.errors import InvalidInput
from outrider.logic import asciicast
from outrider.logic.asciicast import Cast, Moment

HEADER = '{"version": 2, "width": 80, "height": 24}'


def test_a_recording_has_a_header_and_a_line_for_everything() -> None:
    cast = Cast(1_700_000_000_000)
    text = cast.header(80, 24, "fix")
    text += cast.picture(80, 24, b"drawn", 1_700_000_000_000)
    text += cast.output("é".encode(), 1_700_000_001_250)
    text += cast.picture(100, 30, b"again", 1_700_000_002_000)
    text += cast.marker("cut: enough", 1_700_000_003_000)
    assert [json.loads(line) for line in text.splitlines()] == [
        {"version": 2, "width": 80, "height": 24, "timestamp": 1_700_000_000, "title": "fix"},
        [0.0, "o", "\x1bcdrawn"],
        [1.25, "o", "é"],
        [2.0, "r", "100x30"],
        [2.0, "o", "\x1bcagain"],
        [3.0, "m", "cut: enough"],
    ]
    first, *rest = text.splitlines()
    assert asciicast.header(first) == asciicast.Header(80, 24, 1_700_000_000, "fix")
    assert [each.code for each in asciicast.moments(rest)] == ["o", "o", "r", "o", "m"]


@given(st.text(min_size=1), st.lists(st.integers(0, 40)))
def test_characters_that_were_cut_apart_are_whole(text: str, cuts: list[int]) -> None:
    raw = text.encode("utf-8", "replace")
    places = sorted({0, len(raw), *(place for place in cuts if place < len(raw))})
    cast = Cast(0)
    lines = "".join(cast.output(raw[a:b], 0) for a, b in itertools.pairwise(places))
    assert "".join(each.data for each in asciicast.moments(lines.split("\n"))) == raw.decode()


@given(st.binary(), st.lists(st.integers(0, 40)))
def test_whatever_bytes_come_each_line_is_what_the_format_asks_for(raw: bytes, cuts: list[int]) -> None:
    """As docs.asciinema.org/manual/asciicast/v2 has it: UTF-8, JSON, control characters escaped, `[time, code, data]`."""
    raw += b"."
    places = sorted({0, len(raw), *(place for place in cuts if place < len(raw))})
    cast = Cast(0)
    lines = [cast.output(raw[a:b], number) for number, (a, b) in enumerate(itertools.pairwise(places))]
    written = "".join(lines).encode("utf-8")
    assert not {byte for byte in written if byte < 0x20} - {0x0A}
    told = [json.loads(line) for line in written.split(b"\n")[:-1]]
    assert all((type(at), code, type(data)) == (float, "o", str) for at, code, data in told)
    assert "".join(data for _, _, data in told) == raw.decode("utf-8", "replace")


def test_time_never_runs_back() -> None:
    cast = Cast(1000)
    lines = cast.output(b"a", 3000) + cast.output(b"b", 500) + cast.output(b"c", 4000)
    assert [each.at_s for each in asciicast.moments(lines.split("\n"))] == [2.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "no asciicast"),
        ("[1, 2]", "no asciicast"),
        ('{"version": 3, "term": {}}', "version 3; only"),
        ('{"version": 2, "width": 80}', "columns and rows"),
        ('{"version": 2, "width": 0, "height": 24}', "columns and rows"),
    ],
)
def test_what_is_no_recording_is_refused(line: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        asciicast.header(line)


def test_a_last_line_that_was_cut_off_is_not_there_and_a_broken_one_before_is_told() -> None:
    whole = '[0.5, "o", "a"]'
    assert list(asciicast.moments([whole, '[1.0, "o", "b'])) == [Moment(0.5, "o", "a")]
    assert list(asciicast.moments([whole, '[0.7, "i", "typed"]', "", '[1, "o", "b"]']))[1] == Moment(1.0, "o", "b")
    with pytest.raises(InvalidInput, match="Line 3 "):
        list(asciicast.moments([whole, "[1.0, ", whole]))


def test_it_plays_faster_and_skips_rests() -> None:
    happened = [Moment(1.0, "o", "a"), Moment(101.0, "o", "b"), Moment(102.0, "o", "c")]
    assert [wait for wait, _ in asciicast.played(happened, speed=2.0, idle_s=4.0)] == [0.5, 2.0, 0.5]
    assert [wait for wait, _ in asciicast.played(happened, speed=1.0, idle_s=0)] == [1.0, 100.0, 1.0]
