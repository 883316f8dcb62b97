"""The control mode parser: recorded streams however they are cut, and blocks that look like something else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outrider.tmux.protocol import Item, Notification, Parser, Reply

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.bin"))


def parsed(*chunks: bytes) -> list[Item]:
    """The items of a stream that comes in these pieces."""
    parser = Parser()
    return [item for chunk in chunks for item in parser.feed(chunk)]


TABLE = [
    pytest.param(b"%begin 5 7 1\n%end 5 7 1\n", [Reply(5, 7, True, True, b"")], id="empty block"),
    pytest.param(b"%begin 5 7 1\n\n%end 5 7 1\n", [Reply(5, 7, True, True, b"\n")], id="one blank line"),
    pytest.param(b"%begin 5 7 0\na\n%error 5 7 0\n", [Reply(5, 7, False, False, b"a\n")], id="error, not asked for"),
    pytest.param(
        b"%begin 5 7 1\n%end 5 7 0\n%end 5 70 1\n %end 5 7 1\n%exit\n%end 5 7 1\n",
        [Reply(5, 7, True, True, b"%end 5 7 0\n%end 5 70 1\n %end 5 7 1\n%exit\n")],
        id="only the same three numbers end a block, at the start of a line",
    ),
    pytest.param(
        b"%begin 5 7 1\n%begin 5 8 1\n%error 5 7 1\n", [Reply(5, 7, True, False, b"%begin 5 8 1\n")], id="no nesting"
    ),
    pytest.param(
        b"%sessions-changed\n%session-renamed $1 a b\nhuh\n",
        [Notification("sessions-changed", ""), Notification("session-renamed", "$1 a b"), Notification("", "huh")],
        id="notifications",
    ),
    pytest.param(b"%end 5 7 1\n", [Notification("end", "5 7 1")], id="an end without a beginning"),
    pytest.param(b"%begin x\n", [Notification("begin", "x")], id="a damaged beginning"),
    pytest.param(b"%begin 5 7 1\n\xff\xfe\n%end 5 7 1\n%x", [Reply(5, 7, True, True, b"\xff\xfe\n")], id="not UTF-8"),
]


@pytest.mark.parametrize(("stream", "items"), TABLE)
def test_items(stream: bytes, items: list[Item]) -> None:
    """The whole stream, then byte by byte."""
    assert parsed(stream) == items
    assert parsed(*(stream[at : at + 1] for at in range(len(stream)))) == items


def test_lines_are_text_whatever_the_bytes() -> None:
    """Invalid UTF-8 is shown as such; a blank line is a line."""
    assert Reply(0, 0, True, True, b"a\xff\n\nb\r\n").lines == ("a\ufffd", "", "b\r")
    assert Reply(0, 0, True, True, b"").lines == ()
    assert Reply(0, 0, True, False, b"can't find pane: %9\n").text == "can't find pane: %9"


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.name)
@given(data=st.data())
def test_every_cut_of_a_recording_gives_the_same(file: Path, data: st.DataObject) -> None:
    """Where the bytes are cut changes nothing."""
    stream = file.read_bytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=40)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert parsed(*pieces) == parsed(stream)


def test_the_recorded_screen_of_traps_is_one_reply() -> None:
    """A pane that prints control mode is a pane, and what follows is still understood."""
    replies = [item for item in parsed((RECORDED[1]).read_bytes()) if isinstance(item, Reply)]
    traps = next(reply for reply in replies if b"Z\xc3\xbcrich" in reply.body)
    assert traps.lines[0] == "%begin 1 2 1"
    assert len(traps.lines) == 12
    assert [reply.text for reply in replies if not reply.ok] == [
        "can't find pane: %99",
        "parse error: unknown command: nonsense",
        "can't find pane: %98",
    ]
    numbers = [reply.number for reply in replies]
    assert numbers == sorted(numbers)


@given(body=st.lists(st.sampled_from(["%end 5 7 1", "%begin 5 8 1", "%exit", "", "x", "%error 5 7 0"]), max_size=8))
def test_nothing_is_lost_between_blocks(body: list[str]) -> None:
    """A block that ended early by a forged end shows as damage or as text, never as silence."""
    text = "".join(f"{line}\n" for line in body).encode()
    items = parsed(b"%begin 5 7 1\n" + text + b"%end 5 7 1\n")
    forged = b"%end 5 7 1\n" in text
    whole = Reply(5, 7, True, True, text)
    assert items == [whole] if not forged else items[0] != whole
