"""Merging: done whole, or refused with both trees as they stood."""

import shutil

import pytest

from outrider.errors import Conflict, InvalidInput
from worktrees.world import World


async def test_forward(world: World) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    done = await world.merge()
    assert (done.branch, done.into, done.commit) == ("outrider/task", "main", world.git("rev-parse", "main"))
    assert (world.repo / "b.txt").read_text() == "two\n"
    assert world.git("status", "--porcelain") == ""
    assert (await world.merge()).commit == done.commit


async def test_both_went_on(world: World) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    world.write(world.repo / "c.txt", "three\n", commit="three")
    await world.merge()
    assert world.git("rev-list", "--merges", "--count", "main") == "1"
    assert (world.repo / "b.txt").exists()
    assert (world.repo / "c.txt").exists()
    assert world.git("status", "--porcelain") == ""


async def test_into_a_branch_that_is_checked_out_nowhere(world: World) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    assert (await world.merge(into="old")).into == "old"
    assert world.git("rev-parse", "old") == world.git("rev-parse", "outrider/task")
    assert not (world.repo / "b.txt").exists()


async def test_a_conflict_leaves_both_as_they_stood(world: World) -> None:
    made = await world.create()
    world.write(made.path / "src" / "a.txt", "ours\n", commit="ours")
    world.write(world.repo / "src" / "a.txt", "theirs\n", commit="theirs")
    before = (
        world.git("for-each-ref"),
        world.git("status", "--porcelain"),
        world.git("status", "--porcelain", at=made.path),
    )
    with pytest.raises(Conflict, match=r"contradict each other in src/a\.txt") as caught:
        await world.merge()
    assert caught.value.detail["files"] == ["src/a.txt"]
    assert (
        world.git("for-each-ref"),
        world.git("status", "--porcelain"),
        world.git("status", "--porcelain", at=made.path),
    ) == before
    assert (world.repo / "src" / "a.txt").read_text() == "theirs\n"
    assert (made.path / "src" / "a.txt").read_text() == "ours\n"


async def test_what_is_not_committed_refuses(world: World) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    world.write(made.path / "new.txt", "new\n")
    with pytest.raises(Conflict, match=r"task has work that is not committed \(new.txt\)"):
        await world.merge()
    world.git("stash", "-q", "-u", at=made.path)
    world.write(world.repo / "src" / "a.txt", "in the middle of it\n")
    before = world.everything(made.path)
    with pytest.raises(Conflict, match=r"has changes that are not committed \(src/a.txt\)"):
        await world.merge()
    assert world.everything(made.path) == before


async def test_an_untracked_file_in_the_way_is_not_overwritten(world: World) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    world.write(world.repo / "b.txt", "mine\n")
    head = world.git("rev-parse", "main")
    with pytest.raises(Conflict, match="stands as it stood"):
        await world.merge()
    assert (world.repo / "b.txt").read_text() == "mine\n"
    assert world.git("rev-parse", "main") == head


async def test_places_that_cannot_be_merged_into(world: World) -> None:
    await world.create()
    with pytest.raises(InvalidInput, match="no branch 'nowhere'"):
        await world.merge(into="nowhere")
    with pytest.raises(InvalidInput, match="the branch of task itself"):
        await world.merge(into="outrider/task")
    await world.create("detached", start=world.git("rev-parse", "HEAD"))
    with pytest.raises(InvalidInput, match="began from no branch"):
        await world.merge("detached")
    shutil.rmtree((await world.place()).path)
    with pytest.raises(Conflict, match="the directory of task is gone"):
        await world.merge()
