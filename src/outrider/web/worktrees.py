"""The worktrees of agents over HTTP: list, look, merge, remove."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.errors import Conflict, NoSuchThing
from outrider.model.worktree import (
    MergedJSON,
    RemovedJSON,
    WorktreeDiffJSON,
    WorktreeJSON,
    merged_json,
    removed_json,
    worktree_json,
)
from outrider.web.agents import Session
from outrider.web.answers import AGENT, BODY, THING, WAIT, answer, documented, routes
from outrider.web.context import Asker, Service, Strict


class WorktreeList(TypedDict):
    """Worktrees in order of repository and name."""

    worktrees: list[WorktreeJSON]
    count: int


class DirectoryList(TypedDict):
    """Absolute paths, in order; at most 50."""

    directories: list[str]
    count: int


class DirectoryQuery(Strict):
    """What was typed."""

    path: str = Field(max_length=1000, description="The beginning of a path; `~` is the daemon's home.")


class MergeBody(Strict):
    """Where to merge."""

    into: str | None = Field(None, min_length=1, description="A branch; else the one that the worktree began from.")


class RemoveQuery(Strict):
    """How to remove."""

    force: bool = Field(
        False, description="Where it holds work that is nowhere else: that is kept under refs/outrider/trash/ first."
    )


Name = Annotated[
    str, Path(description="The worktree's name: the session it was made for.", max_length=300, examples=["my-task"])
]

router = routes("/api", "worktrees")


@router.get("/worktrees", response_model=WorktreeList, responses=documented(*WAIT))
async def list_worktrees(engine: Service) -> Response:
    """All worktrees that were made for agents; those whose agents are gone, and whose directories are, included."""
    found = [worktree_json(tree, session) for tree, session in await engine.trees.listed()]
    return answer({"worktrees": found, "count": len(found)})


@router.get("/directories", response_model=DirectoryList)
async def list_directories(engine: Service, query: Annotated[DirectoryQuery, Query()]) -> Response:
    """Directories whose path begins so, for a form that asks where an agent is to work. Takes the scope `write`."""
    found = list(await engine.trees.directories(query.path))
    return answer({"directories": found, "count": len(found)})


@router.get("/worktrees/{name}", response_model=WorktreeJSON, responses=documented(*THING, Conflict, *WAIT))
async def get_worktree(name: Name, engine: Service) -> Response:
    """One worktree: its branch, how far that is from where it began, and what is changed. Nothing in it is touched."""
    return answer(worktree_json(*await engine.trees.find(name)))


@router.get("/agents/{session}/worktree", response_model=WorktreeJSON, responses=documented(*AGENT, *THING, *WAIT))
async def get_agents_worktree(session: Session, engine: Service) -> Response:
    """The worktree that an agent works in; not found where it has none."""
    path = engine.agent(session).worktree
    for tree, busy in await engine.trees.listed() if path else ():
        if tree.path == path:
            return answer(worktree_json(tree, busy))
    raise NoSuchThing(f"{session} has no worktree of its own.", detail={"session": session})


@router.get("/worktrees/{name}/diff", response_model=WorktreeDiffJSON, responses=documented(*THING, Conflict, *WAIT))
async def diff_worktree(name: Name, engine: Service) -> Response:
    """What was changed in it since it left the branch it began from, untracked files included, as a patch."""
    patch, cut = await engine.trees.diff(name)
    return answer({"name": name, "patch": patch, "cut": cut})


@router.post("/worktrees/{name}/merge", response_model=MergedJSON, responses=documented(*THING, *BODY, Conflict, *WAIT))
async def merge_worktree(name: Name, engine: Service, actor: Asker, body: MergeBody | None = None) -> Response:
    """Merges its branch; where they contradict each other, both trees stand as they stood, and `detail.files` says where."""
    into = body.into if body is not None else None
    return answer(merged_json(await engine.trees.merge(name, into, actor)))


@router.delete("/worktrees/{name}", response_model=RemovedJSON, responses=documented(*THING, Conflict, *WAIT))
async def remove_worktree(
    name: Name, engine: Service, actor: Asker, query: Annotated[RemoveQuery, Query()]
) -> Response:
    """Takes it away; refused where an agent works in it, where it is locked, or where work would be lost."""
    return answer(removed_json(await engine.trees.remove(name, actor, force=query.force)))
