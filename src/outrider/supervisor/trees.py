"""The worktrees that were made for agents: looked at, merged, taken away; who had it done is written down."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from outrider import worktrees
from outrider.errors import Conflict, NoSuchThing, OutriderError
from outrider.model.actor import Actor
from outrider.model.audit import AuditRow
from outrider.model.state import BUSY
from outrider.model.worktree import Merged, Removed, WorktreeState
from outrider.store import Change
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.directories import directories
from outrider.supervisor.record import Record
from outrider.worktrees.occupancy import Folders, occupant

log = structlog.get_logger()


class Trees:
    """Fits the web faces' port of that name. `base` is the folder they are made in; one is changed at a time."""

    def __init__(
        self, base: Path, environ: Mapping[str, str], *, crew: Crew, record: Record, clock: Callable[[], int]
    ) -> None:
        self._base = base
        self._environ = environ
        self._crew = crew
        self._record = record
        self._clock = clock
        self._changing = asyncio.Lock()
        self._measured: dict[str, int] = {}

    async def listed(self) -> Sequence[tuple[WorktreeState, str | None]]:
        """All of them, each with the living agent that works in it."""
        at_work = self._at_work()
        places = await worktrees.found(self._base, self._environ)
        return [(await worktrees.state(place, self._environ), _occupant(place, at_work)) for place in places]

    async def find(self, name: str) -> tuple[WorktreeState, str | None]:
        """One by its name."""
        place = await self._place(name)
        return await worktrees.state(place, self._environ), _occupant(place, self._at_work())

    async def directories(self, typed: str) -> Sequence[str]:
        """Where a worktree could be made from, or an agent work: the directories whose path begins so."""
        return await directories(typed, Path(self._environ.get("HOME", "/")))

    async def diff(self, name: str) -> tuple[str, bool]:
        """What was changed in it, as a patch, and whether that was cut."""
        return await worktrees.diff(await self._place(name), self._environ)

    async def merge(self, name: str, into: str | None, actor: Actor) -> Merged:
        """Merges its branch into another, or into the one it began from."""
        async with self._changing:
            place = await self._place(name)
            done = await worktrees.merge(place, self._environ, into=into, at_work=self._at_work())
            await self._written(actor, "worktree merge", name, {"into": done.into, "commit": done.commit})
            return done

    async def remove(self, name: str, actor: Actor, *, force: bool) -> Removed:
        """Takes it away; with `force`, work that is nowhere else goes to the trash first."""
        async with self._changing:
            place = await self._place(name)
            if session := _occupant(place, self._at_work()):
                raise Conflict(
                    f"{session} is at work in {name}. End it first: outrider kill {session}.",
                    detail={"session": session},
                )
            done = await worktrees.remove(place, self._environ, force=force, at_ms=self._clock())
            await self._written(actor, "worktree remove", name, {"path": done.path, "kept": done.kept})
            return done

    async def measure(self) -> None:
        """Keeps with each agent how much was changed in its worktree, looked at once whenever it has come to rest."""
        for member in self._crew:
            agent, verdict = member.agent, member.agent.verdict
            if agent.worktree is None or verdict.state in BUSY or self._measured.get(agent.id) == verdict.since_ms:
                continue
            self._measured[agent.id] = verdict.since_ms
            try:
                places = await worktrees.found(self._base, self._environ)
                place = next((each for each in places if str(each.path) == agent.worktree), None)
                if place is not None:
                    self._sized(member, await worktrees.state(place, self._environ))
            except (OutriderError, OSError) as error:  # where the disk for passing files is full, too
                log.info("a worktree could not be measured", session=agent.session, why=str(error))

    def _sized(self, member: Member, tree: WorktreeState) -> None:
        agent, size = member.agent, (tree.files, tree.insertions, tree.deletions)
        if tree.problem is None and size != (agent.files, agent.insertions, agent.deletions):
            files, insertions, deletions = size
            member.agent = replace(agent, files=files, insertions=insertions, deletions=deletions)
            self._record.put(Change(agents=(member.agent,)))

    def _at_work(self) -> Folders:
        """Living agents, each with its worktree, the folder it was started in, and the one that its pane is in now."""
        found: dict[str, tuple[Path, ...]] = {}
        for member in self._crew:
            agent, pane = member.agent, member.pane
            if agent.ended_ms is None:
                told = (agent.worktree, agent.workdir, pane.path if pane is not None else None)
                found[agent.session] = tuple(Path(folder).resolve() for folder in told if folder)
        return found

    async def _place(self, name: str) -> worktrees.Place:
        places = await worktrees.found(self._base, self._environ)
        fit = [place for place in places if name in (place.name, f"{place.path.parent.name}:{place.name}")]
        if not fit:
            known = ", ".join(place.name for place in places[:10])
            raise NoSuchThing(
                f"There is no worktree {name!r}. " + (f"There are: {known}." if known else "There are none."),
                detail={"name": name},
            )
        if len(fit) > 1:
            names = [f"{place.path.parent.name}:{place.name}" for place in fit]
            raise Conflict(
                f"Several repositories have a worktree {name!r}; say which: {', '.join(names)}.",
                detail={"names": names},
            )
        return fit[0]

    async def _written(self, actor: Actor, action: str, name: str, data: Mapping[str, object]) -> None:
        await self._record.keep(Change(audit=(AuditRow(self._clock(), actor.name, action, name, data),), durable=True))


def _occupant(place: worktrees.Place, at_work: Folders) -> str | None:
    return occupant(place.path.resolve(), at_work)
