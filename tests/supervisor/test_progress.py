"""Which source says how far an agent is, and that it is told only when it changes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from outrider.logic.progress import parse
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.event import EventName
from outrider.model.kind import Kind, LaunchSpec
from outrider.model.pane import PaneRef
from outrider.model.progress import Todo
from outrider.model.state import Confidence, State, Verdict
from outrider.specs import Report, Specs
from outrider.store import Change, Store
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.ledger import Ledger
from outrider.supervisor.progress import Figures, Progress, binding, figured
from outrider.supervisor.record import Record

TODO = (Todo("1", "a", True), Todo("2", "b", False))
HALF = Report("a", Path("/w/TASKS.md"), "TASKS.md", parse("- [x] a\n- [ ] b\n  - [x] c\n  - [ ] d\n"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "data", node="here", clock=lambda: 1)
    yield store
    await store.close()


def an_agent(**known: object) -> Agent:
    verdict = Verdict(State.IDLE, alive=True, since_ms=1, confidence=Confidence.HIGH)
    agent = Agent("a", "task", "here", "claude", PaneRef("o", 1, "%1"), "/w", verdict, True, 1, 1)
    return replace(agent, **known)  # type: ignore[arg-type]


SPEC = Figures(67.0, "spec:TASKS.md", 2, 3)
CASES: dict[str, tuple[Agent, Report | None, Figures]] = {
    "nothing": (an_agent(), None, Figures()),
    "no spec": (an_agent(), Report("a"), Figures()),
    "a spec": (an_agent(todo=TODO), HALF, Figures(66.67, "spec:TASKS.md", 2, 3)),
    "a spec that cannot be read any more": (an_agent(), replace(HALF, problem="x"), Figures(66.67, "spec:TASKS.md", 2, 3)),
    "a spec without items": (an_agent(todo=TODO), replace(HALF, spec=parse("Prose.")), Figures(50.0, "todo", 1, 2)),
    "its own list": (an_agent(todo=TODO), Report("a"), Figures(50.0, "todo", 1, 2)),
    "after a restart, not read yet": (
        an_agent(progress=67.0, progress_source="spec:TASKS.md", done=2, total=3, todo=TODO), None, SPEC),
    "after a restart, not readable": (
        an_agent(progress=67.0, progress_source="spec:TASKS.md", done=2, total=3), Report("a", problem="x"), SPEC),
    "after a restart, none any more": (
        an_agent(progress=67.0, progress_source="spec:TASKS.md", done=2, total=3), Report("a"), Figures()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_best_source_that_is_known_says_it(case: str) -> None:
    agent, report, figures = CASES[case]
    assert figured(agent, report) == figures


def test_where_a_spec_is_looked_for() -> None:
    assert binding(an_agent()).roots == ("/w",)
    assert binding(an_agent(worktree="/w")).roots == ("/w",)
    assert binding(an_agent(workdir="/t/sub", worktree="/t")).roots == ("/t/sub", "/t")
    assert binding(an_agent(spec="docs/x.md")).named == "docs/x.md"


class Publishing:
    def publish(self, events: object) -> None:
        """Nobody listens."""

    def subscribe(self) -> None:
        """Nobody does."""


async def test_it_is_told_only_when_it_changes_and_kept_with_its_history(store: Store) -> None:
    crew, kind, now = Crew(), Kind("claude", "Claude Code", "", LaunchSpec(("claude",))), iter(range(10, 99))
    member = Member(an_agent(), kind, Tracker(kind, born_ms=1, spawned=True), SlidingWindow(1))
    crew.add(member)
    written: list[Change] = []
    record = Record(Ledger(store, Publishing()))  # type: ignore[arg-type]
    record.put = lambda change, done=None: written.append(change)  # type: ignore[method-assign]
    progress = Progress(crew=crew, record=record, store=store, follower=Specs(), clock=lambda: next(now), find=True)
    progress.update(member)
    assert written == []
    member.agent = replace(member.agent, todo=TODO)
    progress.update(member)
    progress.update(member)
    (change,) = written
    (fact,) = change.facts
    assert (fact.name, dict(fact.data)) == (
        EventName.PROGRESS,
        {"progress": 50.0, "source": "todo", "done": 1, "total": 2},
    )
    await store.commit(change)
    report = await progress.report(member)
    assert [(item.number, item.text, item.done) for item in report.items] == [(1, "a", True), (2, "b", False)]
    assert [(sample.at_ms, sample.progress) for sample in report.history] == [(10, 50.0)]
