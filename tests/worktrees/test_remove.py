"""Taking worktrees away: whatever is in them and nowhere else is refused, or found in the trash."""

import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from outrider.errors import Conflict, OutriderError
from worktrees.world import World

SHM = Path("/dev/shm")


async def test_a_clean_one_goes_with_its_branch(world: World) -> None:
    before = world.traces()
    made = await world.create()
    done = await world.remove()
    assert (done.branch_removed, done.kept) == (True, None)
    assert not made.path.exists()
    assert [trace for trace in world.traces() if trace != str(world.base)] == [*before]


async def test_a_merged_one_goes(world: World) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    await world.merge()
    assert (await world.remove()).branch_removed


async def test_a_branch_that_was_there_before_stays(world: World) -> None:
    made = await world.create(wanted="old")
    world.write(made.path / "b.txt", "two\n", commit="two")
    head = world.git("rev-parse", "old")
    done = await world.remove()
    assert not done.branch_removed
    assert world.git("rev-parse", "old") == head


async def test_a_branch_that_is_checked_out_elsewhere_stays_and_that_is_said(world: World) -> None:
    made = await world.create()
    world.git("checkout", "-q", "--ignore-other-worktrees", "outrider/task")
    done = await world.remove()
    assert not made.path.exists()
    assert (done.branch_removed, done.branch_used) == (False, str(world.repo))
    assert world.git("rev-parse", "HEAD") == world.git("rev-parse", "main")


def uncommitted(world: World, tree: Path) -> None:
    world.write(tree / "src" / "a.txt", "changed\n")


def untracked(world: World, tree: Path) -> None:
    world.write(tree / "deep" / "new.txt", "new\n")


def staged_and_undone(world: World, tree: Path) -> None:
    world.write(tree / "src" / "a.txt", "staged\n")
    world.git("add", ".", at=tree)
    world.write(tree / "src" / "a.txt", "one\n")


def assumed_unchanged(world: World, tree: Path) -> None:
    world.git("update-index", "--assume-unchanged", "src/a.txt", at=tree)
    world.write(tree / "src" / "a.txt", "hidden\n")


def unmerged(world: World, tree: Path) -> None:
    world.write(tree / "b.txt", "two\n", commit="two")


def detached(world: World, tree: Path) -> None:
    world.git("checkout", "-q", "--detach", at=tree)
    world.write(tree / "b.txt", "two\n", commit="two")


def gone_with_commits(world: World, tree: Path) -> None:
    world.write(tree / "b.txt", "two\n", commit="two")
    shutil.rmtree(tree)


def gone_with_staged(world: World, tree: Path) -> None:
    world.write(tree / "b.txt", "two\n")
    world.git("add", ".", at=tree)
    shutil.rmtree(tree)


def in_a_conflict(world: World, tree: Path) -> None:
    world.write(world.repo / "src" / "a.txt", "theirs\n", commit="theirs")
    world.write(tree / "src" / "a.txt", "ours\n", commit="ours")
    with pytest.raises(subprocess.CalledProcessError):
        world.git("merge", "main", at=tree)


def in_a_rebase(world: World, tree: Path) -> None:
    world.write(world.repo / "c.txt", "theirs\n", commit="theirs")
    world.write(tree / "b.txt", "two\n", commit="two")
    with pytest.raises(subprocess.CalledProcessError):
        world.git("rebase", "--exec", "false", "main", at=tree)


CASES = (
    (uncommitted, {"src/a.txt": "changed"}),
    (untracked, {"deep/new.txt": "new"}),
    (staged_and_undone, {"src/a.txt": "one", "^2:src/a.txt": "staged"}),
    (assumed_unchanged, {"src/a.txt": "hidden"}),
    (unmerged, {"b.txt": "two"}),
    (detached, {"b.txt": "two"}),
    (gone_with_commits, {"b.txt": "two"}),
    (gone_with_staged, {"b.txt": "two"}),
    (in_a_conflict, {"src/a.txt": "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> main"}),
    (in_a_rebase, {"b.txt": "two", "c.txt": "theirs"}),
)


