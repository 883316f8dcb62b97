"""No tree is changed or taken away under an agent that works in it, however it came there."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from outrider.errors import Conflict
from outrider.model.actor import Actor, Scope
from outrider.store import Change
from outrider.supervisor.crew import Crew
from outrider.supervisor.record import Record
from outrider.supervisor.trees import Trees
from web.engine_double import make_agent
from worktrees.world import World

ME = Actor("uid:1", Scope.WRITE)


class Audit:
    """Takes what is written."""

    async def keep(self, change: Change) -> None:
        """Nothing is to be remembered of it."""


def trees(world: World, **agent: object) -> Trees:
    """With one agent `other`; `pane` is the folder that its pane is in."""
    pane = agent.pop("pane", None)
    its = replace(make_agent("other"), **{"workdir": "/", **agent})  # type: ignore[arg-type]
    member = SimpleNamespace(agent=its, pane=SimpleNamespace(path=str(pane)) if pane else None)
    crew = cast("Crew", [member])
    return Trees(world.base, world.env, crew=crew, record=cast("Record", Audit()), clock=lambda: 1)


@pytest.mark.parametrize("how", ["worktree", "workdir", "pane"])
async def test_a_tree_is_not_taken_from_whoever_works_in_it(world: World, how: str) -> None:
    made = await world.create()
    folder = made.path if how == "worktree" else made.path / "src"
    (link := world.base.with_name("link")).symlink_to(folder)
    busy = trees(world, **{how: str(link)})
    assert (await busy.find("task"))[1] == "other"
    assert [session for _, session in await busy.listed()] == ["other"]
    for force in (False, True):
        with pytest.raises(Conflict, match="other is at work in task"):
            await busy.remove("task", ME, force=force)
    assert (made.path / "src" / "a.txt").exists()
    ended = trees(world, **{how: str(link)}, ended_ms=1)
    assert (await ended.remove("task", ME, force=False)).branch_removed


@pytest.mark.parametrize("how", ["worktree", "workdir", "pane"])
async def test_no_merge_changes_the_files_under_an_agent(world: World, how: str) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    before = world.everything(made.path)
    busy = trees(world, **{how: str(world.repo / "src")})
    with pytest.raises(Conflict, match=r"main is checked out in .*my repo, where other is at work") as caught:
        await busy.merge("task", None, ME)
    assert caught.value.detail["session"] == "other"
    assert world.everything(made.path) == before
    assert (await busy.merge("task", "old", ME)).into == "old", "nobody has that checked out"


async def test_an_agent_in_another_tree_is_not_in_the_way(world: World) -> None:
    made = await world.create()
    world.write(made.path / "b.txt", "two\n", commit="two")
    within = world.repo / "trees" / "within"
    world.git("worktree", "add", "-q", str(within), "-b", "within")
    beside = trees(world, worktree=str(within), workdir=str(within / "src"), pane=world.repo.parent)
    await beside.merge("task", None, ME)
    assert (world.repo / "b.txt").exists()
    assert not (within / "b.txt").exists()
    await beside.remove("task", ME, force=False)
    assert not made.path.exists()
    assert Path(within, "src").is_dir()
