"""Worktrees of agents as they are seen: where they stand, what is in them that is nowhere else."""

from dataclasses import dataclass

# Pydantic accepts only this TypedDict before Python 3.12.
from typing_extensions import TypedDict


@dataclass(frozen=True, slots=True)
class WorktreeState:
    """A worktree as it is now. Files and lines are those changed since it left `into`, uncommitted and untracked ones included.

    `head` and `base` are full hashes; `base` is the commit it began at. `into` is the branch it began from, None where that was
    none. `ahead` and `behind` count commits against `into`, or against `base` where `into` is gone. `dirty`: something in it is not
    committed. `locked` is the reason of git's lock, empty where none was given. `problem` says why it cannot be looked at; all
    figures are 0 then.
    """

    name: str
    path: str
    repository: str
    branch: str | None = None
    head: str | None = None
    base: str | None = None
    into: str | None = None
    ahead: int = 0
    behind: int = 0
    files: int = 0
    insertions: int = 0
    deletions: int = 0
    dirty: bool = False
    locked: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that was done: `commit` is what `into` points to now."""

    name: str
    branch: str
    into: str
    commit: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A worktree that is gone. `kept` is the ref that holds what was nowhere else, `back` the line that gets it back."""

    name: str
    path: str
    branch: str | None
    branch_removed: bool
    kept: str | None = None
    back: str | None = None
    moved: str | None = None
    """The folder with the ignored files that were only there."""
    branch_used: str | None = None
    """Another work tree that has its branch checked out: the branch stays."""


class WorktreeJSON(TypedDict):
    """One worktree. Files and lines are those changed since it left `into`, uncommitted and untracked ones included."""

    name: str
    path: str
    repository: str
    session: str | None
    branch: str | None
    head: str | None
    base: str | None
    into: str | None
    ahead: int
    behind: int
    files: int
    insertions: int
    deletions: int
    dirty: bool
    locked: str | None
    problem: str | None


class WorktreeDiffJSON(TypedDict):
    """What was changed in a worktree since it left the branch it began from, as a patch. `cut` says that it is not all of it."""

    name: str
    patch: str
    cut: bool


class MergedJSON(TypedDict):
    """A merge that was done. `commit` is what the branch `into` points to now."""

    name: str
    branch: str
    into: str
    commit: str


class RemovedJSON(TypedDict):
    """A worktree that is gone. `kept` is the ref that holds what was nowhere else, `back` the line that gets it back,
    `moved` the folder with ignored files that were only there, `branch_used` another work tree that has the branch checked out.
    """

    name: str
    path: str
    branch: str | None
    branch_removed: bool
    kept: str | None
    back: str | None
    moved: str | None
    branch_used: str | None


def worktree_json(tree: WorktreeState, session: str | None) -> WorktreeJSON:
    """One worktree, with the living agent that works in it."""
    return {
        "name": tree.name,
        "path": tree.path,
        "repository": tree.repository,
        "session": session,
        "branch": tree.branch,
        "head": tree.head,
        "base": tree.base,
        "into": tree.into,
        "ahead": tree.ahead,
        "behind": tree.behind,
        "files": tree.files,
        "insertions": tree.insertions,
        "deletions": tree.deletions,
        "dirty": tree.dirty,
        "locked": tree.locked,
        "problem": tree.problem,
    }


def merged_json(done: Merged) -> MergedJSON:
    """A merge."""
    return {"name": done.name, "branch": done.branch, "into": done.into, "commit": done.commit}


def removed_json(done: Removed) -> RemovedJSON:
    """A removal."""
    return {
        "name": done.name,
        "path": done.path,
        "branch": done.branch,
        "branch_removed": done.branch_removed,
        "kept": done.kept,
        "back": done.back,
        "moved": done.moved,
        "branch_used": done.branch_used,
    }