@pytest.mark.parametrize(("work", "kept"), CASES, ids=lambda value: getattr(value, "__name__", ""))
async def test_work_is_refused_and_by_force_kept(world: World, work: object, kept: dict[str, str]) -> None:
    made = await world.create()
    assert callable(work)
    work(world, made.path)
    before = world.everything(made.path)
    with pytest.raises(Conflict, match="it stays"):
        await world.remove()
    assert world.everything(made.path) == before
    done = await world.remove(force=True)
    assert not made.path.exists()
    assert done.kept == "refs/outrider/trash/task-1"
    for name, text in kept.items():
        where = f"{done.kept}{name}" if name.startswith("^") else f"{done.kept}:{name}"
        assert world.git("show", where) == text
    assert done.back is not None
    subprocess.run(shlex.split(done.back), env=world.env, check=True, capture_output=True)
    assert made.path.is_dir()


async def test_a_locked_one_stays_with_force_too(world: World) -> None:
    made = await world.create()
    world.git("worktree", "lock", "--reason", "on a stick", str(made.path))
    with pytest.raises(Conflict, match=r"task is locked \(on a stick\).*git worktree unlock"):
        await world.remove(force=True)
    assert made.path.is_dir()


async def test_submodules_and_repositories_within_stay_with_force_too(world: World, tmp_path: Path) -> None:
    world.git("clone", "-q", str(world.repo), str(tmp_path / "lib"), at=tmp_path)
    made = await world.create()
    world.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "lib"), "lib", at=made.path
    )
    world.git("commit", "-q", "-m", "lib", at=made.path)
    with pytest.raises(Conflict, match=r"other repositories within \(lib\)"):
        await world.remove(force=True)
    stray = await world.create("stray")
    world.git("clone", "-q", str(world.repo), str(stray.path / "deep" / "clone"), at=tmp_path)
    with pytest.raises(Conflict, match="other repositories within"):
        await world.remove("stray", force=True)
    assert (stray.path / "deep" / "clone" / "src" / "a.txt").exists()
    assert (made.path / "lib" / "src" / "a.txt").exists()
    world.write(made.path / "lib" / "new.txt", "new\n", commit="only here")
    only = world.git("rev-parse", "HEAD", at=made.path / "lib")
    shutil.rmtree(made.path)
    with pytest.raises(Conflict, match=r"other repositories within \(lib\)"):
        await world.remove(force=True)
    modules = world.repo / ".git" / "worktrees" / "task" / "modules" / "lib"
    assert world.git("--git-dir", str(modules), "--work-tree", str(tmp_path), "cat-file", "-t", only) == "commit"


async def test_what_git_does_not_know_stays(world: World) -> None:
    made = await world.create()
    stray = made.path.with_name("stray")
    world.write(stray / "a.txt", "mine\n")
    with pytest.raises(Conflict, match="git does not know it"):
        await world.remove("stray", force=True)
    assert (stray / "a.txt").exists()


async def test_a_repository_that_is_gone(world: World) -> None:
    made = await world.create()
    shutil.rmtree(world.repo)
    with pytest.raises(Conflict, match="its repository is gone"):
        await world.remove(force=True)
    assert made.path.is_dir()


async def test_a_trash_that_cannot_be_written_loses_nothing(world: World) -> None:
    made = await world.create()
    world.write(made.path / "new.txt", "new\n")
    objects = world.repo / ".git" / "refs" / "outrider"
    objects.parent.mkdir(exist_ok=True)
    objects.write_text("a file stands where the trash would be")
    with pytest.raises(Exception, match="update-ref"):
        await world.remove(force=True)
    assert (made.path / "new.txt").read_text() == "new\n"


