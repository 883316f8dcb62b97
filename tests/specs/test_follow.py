"""Specs on a disk: found, followed, and whatever becomes of the file. Real folders, real file events."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from outrider.specs import Binding, Report, Specs

OPEN, HALF, DONE = "- [ ] a\n- [ ] b\n", "- [x] a\n- [ ] b\n", "- [x] a\n- [x] b\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Heard:
    """What was reported, as it came."""

    def __init__(self, specs: Specs) -> None:
        self.specs = specs
        self.reports: list[Report] = []

    async def run(self) -> None:
        async for report in self.specs.reports():
            self.reports.append(report)

    async def until(self, wish: Callable[[Report], bool]) -> Report:
        """The first report from now on, or the last one, that is as wished."""
        async with asyncio.timeout(40):
            while not (self.reports and wish(self.reports[-1])):
                await asyncio.sleep(0.01)
        return self.reports[-1]

    async def progress(self, value: float | None) -> Report:
        return await self.until(lambda report: report.spec is not None and report.spec.progress == value)

    async def problem(self, says: str) -> Report:
        return await self.until(lambda report: says in (report.problem or ""))


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    listening = Heard(Specs())
    task = asyncio.ensure_future(listening.run())
    yield listening
    task.cancel()


def bound(*roots: Path, named: str | None = None, agent: str = "a") -> Binding:
    return Binding(agent, tuple(map(str, roots)), named)


async def test_a_named_file_is_followed_through_every_way_of_writing_it(heard: Heard, tmp_path: Path) -> None:
    spec = tmp_path / "docs" / "my.md"
    heard.specs.follow([bound(tmp_path, named="docs/my.md")])
    assert (await heard.problem("does not exist")).spec is None
    spec.parent.mkdir()
    spec.write_text(OPEN)
    report = await heard.progress(0)
    assert (report.name, report.path, report.problem) == ("docs/my.md", spec, None)
    fresh = tmp_path / "docs" / ".my.md.tmp"
    fresh.write_text(HALF)
    fresh.replace(spec)
    await heard.progress(50)
    spec.unlink()
    spec.write_text(DONE)
    await heard.progress(100)


async def test_an_editor_that_writes_in_steps_is_no_loss(heard: Heard, tmp_path: Path) -> None:
    spec = tmp_path / "TASKS.md"
    spec.write_text(HALF)
    heard.specs.follow([bound(tmp_path)])
    await heard.progress(50)
    spec.rename(tmp_path / "TASKS.md~")
    await asyncio.sleep(0.1)
    spec.write_text("")
    await asyncio.sleep(0.05)
    spec.write_text(DONE)
    await heard.progress(100)
    assert [report.problem for report in heard.reports] == [None, None]


def replaced(by: Callable[[Path], object]) -> Callable[[Path], object]:
    """The file goes, and something else takes its place."""

    def replace(spec: Path) -> None:
        spec.unlink()
        by(spec)

    return replace


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (Path.unlink, "TASKS.md does not exist. Shown is what it last said."),
    "a directory": (replaced(Path.mkdir), "is a directory"),
    "a loop": (replaced(lambda spec: spec.symlink_to(spec)), "leads back to itself"),
    "a pipe": (replaced(os.mkfifo), "no regular file"),
    "binary": (lambda spec: spec.write_bytes(b"- [ ] a\0"), "is binary"),
    "latin-1": (lambda spec: spec.write_bytes(b"- [ ] \xe4\n"), "not UTF-8 text (byte 6)"),
    "10 MB": (lambda spec: spec.write_bytes(b"- [ ] a\n" * 1_310_720), "10.0 MB; a spec is read up to 1 MB"),
    "empty": (lambda spec: spec.write_bytes(b""), "is empty"),
}


@pytest.mark.parametrize("named", ["TASKS.md", None])
@pytest.mark.parametrize("case", BROKEN)
async def test_the_last_good_reading_stays_with_a_sentence(
    heard: Heard, tmp_path: Path, case: str, named: str | None
) -> None:
    spec = tmp_path / "TASKS.md"
    spec.write_text(HALF)
    heard.specs.follow([bound(tmp_path, named=named)])
    await heard.progress(50)
    break_it, says = BROKEN[case]
    break_it(spec)
    report = await heard.problem(says)
    assert report.spec is not None
    assert report.spec.progress == 50
    spec.rmdir() if spec.is_dir() else spec.unlink(missing_ok=True)
    spec.write_text(DONE)
    assert (await heard.progress(100)).problem is None


async def test_a_spec_is_found_by_its_name_and_its_content(heard: Heard, tmp_path: Path) -> None:
    work, top = tmp_path / "top" / "work", tmp_path / "top"
    work.mkdir(parents=True)
    (work / "README.md").write_text("# A project\n\nProse.\n")
    (work / "PLAN.md").write_text("Prose alone says nothing of progress.\n")
    heard.specs.follow([bound(work, top)])
    assert (await heard.until(lambda report: report.agent == "a")).spec is None
    (top / "TODO.md").write_text(OPEN)
    assert (await heard.progress(0)).path == top / "TODO.md"
    (work / "README.md").write_text(f"# A project\n\n{HALF}")
    assert (await heard.progress(50)).name == "README.md"
    (work / "TASKS.md").write_text(DONE)
    assert (await heard.progress(100)).name == "TASKS.md"
    (work / "TASKS.md").unlink()
    assert (await heard.progress(50)).name == "README.md", "another file is there: nothing is lost"


async def test_what_a_link_leads_to_is_followed(heard: Heard, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "real.md").write_text(OPEN)
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "TASKS.md").symlink_to(tmp_path / "far" / "real.md")
    heard.specs.follow([bound(tmp_path / "near")])
    await heard.progress(0)
    (tmp_path / "far" / "real.md").write_text(HALF)
    await heard.progress(50)


async def test_agents_in_the_same_folder_come_and_go(heard: Heard, tmp_path: Path) -> None:
    (tmp_path / "TASKS.md").write_text(HALF)
    heard.specs.follow([bound(tmp_path)])
    await heard.progress(50)
    heard.specs.follow([bound(tmp_path), bound(tmp_path, agent="b")])
    assert (await heard.until(lambda report: report.agent == "b")).name == "TASKS.md"
    heard.specs.follow([bound(tmp_path, agent="b")])
    assert heard.specs.known("a") is None
    (tmp_path / "TASKS.md").write_text(DONE)
    await heard.progress(100)
    assert [report.agent for report in heard.reports] == ["a", "b", "b"]


async def test_a_busy_folder_says_nothing_new(heard: Heard, tmp_path: Path) -> None:
    (tmp_path / "TASKS.md").write_text(HALF)
    heard.specs.follow([bound(tmp_path)])
    await heard.progress(50)
    for number in range(50):
        (tmp_path / f"{number}.txt").write_text("x")
    (tmp_path / "TASKS.md").write_text(DONE)
    await heard.progress(100)
    assert len(heard.reports) == 2
