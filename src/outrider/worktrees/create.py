"""Making worktrees for agents.

What comes in are a working directory and a session's name; what comes out is a directory of its own for the agent, on a branch
of its own, outside the repository. Nothing here writes into the work tree or the index that the caller works in: every git runs
with `--no-optional-locks`, and only `worktree add` (and its undoing, if it failed) changes anything, in the repository's own
records. Removing worktrees is not here: they may hold work.
"""

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Conflict, InvalidInput, OutriderError, TimedOut, Unavailable
from outrider.logic.names import check_session
from outrider.worktrees.git import Git
from outrider.worktrees.place import MARKER, Note, write_note
from outrider.worktrees.room import shortage

# A checkout of a large repository, or a hook of it, takes its time.
_ADD_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree that is there. `path` is its root, `workdir` the same place in it that was asked for in the repository.

    `branch` is checked out in it, without `refs/heads/`; `base` is the commit (full hash) it was at when it was made.
    """

    path: Path
    workdir: Path
    branch: str
    base: str
    new_branch: bool = False
    """Whether the branch was made with it."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be added: the new branch starts at `start`; an old one is checked out as it stands."""

    path: Path
    branch: str
    start: str
    base: str
    new: bool


async def branch(workdir: Path, *, env: Mapping[str, str] | None = None) -> str | None:
    """The branch that is checked out there; None for a detached head, and where there is no repository or no git."""
    try:
        answer = await Git(workdir, env).ask("symbolic-ref", "--quiet", "--short", "HEAD")
    except (Unavailable, TimedOut):
        return None
    return answer.out if answer.code == 0 and answer.out else None


