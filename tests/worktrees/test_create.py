"""Worktrees on real repositories, each in a HOME of its own: what is made, what is refused, and that nothing is left behind."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from outrider.errors import Conflict, InvalidInput, OutriderError, Unavailable
from outrider.worktrees import branch, create
from worktrees.world import World


@pytest.fixture
def unmoved(world: World) -> Iterator[None]:
    """Whatever the test does, it leaves no trace of a worktree."""
    before = world.traces()
    yield
    assert world.traces() == before


async def test_a_new_branch_outside_the_repository(world: World) -> None:
    made = await world.create("my-task")
    assert made.branch == "outrider/my-task"
    assert made.path.name == "my-task"
    assert made.path.parent.name.startswith("my-repo-")
    assert made.path.parent.parent == world.base
    assert made.base == world.git("rev-parse", "HEAD")
    assert (made.path / "src" / "a.txt").read_text() == "one\n"
    assert world.git("symbolic-ref", "--short", "HEAD", at=made.path) == "outrider/my-task"
    assert world.git("symbolic-ref", "--short", "HEAD") == "main"
    assert made.path.parent.stat().st_mode & 0o777 == 0o700


async def test_the_same_place_in_the_tree(world: World) -> None:
    made = await world.create(at=world.repo / "src")
    assert made.workdir == made.path / "src"
    (world.repo / "untracked").mkdir()
    other = await world.create("other", at=world.repo / "untracked")
    assert other.workdir == other.path


async def test_the_callers_tree_and_index_stand_as_they_stood(world: World) -> None:
    (world.repo / "src" / "a.txt").write_text("changed\n")
    (world.repo / "src" / "new.txt").write_text("new\n")
    os.utime(world.repo / "src" / "a.txt", (1, 1))  # a stale entry is what a refresh of the index would rewrite
    index = world.repo / ".git" / "index"
    before = (index.read_bytes(), index.stat().st_mtime_ns)
    made = await world.create()
    await branch(world.repo, env=world.env)
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before
    assert (world.repo / "src" / "a.txt").read_text() == "changed\n"
    assert (made.path / "src" / "a.txt").read_text() == "one\n"


async def test_a_given_branch_that_is_there_goes_on(world: World) -> None:
    world.git("branch", "feature/x")
    (world.repo / "b.txt").write_text("two\n")
    world.git("add", ".")
    world.git("commit", "-q", "-m", "two")
    made = await world.create(wanted="feature/x")
    assert made.branch == "feature/x"
    assert made.base == world.git("rev-parse", "feature/x") != world.git("rev-parse", "HEAD")
    assert not (made.path / "b.txt").exists()


async def test_a_given_branch_that_is_new_starts_here(world: World) -> None:
    made = await world.create(wanted="feature/new")
    assert (made.branch, made.base) == ("feature/new", world.git("rev-parse", "HEAD"))


async def test_a_branch_that_one_remote_has_is_followed(world: World, tmp_path: Path) -> None:
    world.git("branch", "theirs")
    world.git("clone", "-q", str(world.repo), str(tmp_path / "clone"), at=tmp_path)
    made = await world.create(wanted="theirs", at=tmp_path / "clone")
    assert world.git("rev-parse", "--abbrev-ref", "theirs@{upstream}", at=made.path) == "origin/theirs"


async def test_from_a_worktree_and_from_a_detached_head(world: World) -> None:
    first = await world.create("first")
    second = await world.create("second", at=first.path)
    assert second.path.parent == first.path.parent
    world.git("checkout", "-q", "--detach")
    assert (await world.create("third")).branch == "outrider/third"


async def test_two_repositories_of_the_same_name_do_not_meet(world: World, tmp_path: Path) -> None:
    twin = tmp_path / "elsewhere" / "my repo"
    twin.parent.mkdir()
    world.git("clone", "-q", str(world.repo), str(twin), at=tmp_path)
    assert (await world.create()).path != (await world.create(at=twin)).path


async def test_what_the_daemon_inherited_does_not_mislead(world: World, tmp_path: Path) -> None:
    env = {**world.env, "GIT_DIR": str(tmp_path / "no-such"), "GIT_INDEX_FILE": str(tmp_path / "no-index")}
    assert (await create(world.repo, "task", None, world.base, env=env)).branch == "outrider/task"


async def test_a_branch_in_use_says_where(world: World) -> None:
    first = await world.create("first", "feature")
    before = world.traces()
    with pytest.raises(Conflict, match="checked out in") as caught:
        await world.create("second", "feature")
    assert caught.value.detail["path"] == str(first.path)
    with pytest.raises(Conflict, match="main is checked out in"):
        await world.create("second", "main")
    assert world.traces() == before


async def test_an_earlier_worktree_is_never_reused_silently(world: World) -> None:
    made = await world.create()
    (made.path / "work.txt").write_text("unsaved\n")
    before = world.traces()
    with pytest.raises(Conflict, match="is there already"):
        await world.create()
    assert world.traces() == before
    assert (made.path / "work.txt").read_text() == "unsaved\n"


async def test_an_earlier_branch_is_taken_up_only_by_name(world: World) -> None:
    world.git("branch", "outrider/task")
    with pytest.raises(Conflict, match="--worktree=outrider/task"):
        await world.create()
    assert (await world.create(wanted="outrider/task")).branch == "outrider/task"


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("name", ["-f", "a..b", "a b", "x.lock", "HEAD\n", "a\0b", "@{-1}", "/x"])
async def test_impossible_branches(world: World, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a branch's name"):
        await world.create(wanted=name)


@pytest.mark.usefixtures("unmoved")
async def test_an_impossible_session(world: World) -> None:
    with pytest.raises(InvalidInput, match="a dot"):
        await world.create("../../x")


async def test_places_that_have_no_worktrees(world: World, tmp_path: Path) -> None:
    plain, empty, bare = tmp_path / "plain", tmp_path / "empty", tmp_path / "bare.git"
    for place in (plain, empty, bare):
        place.mkdir()
    world.git("init", "-q", at=empty)
    world.git("init", "-q", "--bare", at=bare)
    told = {
        plain: "in no git repository",
        empty: "has no commit yet",
        bare: "is a bare repository",
        world.repo / ".git": "inside a .git directory",
        tmp_path / "nowhere": "is not a directory",
    }
    for place, sentence in told.items():
        with pytest.raises(InvalidInput, match=sentence):
            await world.create(at=place)
    assert not world.base.exists()


async def test_no_git(world: World, tmp_path: Path) -> None:
    env = {**world.env, "PATH": str(tmp_path)}
    with pytest.raises(Unavailable, match="git is not on the PATH"):
        await create(world.repo, "task", None, world.base, env=env)
    assert await branch(world.repo, env=env) is None


@pytest.mark.usefixtures("unmoved")
async def test_a_base_that_cannot_be_written(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutriderError, match="cannot be made"):
        await create(world.repo, "task", None, tmp_path / "file" / "in", env=world.env)


def hook(world: World, script: str) -> None:
    path = world.repo / ".git" / "hooks" / "post-checkout"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("wanted", [None, "old"])
async def test_a_failing_hook_leaves_nothing(world: World, wanted: str | None) -> None:
    hook(world, "echo no thanks >&2; touch made-by-hook; exit 3")
    with pytest.raises(OutriderError, match="no thanks"):
        await world.create(wanted=wanted)


def test_what_a_hook_leaves_running_is_not_waited_for(world: World, tmp_path: Path) -> None:
    hook(world, f"sleep 300 & echo $! > '{tmp_path}/sleeper'")
    for run in (asyncio.run, uvloop.run):
        made = run(world.create(run.__module__.split(".")[0]))
        os.kill(int((tmp_path / "sleeper").read_text()), 0)  # it was not waited for
        assert made.path.is_dir()
        os.kill(int((tmp_path / "sleeper").read_text()), signal.SIGKILL)


def runs(pid: str) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False).stdout.strip()
    return state not in ("", "Z")


async def test_being_cancelled_leaves_nothing_and_nobody(world: World, tmp_path: Path) -> None:
    hook(world, f"sleep 300 & echo $! > '{tmp_path}/sleeper'; echo $$ > '{tmp_path}/hook'; wait")
    before = world.traces()
    making = asyncio.ensure_future(world.create())
    async with asyncio.timeout(40):
        while not (tmp_path / "hook").exists():
            await asyncio.sleep(0.01)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert world.traces() == before
    async with asyncio.timeout(40):
        while runs((tmp_path / "sleeper").read_text().strip()):
            await asyncio.sleep(0.01)


async def test_branch_is_a_question(world: World, tmp_path: Path) -> None:
    assert await branch(world.repo, env=world.env) == "main"
    world.git("checkout", "-q", "--detach")
    assert await branch(world.repo, env=world.env) is None
    assert await branch(tmp_path, env=world.env) is None
    assert await branch(tmp_path / "nowhere", env=world.env) is None


@pytest.mark.usefixtures("unmoved")
async def test_a_base_that_is_none(world: World) -> None:
    with pytest.raises(InvalidInput, match="'nowhere' is no commit"):
        await world.create(start="nowhere")
    with pytest.raises(Conflict, match="old is there already, so it cannot begin at main"):
        await world.create(wanted="old", start="main")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="a small disk needs root and mount")
async def test_a_full_disk_leaves_nothing(world: World, tmp_path: Path) -> None:
    world.write(world.repo / "big", "x" * 2_000_000, commit="big")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        before = world.git("worktree", "list", "--porcelain"), world.git("for-each-ref")
        with pytest.raises(OutriderError, match="git could not make the worktree"):
            await create(world.repo, "task", None, small / "trees", env=world.env)
        assert (world.git("worktree", "list", "--porcelain"), world.git("for-each-ref")) == before
        assert [path.name for path in small.rglob("*")] in ([], ["trees"])
    finally:
        subprocess.run(["umount", str(small)], check=True)
