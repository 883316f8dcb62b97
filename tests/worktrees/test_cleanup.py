"""What becomes of worktrees when their agents are cleaned up: those go in which nothing is that is nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from outrider.model.actor import Actor, Scope
from outrider.settings import load
from outrider.store import Change
from outrider.supervisor.counter import Counter
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.muster import Muster
from outrider.supervisor.record import Record
from outrider.supervisor.steward import Steward
from outrider.supervisor.trees import Trees
from supervisor.stage import ScriptedTerminal
from web.engine_double import make_agent
from worktrees.world import World

ME = Actor("uid:1", Scope.WRITE)
MINUTE_MS = 60_000


class Paper:
    """`facts` are the events that were told, with their sessions; `removed` the worktrees whose removal was written down."""

    def __init__(self) -> None:
        self.facts: set[tuple[str, str]] = set()
        self.removed: set[str] = set()

    async def commit(self, change: Change) -> None:
        self.facts |= {(fact.name.value, fact.session) for fact in change.facts}

    async def keep(self, change: Change) -> None:
        self.removed |= {row.session for row in change.audit if row.action == "worktree remove"}


class Door:
    """Takes agents off the list."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew

    async def forget(self, member: Member, actor: Actor) -> None:
        self.crew.remove(member.agent.id)


def merged(world: World, tree: Path) -> None:
    world.write(tree / "merged.txt", "two\n", commit="two")


def dirty(world: World, tree: Path) -> None:
    world.write(tree / "src" / "a.txt", "changed\n")


def unmerged(world: World, tree: Path) -> None:
    world.write(tree / "unmerged.txt", "two\n", commit="two")


def ignored(world: World, tree: Path) -> None:
    world.write(tree / ".env", "KEY=1\n")


def nothing(world: World, tree: Path) -> None:
    """As it was made."""


WORK: dict[str, Callable[[World, Path], None]] = {
    "merged": merged,
    "dirty": dirty,
    "unmerged": unmerged,
    "ignored": ignored,
    "shared": nothing,
    "held": nothing,
}


def stands(session: str, folder: Path, *, tree: bool, ended: bool) -> Member:
    agent = make_agent(session, at=1000)
    agent = replace(agent, workdir=str(folder), worktree=str(folder) if tree else None)
    if ended:
        agent = replace(agent, ended_ms=1000, verdict=replace(agent.verdict, alive=False))
    return cast("Member", SimpleNamespace(agent=agent, alive=not ended, pane=None))


async def test_only_what_is_merged_and_clean_goes_and_what_is_kept_stays(world: World, tmp_path: Path) -> None:
    world.write(world.repo / ".gitignore", ".env\n", commit="ignore")
    crew, paper, places = Crew(), Paper(), {}
    for name, work in WORK.items():
        places[name] = (await world.create(name)).path
        work(world, places[name])
        crew.add(stands(name, places[name], tree=True, ended=True))
    await world.merge("merged")
    crew.add(stands("guest", places["shared"] / "src", tree=False, ended=False))
    now = [10 * MINUTE_MS]
    record = cast("Record", paper)
    steward = Steward(
        load(
            {"data": str(tmp_path / "data")}, {"HOME": str(tmp_path), "OUTRIDER_CLEANUP__EXITED_MINUTES": "1"}
        ).settings,
        crew=crew,
        record=record,
        terminal=ScriptedTerminal(lambda: now[0]),
        counter=cast("Counter", None),
        lanes=cast("Lanes", SimpleNamespace(depth=lambda agent_id: 0, wake=lambda agent_id: None)),
        muster=cast("Muster", None),
        discharge=cast("Discharge", Door(crew)),
        trees=Trees(world.base, world.env, crew=crew, record=record, clock=lambda: now[0]),
        watched=lambda member: False,
        clock=lambda: now[0],
    )
    await steward.turn()
    assert paper.facts == {("cleanup_announced", name) for name in WORK}, "announced, and nothing done"
    assert all(path.exists() for path in places.values())
    await steward.keep("held", ME, keep=True)
    now[0] += 60 * MINUTE_MS
    await steward.turn()
    await steward.turn()
    assert {session for name, session in paper.facts if name == "agent_archived"} == set(WORK) - {"held"}
    assert ("cleanup_withdrawn", "held") in paper.facts
    assert {member.agent.session for member in crew} == {"held", "guest"}
    assert {name for name, path in places.items() if not path.exists()} == {"merged"}
    assert {name.rpartition(":")[2] for name in paper.removed} == {"merged"}
    branches = world.git("for-each-ref", "--format=%(refname:short)", "refs/heads/outrider").split()
    assert branches == sorted(f"outrider/{name}" for name in set(WORK) - {"merged"})
    assert (places["dirty"] / "src" / "a.txt").read_text() == "changed\n"
    assert (places["unmerged"] / "unmerged.txt").exists()
    assert (places["ignored"] / ".env").exists()
    assert (places["shared"] / "src" / "a.txt").exists()
    await steward.keep("held", ME, keep=False)
    await steward.turn()
    assert places["held"].exists(), "it is announced anew first"
    now[0] += 60 * MINUTE_MS
    await steward.turn()
    assert not places["held"].exists()
