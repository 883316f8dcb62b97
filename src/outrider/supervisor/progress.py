"""Progress of the crew: from its specs, else from the agents' own lists, else none; told when it changes, with its history."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from outrider import specs
from outrider.logic.forecast import eta
from outrider.logic.progress import Spec
from outrider.model.actor import Actor
from outrider.model.agent import Agent
from outrider.model.audit import AuditRow
from outrider.model.event import EventName, Fact
from outrider.model.progress import ProgressItem, ProgressReport, Sample
from outrider.specs import Binding, Report, Specs
from outrider.store import Change, Store
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record

SPEC, TODO, NONE = "spec:", "todo", "none"


@dataclass(frozen=True, slots=True)
class Figures:
    """How far an agent is, and what says so."""

    progress: float | None = None
    source: str = NONE
    done: int = 0
    total: int = 0


class Progress:
    """Follows the specs of the crew. `find` has a spec looked for where none was named."""

    def __init__(
        self, *, crew: Crew, record: Record, store: Store, follower: Specs, clock: Callable[[], int], find: bool
    ) -> None:
        self._crew = crew
        self._record = record
        self._store = store
        self._specs = follower
        self._clock = clock
        self._find = find

    async def run(self) -> None:
        """Follows for ever; the daemon's task."""
        self.follow()
        async for report in self._specs.reports():
            member = self._crew.by_id(report.agent)
            if member is not None:
                self.update(member)

    def follow(self) -> None:
        """Follows the specs of all that live; called often, and costs nothing where nobody came or went."""
        bindings = [binding(member.agent) for member in self._crew if member.agent.ended_ms is None]
        self._specs.follow([each for each in bindings if self._find or each.named is not None])

    def update(self, member: Member) -> None:
        """Takes in what its spec or its own list says now; where its progress changed, everybody is told."""
        report = self._specs.known(member.agent.id)
        agent = member.agent = taking_part(member.agent, report)
        figures = figured(agent, report)
        problem = report.problem if report is not None else agent.spec_problem
        if figures == _figures_of(agent):
            if problem != agent.spec_problem:
                member.agent = replace(agent, spec_problem=problem)
                self._record.put(Change(agents=(member.agent,)))
            return
        now = self._clock()
        member.agent = replace(
            agent,
            progress=figures.progress,
            progress_source=figures.source,
            done=figures.done,
            total=figures.total,
            spec_problem=problem,
            changed_ms=now,
        )
        data = {
            "progress": figures.progress,
            "source": figures.source,
            "done": figures.done,
            "total": figures.total,
        }
        sample = Sample(agent.id, now, figures.progress, figures.source, figures.done, figures.total)
        fact = Fact(EventName.PROGRESS, agent.session, now, data)
        self._record.put(Change(agents=(member.agent,), facts=(fact,), samples=(sample,)))

    async def report(self, member: Member) -> ProgressReport:
        """Everything that is known of its progress."""
        history = await self._store.samples(member.agent.id)
        agent, report = member.agent, self._specs.known(member.agent.id)
        spec = report.spec if report is not None else None
        items = items_of(spec) if spec is not None and agent.progress_source.startswith(SPEC) else todo_of(agent)
        return ProgressReport(
            progress=agent.progress,
            source=agent.progress_source,
            done=agent.done,
            total=agent.total,
            items=items,
            history=history,
            eta_ms=eta(history, self._clock()) if agent.ended_ms is None else None,
            problem=agent.spec_problem,
        )

    async def tick(self, member: Member, item: str, actor: Actor) -> ProgressReport:
        """Ticks an item's box in its spec; what that makes of its progress is in the answer."""
        report = self._specs.known(member.agent.id) or Report(member.agent.id)
        ticked = await specs.tick(report, item)
        data = {"file": str(report.path), "line": ticked.line, "item": ticked.text}
        row = AuditRow(self._clock(), actor.name, "tick", member.agent.session, data)
        await self._record.commit(Change(audit=(row,), durable=True))
        await self._specs.look(member.agent.id)
        self.update(member)
        return await self.report(member)


def binding(agent: Agent) -> Binding:
    """Where the agent's spec is looked for: in its folder, then at the top of its work tree."""
    roots = (agent.workdir, agent.worktree) if agent.worktree not in (None, agent.workdir) else (agent.workdir,)
    return Binding(agent.id, tuple(root for root in roots if root is not None), agent.spec or None)


def figured(agent: Agent, report: Report | None) -> Figures:
    """How far it is. The last good figures of a spec stay while it is not known what the spec says."""
    spec = report.spec if report is not None else None
    if report is not None and spec is not None and spec.progress is not None:
        leaves = [item for item in spec.items if not item.parts]
        return Figures(spec.progress, f"{SPEC}{report.name}", sum(item.done for item in leaves), len(leaves))
    unknown = report is None or (spec is None and report.problem is not None)
    if unknown and agent.progress_source.startswith(SPEC):
        return _figures_of(agent)
    if agent.todo:
        done = sum(each.done for each in agent.todo)
        return Figures(round(100 * done / len(agent.todo), 2), TODO, done, len(agent.todo))
    return Figures()


def taking_part(agent: Agent, report: Report | None) -> Agent:
    """The agent, with the list that was found when it joined, and whether that has changed since.

    A list lies in many a repository that its agents have nothing to do with; one that changes while they work is believed to be theirs.
    """
    if agent.spec is not None or report is None or report.problem is not None or agent.list_live:
        return agent
    figures = figured(replace(agent, todo=()), report)
    seen = (report.name, figures.done, figures.total) if figures.source.startswith(SPEC) else ("", 0, 0)
    if agent.list_seen is None:
        return replace(agent, list_seen=seen)
    return agent if seen == agent.list_seen else replace(agent, list_live=True)


def items_of(spec: Spec) -> tuple[ProgressItem, ...]:
    """The items of a spec as they are listed."""
    return tuple(
        ProgressItem(
            number,
            item.text,
            item.done,
            item.line,
            item.weight,
            spec.phases[item.phase].title if item.phase is not None else None,
            item.depth,
        )
        for number, item in enumerate(spec.items, 1)
    )


def todo_of(agent: Agent) -> tuple[ProgressItem, ...]:
    """The agent's own list."""
    return tuple(ProgressItem(number, each.text, each.done) for number, each in enumerate(agent.todo, 1))


def _figures_of(agent: Agent) -> Figures:
    return Figures(agent.progress, agent.progress_source, agent.done, agent.total)
