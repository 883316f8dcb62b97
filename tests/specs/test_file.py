"""Ticking a box in a file: that one byte, and only where nobody else was at it."""

from pathlib import Path

import pytest

from outrider.errors import Conflict, OutriderError
from outrider.logic.progress import parse
from outrider.specs import Report, tick

TEXT = b"# Plan\r\n\r\n- [ ] a\r\n- [ ] b  \r\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def report(path: Path, text: bytes = TEXT) -> Report:
    """The file as it was read last."""
    path.write_bytes(text)
    return Report("x", path, path.name, parse(text.decode()))


async def test_the_file_keeps_its_mode_and_every_other_byte(tmp_path: Path) -> None:
    known = report(tmp_path / "TASKS.md")
    (tmp_path / "TASKS.md").chmod(0o604)
    ticked = await tick(known, "b")
    assert (ticked.text, ticked.line, ticked.done) == ("b", 4, True)
    assert (tmp_path / "TASKS.md").read_bytes() == TEXT.replace(b"[ ] b", b"[x] b")
    assert (tmp_path / "TASKS.md").stat().st_mode & 0o777 == 0o604
    assert [path.name for path in tmp_path.iterdir()] == ["TASKS.md"]


async def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = report(tmp_path / "real.md")
    link = tmp_path / "TASKS.md"
    link.symlink_to("real.md")
    await tick(Report("x", link, "TASKS.md", real.spec), "1")
    assert link.is_symlink()
    assert b"- [x] a\r\n" in (tmp_path / "real.md").read_bytes()


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (b"- [ ] a\n- [ ] b\n", "Line 3 of TASKS.md has changed"),
        (TEXT.replace(b"] a", b"] another"), "Line 3 of TASKS.md has changed"),
        (TEXT.replace(b"[ ] a", b"[x] a"), "ticked already"),
        (b"\0", "is binary"),
    ],
)
async def test_a_line_that_is_not_what_it_was_is_left_alone(tmp_path: Path, now: bytes, says: str) -> None:
    known = report(tmp_path / "TASKS.md")
    (tmp_path / "TASKS.md").write_bytes(now)
    with pytest.raises(OutriderError, match=says) as refused:
        await tick(known, "1")
    assert refused.value.status == 409
    assert (tmp_path / "TASKS.md").read_bytes() == now


async def test_without_a_spec_there_is_nothing_to_tick(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="No spec is bound"):
        await tick(Report("x"), "1")
    known = report(tmp_path / "TASKS.md")
    (tmp_path / "TASKS.md").unlink()
    with pytest.raises(OutriderError, match=r"TASKS.md does not exist"):
        await tick(known, "1")
