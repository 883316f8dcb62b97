"""Looking at a worktree: what was changed in it. Nothing in it, and nothing of the repository, is written."""

import os
from collections.abc import Mapping
from dataclasses import replace

from outrider.errors import OutriderError
from outrider.model.worktree import WorktreeState
from outrider.worktrees.git import Git
from outrider.worktrees.place import Place, note_of
from outrider.worktrees.snapshot import Snapshot, snapshot

LONGEST_PATCH = 4 * 2**20


async def state(place: Place, env: Mapping[str, str]) -> WorktreeState:
    """How it is; where it cannot be told, `problem` says why."""
    note = note_of(place)
    repository = place.common.parent if place.common.name == ".git" else place.common
    plain = WorktreeState(
        name=place.name,
        path=os.fspath(place.path),
        repository=os.fspath(repository) if place.gitdir else "",
        branch=place.branch,
        base=note.base if note else None,
        into=note.into if note else None,
        locked=place.locked,
        problem=place.problem,
    )
    if place.problem is not None or place.gitdir is None:
        return plain
    try:
        return await _measured(plain, place, env)
    except OutriderError as error:
        return replace(plain, problem=error.message)


async def diff(place: Place, env: Mapping[str, str]) -> tuple[str, bool]:
    """All that was changed in it since it left the branch it began from, as a patch with untracked files; and whether it was cut."""
    async with snapshot(place, env) as taken:
        since = await left_at(taken.git, place, taken.head)
        words = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--binary", since, taken.files)
        patch = await taken.git.must(*words, limit_s=120.0)
    whole = f"{patch}\n" if patch else ""
    return whole[:LONGEST_PATCH], len(whole) > LONGEST_PATCH


async def left_at(git: Git, place: Place, head: str) -> str:
    """The commit at which it left the branch it began from; where that is not known, its base, else its head."""
    note = note_of(place)
    for name in (f"refs/heads/{note.into}" if note and note.into else None, note.base if note else None):
        if name is not None and await git.commit(name):
            common = await git.ask("merge-base", name, head)
            if common.code == 0 and common.out:
                return common.out
    return head


async def _measured(plain: WorktreeState, place: Place, env: Mapping[str, str]) -> WorktreeState:
    async with snapshot(place, env) as taken:
        since = await left_at(taken.git, place, taken.head)
        files, insertions, deletions = await _lines(taken, since)
        target = f"refs/heads/{plain.into}" if plain.into else None
        against = target if target is not None and await taken.git.commit(target) else plain.base or taken.head
        ahead, behind = await _distance(taken, against)
        return replace(
            plain,
            head=taken.head,
            ahead=ahead,
            behind=behind,
            files=files,
            insertions=insertions,
            deletions=deletions,
            dirty=taken.dirty,
            problem=None if place.there else "its directory is gone",
        )


async def _lines(taken: Snapshot, since: str) -> tuple[int, int, int]:
    told = await taken.git.must("diff", "--numstat", "--no-renames", "--no-ext-diff", "-z", since, taken.files)
    rows = [line.split("\t", 2) for line in told.split("\0") if line]
    return len(rows), sum(_number(row[0]) for row in rows), sum(_number(row[1]) for row in rows)


def _number(word: str) -> int:
    """Git counts no lines of binary files."""
    return int(word) if word.isdecimal() else 0


async def _distance(taken: Snapshot, against: str) -> tuple[int, int]:
    told = await taken.git.ask("rev-list", "--left-right", "--count", f"{against}...{taken.head}")
    behind, _, ahead = told.out.partition("\t") if told.code == 0 else ("0", "", "0")
    return int(ahead), int(behind)
