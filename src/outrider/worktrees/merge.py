"""Merging a worktree's branch: computed without a work tree first, so that a conflict leaves everything as it was."""

from collections.abc import Mapping
from pathlib import Path

from outrider.errors import Conflict, InvalidInput, OutriderError, Unavailable
from outrider.model.worktree import Merged
from outrider.worktrees.git import Git
from outrider.worktrees.occupancy import Folders, occupant
from outrider.worktrees.place import Place, note_of
from outrider.worktrees.snapshot import snapshot

_LIMIT_S = 120.0


async def merge(place: Place, env: Mapping[str, str], *, into: str | None = None, at_work: Folders) -> Merged:
    """Merges its branch into `into`, or into the branch it began from.

    `at_work` are living agents and their folders: a merge would change the files under those that are where `into` is checked out.
    Conflict there, where it has uncommitted work, where the branches contradict (`detail.files`), where the other work tree has
    changes; then both trees stand as they stood.
    """
    note = note_of(place)
    target = into or (note.into if note else None)
    if target is None:
        raise InvalidInput(
            f"{place.name} began from no branch, so say what it is to be merged into", detail={"field": "into"}
        )
    source = await _committed(place, env)
    git = Git(place.common, env)
    old = await git.commit(f"refs/heads/{target}")
    if old is None:
        raise InvalidInput(f"into: there is no branch {target!r} in {place.common}", detail={"field": "into"})
    if target == place.branch:
        raise InvalidInput(f"into: {target} is the branch of {place.name} itself", detail={"field": "into"})
    where = await git.checked_out(target)
    if where is not None:
        await _must_be_free(git, where, target, at_work)
        await _must_be_clean(where, target, env)
    new = await _merged(git, place, target, old=old, source=source)
    if where is not None:
        # Git itself refuses, and touches nothing, where a file that is not known to it would be overwritten.
        done = await Git(Path(where), env).ask("merge", "--ff-only", "--quiet", new, limit_s=_LIMIT_S)
    else:
        done = await git.ask("update-ref", "-m", f"merge {place.branch}", f"refs/heads/{target}", new, old)
    if done.code:
        raise Conflict(
            f"{target} could not be moved forward, and stands as it stood: {done.words}",
            detail={"git": done.err[-2000:]},
        )
    return Merged(place.name, place.branch or source, target, new)


async def _committed(place: Place, env: Mapping[str, str]) -> str:
    """Its head, where all work in it is committed."""
    if not place.there and place.problem is None:
        raise Conflict(f"the directory of {place.name} is gone; merge its branch with git, or remove it")
    async with snapshot(place, env) as taken:
        if taken.dirty:
            names = await taken.git.must("diff", "--name-only", "-z", taken.head, taken.files)
            files = [name for name in names.split("\0") if name]
            raise Conflict(
                f"{place.name} has work that is not committed ({_some(files)}); commit it there, then merge",
                detail={"files": files[:100]},
            )
        return taken.head


async def _must_be_free(git: Git, where: str, target: str, at_work: Folders) -> None:
    others = [_real(path) for path, _ in await git.work_trees()]
    if session := occupant(_real(where), at_work, apart=others):
        raise Conflict(
            f"{target} is checked out in {where}, where {session} is at work, and its files would change under it; "
            "end that agent first, or name another branch",
            detail={"path": where, "session": session},
        )


def _real(path: str) -> Path:
    return Path(path).resolve()


async def _must_be_clean(where: str, target: str, env: Mapping[str, str]) -> None:
    git = Git(Path(where), env)
    status = await git.must("status", "--porcelain=v1", "-z", "--untracked-files=no")
    if status:
        files = [line[3:] for line in status.split("\0") if len(line) > 3]
        raise Conflict(
            f"{target} is checked out in {where}, which has changes that are not committed ({_some(files)}); "
            "commit or stash them, then merge",
            detail={"path": where, "files": files[:100]},
        )


async def _merged(git: Git, place: Place, target: str, *, old: str, source: str) -> str:
    """The commit that `target` is to point to."""
    if (await git.ask("merge-base", "--is-ancestor", source, old)).code == 0:
        return old
    if (await git.ask("merge-base", "--is-ancestor", old, source)).code == 0:
        return source
    told = await git.ask(
        "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", old, source, limit_s=_LIMIT_S
    )
    if told.code == 1:
        files = [name for name in told.out.split("\0")[1:] if name]
        raise Conflict(
            f"{place.name} and {target} contradict each other in {_some(files)}; both stand as they stood. "
            f"Merge {target} into the worktree, mend it there, commit, then merge again",
            detail={"files": files[:100]},
        )
    if told.code:
        old_git = "usage:" in told.err or "unknown option" in told.err
        if old_git:
            raise Unavailable("merging needs git 2.38 or newer; merge the branch by hand, or install a newer git")
        raise OutriderError(f"git could not merge {place.name} into {target}: {told.words}")
    tree = told.out.split("\0")[0]
    words = f"Merge {place.branch or source} into {target}"
    return await git.must("commit-tree", tree, "-p", old, "-p", source, "-m", words)


def _some(files: list[str]) -> str:
    return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
