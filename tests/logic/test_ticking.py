import pytest

from outrider.errors import Conflict, InvalidInput, NoSuchThing
from outrider.logic.progress import parse
from outrider.logic.ticking import chosen, ticked

TEXT = (
    "# Plan\n\n- [ ] Write the parser\n  1. [ ] Tokens\n- [x] Write the docs\n- [ ] Test\n\n"
    "| Task | Status |\n|---|---|\n| Ship | open |\n"
)
SPEC = parse(TEXT)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("1", "Write the parser"),
        ("2", "Tokens"),
        ("Test", "Test"),
        ("  write   the PARS", "Write the parser"),
        ("tok", "Tokens"),
    ],
)
def test_an_item_is_named_by_number_text_or_beginning(wanted: str, text: str) -> None:
    assert chosen(SPEC, wanted).text == text


def test_a_name_that_is_none_or_several_is_refused_with_what_there_is() -> None:
    with pytest.raises(InvalidInput, match="1: Write the parser; 3: Write the docs"):
        chosen(SPEC, "write the")
    for wanted in ("0", "9", "nothing", ""):
        with pytest.raises(NoSuchThing):
            chosen(SPEC, wanted)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"- [ ] a\n- [ ] b\n", b"- [ ] a\n- [x] b\n"),
        (b"- [x] a\r\n* [ ] b\r\nend", b"- [x] a\r\n* [x] b\r\nend"),
        (b"- [ ] a\r- [ ] b", b"- [ ] a\r- [x] b"),
        ("\ufeff- [ ] ä\n\n\n12. [ ] [ ] b [ ]\n".encode(), "\ufeff- [ ] ä\n\n\n12. [x] [ ] b [ ]\n".encode()),
        (b"- [ ] a\n  > - [ ] b\n", b"- [ ] a\n  > - [x] b\n"),
        (b"---\nprogress: 3\n---\n- [ ] a\n- 1. [ ] b\x0c\n", b"---\nprogress: 3\n---\n- [ ] a\n- 1. [x] b\x0c\n"),
    ],
)
def test_one_box_is_ticked_and_every_other_byte_stays(before: bytes, after: bytes) -> None:
    item = parse(before.decode()).items[1]
    assert ticked(before, item) == after


def test_the_first_line_behind_a_byte_order_mark() -> None:
    before = "\ufeff- [ ] a\n".encode()
    assert ticked(before, parse(before.decode()).items[0]) == "\ufeff- [x] a\n".encode()


def test_what_has_no_open_box_is_refused() -> None:
    with pytest.raises(InvalidInput, match="row of a table"):
        ticked(TEXT.encode(), chosen(SPEC, "Ship"))
    with pytest.raises(Conflict, match="ticked already"):
        ticked(TEXT.encode(), chosen(SPEC, "Write the docs"))
    with pytest.raises(Conflict, match="no open box any more"):
        ticked(b"# Plan\n", chosen(SPEC, "Test"))
