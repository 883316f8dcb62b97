"""What is said of worktrees, and that looking writes nothing."""

import os
import shutil
import subprocess

import pytest

from worktrees.world import World


async def test_a_fresh_one(world: World) -> None:
    made = await world.create()
    tree = await world.state()
    assert (tree.name, tree.path, tree.repository) == ("task", str(made.path), str(world.repo))
    assert (tree.branch, tree.base, tree.head, tree.into) == ("outrider/task", made.base, made.base, "main")
    assert (tree.ahead, tree.behind, tree.files, tree.insertions, tree.deletions) == (0, 0, 0, 0, 0)
    assert (tree.dirty, tree.locked, tree.problem) == (False, None, None)


async def test_commits_changes_and_untracked_files_count(world: World) -> None:
    made = await world.create()
    world.write(made.path / "src" / "b.txt", "one\ntwo\n", commit="two")
    world.write(world.repo / "c.txt", "main goes on\n", commit="three")
    world.write(made.path / "src" / "a.txt", "changed\n")
    world.write(made.path / "new" / "d.txt", "untracked\n")
    (made.path / "picture").write_bytes(b"\0\1\2")
    tree = await world.state()
    assert (tree.ahead, tree.behind, tree.dirty) == (1, 1, True)
    assert (tree.files, tree.insertions, tree.deletions) == (4, 4, 1)
    patch = await world.diff()
    assert "+untracked" in patch
    assert "-one\n+changed" in patch
    assert "main goes on" not in patch


async def test_ignored_files_are_no_change(world: World) -> None:
    made = await world.create()
    world.write(made.path / ".gitignore", ".env\n", commit="ignore")
    world.write(made.path / ".env", "SECRET=1\n")
    assert not (await world.state()).dirty
    assert "SECRET" not in await world.diff()


async def test_looking_writes_nothing(world: World) -> None:
    made = await world.create()
    world.write(made.path / "src" / "a.txt", "changed\n")
    world.write(made.path / "new.txt", "new\n")
    os.utime(made.path / "src" / "a.txt", (1, 1))
    before = world.everything(made.path)
    await world.state()
    assert await world.diff()
    assert world.everything(made.path) == before


async def test_a_patch_can_be_applied(world: World) -> None:
    made = await world.create()
    world.write(made.path / "new.txt", "new\n")
    (made.path / "picture").write_bytes(bytes(range(256)))
    patch = world.base / "patch"
    patch.write_text(await world.diff())
    world.git("apply", str(patch))
    assert (world.repo / "picture").read_bytes() == bytes(range(256))


async def test_a_detached_head_a_lock_and_a_directory_that_is_gone(world: World) -> None:
    for name in ("detached", "locked", "gone"):
        await world.create(name)
    paths = {name: (await world.place(name)).path for name in ("detached", "locked", "gone")}
    world.git("checkout", "-q", "--detach", at=paths["detached"])
    world.git("worktree", "lock", "--reason", "on a stick", str(paths["locked"]))
    shutil.rmtree(paths["gone"])
    assert (await world.state("detached")).branch is None
    assert (await world.state("detached")).problem is None
    assert (await world.state("locked")).locked == "on a stick"
    assert (await world.state("gone")).problem == "its directory is gone"


async def test_a_repository_that_is_gone(world: World) -> None:
    await world.create()
    shutil.rmtree(world.repo)
    assert (await world.state()).problem == "its repository is gone or not known"


async def test_in_the_middle_of_a_conflict(world: World) -> None:
    made = await world.create()
    world.write(made.path / "src" / "a.txt", "ours\n", commit="ours")
    world.write(world.repo / "src" / "a.txt", "theirs\n", commit="theirs")
    with pytest.raises(subprocess.CalledProcessError):
        world.git("merge", "-q", "main", at=made.path)
    tree = await world.state()
    assert tree.dirty
    assert tree.problem is None


async def test_a_base_of_ones_own(world: World) -> None:
    first = world.git("rev-parse", "HEAD")
    world.write(world.repo / "b.txt", "two\n", commit="two")
    made = await world.create("task", start="old")
    assert (made.base, (await world.state()).into) == (first, "old")
    assert not (made.path / "b.txt").exists()
    by_hash = await world.create("other", start=first)
    assert (by_hash.base, (await world.state("other")).into) == (first, None)