async def surroundings(workdir: Path, env: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    """The root of the work tree that a folder is in, and the repository's own directory; None where there is none, or no git."""
    try:
        told = await Git(workdir, env).ask("rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir")
    except (Unavailable, TimedOut):
        return None, None
    top, _, common = told.out.partition("\n")
    return (Path(top), Path(common)) if told.code == 0 and top and common else (None, None)


async def create(
    workdir: Path,
    session: str,
    branch: str | None,
    base_dir: Path,
    *,
    start: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Worktree:
    """Makes `base_dir/<repository>-<hash>/<session>`, on `branch` or, where that is empty, on a new `outrider/<session>`.

    A branch that is there is checked out as it stands; one that only a single remote has is made to follow it; any other is
    made at `start`, a commit by any name, or the commit that `workdir` is on. Uncommitted work stays where it is.
    InvalidInput (not a repository, bare, no
    commit, impossible branch), Conflict (path or branch taken), Unavailable (no git), TimedOut, or OutriderError with git's
    own words; then nothing is left behind.
    """
    check_session(session)
    _must_be_directory(workdir)
    git = Git(workdir, env)
    common, prefix = await _repository(git)
    plan = await _plan(git, session, branch, base_dir / _folder(common) / session, start)
    into = await _onto(git, start)
    await _add(git, plan, common)
    try:
        write_note(common, plan.path, Note(plan.base, into, plan.new))
    except OSError as refused:
        await _undo(git, plan)
        raise OutriderError(
            f"the worktree {plan.path} was not made: its record cannot be written: {refused.strerror}"
        ) from refused
    inner = plan.path / prefix
    return Worktree(plan.path, inner if inner.is_dir() else plan.path, plan.branch, plan.base, plan.new)


async def withdraw(tree: Worktree, workdir: Path, *, env: Mapping[str, str] | None = None) -> None:
    """Takes a worktree back that was made a moment ago and that nobody was let into: its agent could not be started."""
    plan = _Plan(tree.path, tree.branch, tree.base, tree.base, tree.new_branch)
    await _undo(Git(workdir, env), plan)


def _must_be_directory(workdir: Path) -> None:
    if not workdir.is_dir():
        raise InvalidInput(f"workdir: {workdir} is not a directory", detail={"field": "workdir"})


def _must_be_free(path: Path) -> None:
    if os.path.lexists(path):
        raise Conflict(
            f"{path} is there already, from an earlier worktree; take another session name, or remove it first",
            detail={"path": os.fspath(path)},
        )


async def _repository(git: Git) -> tuple[Path, str]:
    """The repository's own directory, and where in the work tree we stand (`src/` or nothing)."""
    kind = await git.ask("rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--git-common-dir")
    if kind.code:
        raise InvalidInput(
            f"workdir: {git.directory} is in no git repository that can be used, and a worktree needs one "
            f"(git says: {kind.words}); run git init there, or leave the worktree out",
            detail={"field": "workdir"},
        )
    bare, inside, common = kind.out.split("\n", 2)
    if bare == "true" or inside != "true":
        what = "a bare repository" if bare == "true" else "inside a .git directory"
        raise InvalidInput(
            f"workdir: {git.directory} is {what}; name a directory with checked-out files", detail={"field": "workdir"}
        )
    prefix = await git.ask("rev-parse", "--show-prefix")
    return (git.directory / common).resolve(), prefix.out


def _folder(common: Path) -> str:
    """A name for the repository that people know and no other repository has."""
    known = common.parent.name if common.name == ".git" else common.name.removesuffix(".git")
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", known).strip("-.") or "repository"
    return f"{readable[:40]}-{hashlib.sha256(os.fsencode(common)).hexdigest()[:10]}"


async def _plan(git: Git, session: str, wanted: str | None, path: Path, asked: str | None) -> _Plan:
    _must_be_free(path)
    head = await git.commit("HEAD")
    if head is None:
        raise InvalidInput(
            f"workdir: {git.directory} has no commit yet; make one first, a worktree starts from a commit"
        )
    if asked is not None:
        head = await git.commit(asked) if asked.isprintable() else None
        if head is None:
            raise InvalidInput(
                f"base: {asked!r} is no commit of the repository at {git.directory}; name a branch, a tag or a hash",
                detail={"field": "base"},
            )
    name = wanted or f"outrider/{session}"
    if name.startswith("-") or not name.isprintable() or (await git.ask("check-ref-format", f"refs/heads/{name}")).code:
        raise InvalidInput(
            f"worktree: {name!r} cannot be a branch's name; try feature/{session}", detail={"field": "worktree"}
        )
    there = await git.commit(f"refs/heads/{name}")
    if there is not None and asked is not None:
        raise Conflict(
            f"branch {name} is there already, so it cannot begin at {asked}; leave the base out, or name another branch",
            detail={"branch": name},
        )
    if there is None:
        remote = await _only_remote(git, name) if wanted and asked is None else None
        start = remote or head
        return _Plan(path, name, start, await git.commit(start) or head, new=True)
    if where := await git.checked_out(name):
        raise Conflict(
            f"branch {name} is checked out in {where} already, and git allows it once; name another branch "
            f"(if that directory is gone: git worktree prune)",
            detail={"branch": name, "path": where},
        )
    if not wanted:
        raise Conflict(
            f"branch {name} is there already, from an earlier worktree; to go on with it, ask for it by name "
            f"(--worktree={name}), else name another branch",
            detail={"branch": name},
        )
    return _Plan(path, name, name, there, new=False)


async def _only_remote(git: Git, name: str) -> str | None:
    """`origin/name` where exactly one remote has that branch."""
    remotes = (await git.ask("remote")).out.splitlines()
    found = [remote for remote in remotes if await git.commit(f"refs/remotes/{remote}/{name}")]
    return f"{found[0]}/{name}" if len(found) == 1 else None


async def _onto(git: Git, start: str | None) -> str | None:
    """The branch that it is to be merged into one day: the one it begins from, without `refs/heads/`."""
    if start is not None:
        named = await git.commit(f"refs/heads/{start}")
        return start if named is not None else None
    answer = await git.ask("symbolic-ref", "--quiet", "--short", "HEAD")
    return answer.out or None if answer.code == 0 else None


async def _add(git: Git, plan: _Plan, common: Path) -> None:
    try:
        plan.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        marker = plan.path.parent / MARKER
        if not marker.exists() or marker.read_bytes() != os.fsencode(common):  # a full disk must not cost others theirs
            marker.write_bytes(os.fsencode(common))
    except OSError as refused:
        leave(plan.path.parent)
        raise OutriderError(
            f"the worktrees' directory {plan.path.parent} cannot be made: {refused.strerror}"
        ) from refused
    made = ("-b", plan.branch, os.fspath(plan.path), plan.start) if plan.new else (os.fspath(plan.path), plan.branch)
    done = False
    try:
        answer = await git.ask("worktree", "add", "--quiet", *made, limit_s=_ADD_LIMIT_S)
        if answer.code:
            short = await shortage(git, plan.start, plan.path.parent.parent)
            raise OutriderError(
                f"git could not make the worktree {plan.path}: {answer.words}{short}",
                detail={"git": answer.err[-2000:]},
            )
        done = True
    finally:
        if not done:
            await asyncio.shield(_undo(git, plan))


async def _undo(git: Git, plan: _Plan) -> None:
    """Takes back a worktree that did not come to be: nobody can have worked in it, its path was free before."""
    with contextlib.suppress(OutriderError):  # why it did not come to be is what is to be told
        # Twice forced: git keeps it locked while it is being made.
        await git.ask("worktree", "remove", "--force", "--force", os.fspath(plan.path))
        if plan.new and await git.commit(f"refs/heads/{plan.branch}") == plan.base:
            await git.ask("branch", "--quiet", "-D", plan.branch)
    with contextlib.suppress(OSError):
        plan.path.rmdir()
    leave(plan.path.parent)


def leave(folder: Path) -> None:
    """Takes a repository's folder of worktrees away where none is left in it."""
    with contextlib.suppress(OSError):  # not there, or another session's worktree is beside it
        if [entry.name for entry in folder.iterdir()] == [MARKER]:
            (folder / MARKER).unlink()
        folder.rmdir()