async def test_ignored_files_are_listed_and_by_force_moved(world: World) -> None:
    world.write(world.repo / ".gitignore", ".env\nbuild/\n*.log\n", commit="ignore")
    world.write(world.repo / ".env", "KEY=1\n")
    made = await world.create()
    world.write(made.path / ".env", "KEY=1\n")
    world.write(made.path / "build" / "deep" / "out.bin", "built\n")
    world.write(made.path / "src" / "run.log", "ran\n")
    with pytest.raises(Conflict, match=r"has ignored files \(build/, src/run\.log\); it stays") as caught:
        await world.remove()
    assert caught.value.detail["ignored"] == ["build/", "src/run.log"]
    world.write(made.path / ".env", "KEY=2\n")
    with pytest.raises(Conflict, match=r"\.env, build/"):
        await world.remove()
    done = await world.remove(force=True)
    assert not made.path.exists()
    assert done.moved is not None
    moved = Path(done.moved)
    assert {str(path.relative_to(moved)) for path in moved.rglob("*") if path.is_file()} == {
        ".env",
        "build/deep/out.bin",
        "src/run.log",
    }
    assert (moved / ".env").read_text() == "KEY=2\n"
    assert world.git("status", "--porcelain", at=world.repo) == ""


def before_git(world: World, lines: str) -> None:
    """Those lines are run before each git; `$*` are its words."""
    git, folder = shutil.which("git", path=world.env["PATH"]), world.base.with_name("bin")
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\n{lines}\nexec {git} "$@"\n')
    (folder / "git").chmod(0o755)
    world.env["PATH"] = f"{folder}:{world.env['PATH']}"


async def with_ignored_files(world: World) -> Path:
    world.write(world.repo / ".gitignore", ".env\nbuild/\n*.log\n", commit="ignore")
    made = await world.create()
    world.write(made.path / ".env", "KEY=2\n")
    world.write(made.path / "build" / "deep" / "out.bin", "built\n")
    world.write(made.path / "src" / "run.log", "ran\n")
    return made.path


async def test_changed_while_it_goes_it_stays_with_its_ignored_files(world: World) -> None:
    tree = await with_ignored_files(world)
    before_git(world, f"test -e '{tree}/.env' || echo meanwhile > '{tree}/new.txt'")
    before = world.everything(tree)
    with pytest.raises(OutriderError, match=r"changed while it was taken away; it stays, try again .* works in it$"):
        await world.remove(force=True)
    assert (tree / "new.txt").read_text() == "meanwhile\n"
    (tree / "new.txt").unlink()
    assert world.everything(tree) == before, "all is back, and no folder is left in the repository"


async def test_where_ignored_files_are_is_told_if_they_cannot_come_back(world: World) -> None:
    tree = await with_ignored_files(world)
    before_git(world, f"test -e '{tree}/.env' || {{ rm -r '{tree}'; echo meanwhile > '{tree}'; }}")
    with pytest.raises(
        OutriderError, match=r"; \.env, build/, src/run\.log of it, ignored by git, went to .*outrider-trash/task-1$"
    ):
        await world.remove(force=True)
    assert (world.repo / ".git" / "outrider-trash" / "task-1" / "build" / "deep" / "out.bin").exists()


@pytest.mark.skipif(not SHM.is_dir(), reason="another disk is needed, and there is no /dev/shm")
async def test_on_another_disk_ignored_files_are_moved_whole_or_not_at_all(world: World) -> None:
    with tempfile.TemporaryDirectory(dir=SHM) as disk:
        other = replace(world, base=Path(disk))
        tree = await with_ignored_files(other)
        os.mkfifo(tree / "build" / "cannot-be-copied")
        with pytest.raises(OutriderError, match="task stays: what is ignored in it cannot be moved"):
            await other.remove(force=True)
        assert (tree / ".env").read_text() == "KEY=2\n"
        assert (tree / "build" / "deep" / "out.bin").read_text() == "built\n"
        assert not (world.repo / ".git" / "outrider-trash").exists()
        (tree / "build" / "cannot-be-copied").unlink()
        done = await other.remove(force=True)
        assert done.moved is not None
        assert (Path(done.moved) / "build" / "deep" / "out.bin").read_text() == "built\n"
        assert not tree.exists()


async def test_ignored_files_that_are_in_the_checkout_too_hold_nothing_up(world: World) -> None:
    world.write(world.repo / ".gitignore", ".env\n", commit="ignore")
    world.write(world.repo / ".env", "KEY=1\n")
    made = await world.create()
    world.write(made.path / ".env", "KEY=1\n")
    done = await world.remove()
    assert (done.moved, made.path.exists()) == (None, False)
