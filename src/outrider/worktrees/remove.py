"""Taking a worktree away. It fails closed: what is committed nowhere else is never lost, by force it is moved to the trash.

The trash is refs below `refs/outrider/trash/`: a commit of all files, untracked ones included, on top of what was checked out; where
something else was staged, that is a second parent. Ignored files (an .env, what was built) are listed, and by force moved below
`outrider-trash/` in the repository's own directory.
"""

import asyncio
import shlex
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from outrider.errors import Conflict, OutriderError
from outrider.model.worktree import Removed
from outrider.worktrees.create import leave
from outrider.worktrees.git import Git
from outrider.worktrees.ignored import MOVED, ignored, move_back, move_out
from outrider.worktrees.place import Note, Place, note_of
from outrider.worktrees.snapshot import Snapshot, repositories_within, snapshot

TRASH = "refs/outrider/trash"
# Whoever it is that removes: a commit needs an author, and a repository may have none set.
_AUTHOR = ("-c", "user.name=Outrider", "-c", "user.email=outrider@localhost", "-c", "commit.gpgSign=false")
_LIMIT_S = 120.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Held:
    """What it holds: `dirty` files, `unmerged` commits that no other branch, tag or remote has."""

    head: str
    files: str
    dirty: bool
    unmerged: int


async def remove(place: Place, env: Mapping[str, str], *, force: bool, at_ms: int) -> Removed:
    """Takes it away, and its branch where that was made with it, nothing on it is lost, and no other work tree is on it.

    Conflict where it is locked, has other repositories within, or holds work that is nowhere else; with `force` such work goes to
    the trash first. OutriderError where it changes while it is taken away; then it stays, with its ignored files.
    """
    note = note_of(place)
    if place.locked is not None:
        why = f" ({place.locked})" if place.locked else ""
        raise Conflict(
            f"{place.name} is locked{why}; unlock it first: git worktree unlock {shlex.quote(str(place.path))}",
            detail={"path": str(place.path)},
        )
    held = await _held(place, env, note)
    if within := await repositories_within(place, env):
        raise Conflict(
            f"{place.name} has other repositories within ({', '.join(within[:3])}), whose work would be lost with it; "
            "move them away, or git submodule deinit them, then remove it",
            detail={"repositories": within[:100]},
        )
    only_here = await ignored(place, env)
    if (held.dirty or held.unmerged or only_here) and not force:
        told = {"dirty": held.dirty, "unmerged": held.unmerged, "ignored": only_here[:100]}
        raise Conflict(_refusal(place, held, only_here), detail=told)
    kept = await _trash(place, env, at_ms) if held.dirty or held.unmerged else None
    moved = place.common / MOVED / f"{place.name}-{at_ms}" if only_here else None
    async with _out_of_it(place, only_here, moved):
        await _take_away(place, env, held, force=held.dirty)
    gone, used = await _branch_away(place, env, note, held)
    leave(place.path.parent)
    back = f"git -C {shlex.quote(str(place.common))} worktree add --detach {shlex.quote(str(place.path))} {kept}"
    return Removed(
        place.name,
        str(place.path),
        place.branch,
        gone,
        kept,
        back if kept else None,
        str(moved) if moved else None,
        used,
    )


@asynccontextmanager
async def _out_of_it(place: Place, names: list[str], folder: Path | None) -> AsyncIterator[None]:
    """With those files moved into the folder; where the worktree is not taken away then, they come back."""
    if folder is None:
        yield
        return
    try:
        await _to_its_end(partial(move_out, place, names, folder))
        yield
    except BaseException as error:
        left = await _to_its_end(partial(move_back, place, names, folder))
        if left and isinstance(error, OutriderError):
            raise type(error)(f"{error.message}{left}", detail=error.detail) from error
        raise


async def _to_its_end(work: Callable[[], T]) -> T:
    """Done in a thread, which goes on where we are cancelled, and is waited for."""
    thread = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.wait([thread])
        raise


def _refusal(place: Place, held: _Held, ignored: list[str]) -> str:
    what = [
        *(["work that is not committed"] if held.dirty else []),
        *([f"{held.unmerged} commit{'s' * (held.unmerged > 1)} not merged"] if held.unmerged else []),
        *([f"ignored files ({_some(ignored)})"] if ignored else []),
    ]
    return (
        f"{place.name} has {' and '.join(what)}; it stays. Commit and merge it (outrider worktree merge {place.name}), "
        f"or remove it with --force: then it is kept under {TRASH}/, and ignored files below {place.common / MOVED}"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


async def _held(place: Place, env: Mapping[str, str], note: Note | None) -> _Held:
    async with snapshot(place, env) as taken:
        own = [f"--exclude={place.branch}"] if place.branch and (note is None or note.made) else []
        elsewhere = (*own, "--branches", "--tags", "--remotes")
        told = await taken.git.must("rev-list", "--count", taken.head, "--not", *elsewhere, limit_s=_LIMIT_S)
        return _Held(taken.head, taken.files, taken.dirty, int(told))


async def _trash(place: Place, env: Mapping[str, str], at_ms: int) -> str:
    """Keeps everything under a ref of its own; its name."""
    async with snapshot(place, env, keep=True) as taken:
        commit = taken.head
        if taken.dirty:
            parents = ["-p", taken.head]
            if taken.staged not in (None, taken.head_tree, taken.files):
                parents += ["-p", await _commit(taken, str(taken.staged), f"staged in {place.name}", "-p", taken.head)]
            commit = await _commit(
                taken, taken.files, f"removed worktree {place.name}: what was not committed", *parents
            )
        ref = f"{TRASH}/{place.name}-{at_ms}"
        await Git(place.common, env).must("update-ref", "-m", "removed worktree", ref, commit, "")
        return ref


async def _commit(taken: Snapshot, tree: str, message: str, *parents: str) -> str:
    return await taken.git.must(*_AUTHOR, "commit-tree", tree, *parents, "-m", message)


async def _take_away(place: Place, env: Mapping[str, str], held: _Held, *, force: bool) -> None:
    again = await _held(place, env, note_of(place))
    if (again.head, again.files) != (held.head, held.files):
        raise OutriderError(
            f"{place.name} was changed while it was taken away; it stays, try again when nobody works in it"
        )
    # Without force git refuses by itself where something is not committed.
    words = ("worktree", "remove", *(["--force"] if force else []), str(place.path))
    done = await Git(place.common, env).ask(*words, limit_s=_LIMIT_S)
    if done.code:
        raise OutriderError(f"git could not remove {place.path}: {done.words}", detail={"git": done.err[-2000:]})


async def _branch_away(place: Place, env: Mapping[str, str], note: Note | None, held: _Held) -> tuple[bool, str | None]:
    """Whether its branch went, and the work tree for whose sake it stays.

    Only a branch goes that was made with the worktree, at the commit that was looked at: update-ref heeds that, but not who has
    it checked out, and would leave a HEAD without a commit.
    """
    if place.branch is None or note is None or not note.made:
        return False, None
    git = Git(place.common, env)
    try:
        used = await git.checked_out(place.branch)
        if used is not None:
            return False, used
        done = await git.ask("update-ref", "-d", f"refs/heads/{place.branch}", held.head)
    except OutriderError:  # the worktree is gone, and that is to be told
        return False, None
    return done.code == 0, None
