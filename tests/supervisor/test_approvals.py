"""Which approvals stand: one for each dialog, from when it comes up until it goes, and the same after a restart."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from outrider.errors import NoSuchThing
from outrider.kinds.load import catalogue
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.approval import Approval, ApprovalStatus, Way
from outrider.model.event import EventName, Fact
from outrider.model.pane import Screen
from outrider.model.state import Confidence, Detail, Reading, Source, State, Verdict
from outrider.store import Store
from outrider.supervisor.approvals import Approvals
from outrider.supervisor.crew import Member
from supervisor.stage import REF, ScriptedTerminal

WAITING = Verdict(State.WAITING, True, 1, Confidence.HIGH)
WORKING = Verdict(State.WORKING, True, 1, Confidence.HIGH)
GONE = Verdict(State.IDLE, False, 1, Confidence.HIGH)
FACT = Fact(EventName.AGENT_WAITING, "one", 5, {"detail": {}})


class Stage:
    """One agent whose screens are drawn here."""

    def __init__(self, store: Store) -> None:
        self.now = 1000
        self.approvals = Approvals(store, lambda: self.now)
        kind = catalogue(None).get("claude")
        agent = Agent("a", "one", "here", "claude", REF, "/tmp", WAITING, True, 1, 1, generation="g" * 32)
        self.member = Member(agent, kind, Tracker(kind, born_ms=1, spawned=True), SlidingWindow(100))
        self.terminal = ScriptedTerminal(lambda: self.now)

    def shows(self, command: str | None, verdict: Verdict = WAITING, *facts: Fact) -> tuple[list[Approval], list[Fact]]:
        """The agent's screen is seen with a dialog about that command, or none; what is to be written and told."""
        self.now += 100
        self.terminal.dialog = command is not None
        screen = self.terminal.screen()
        rows = tuple(row.replace("rm -rf build", command or "") for row in screen.rows)
        self.member.screen = Screen(screen.pane, rows, self.now)
        change = self.approvals.follow(self.member, verdict, facts, self.now)
        self.approvals.written(change.approvals)
        return list(change.approvals), list(change.facts)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    store = await Store.open(tmp_path / "data", node="here", clock=lambda: 1)
    yield Stage(store)
    await store.close()


async def test_a_dialog_is_one_approval_however_often_it_is_seen(stage: Stage) -> None:
    (opened,), (told,) = stage.shows("rm -rf build", WAITING, FACT)
    assert (opened.status, opened.command, opened.tool) == (ApprovalStatus.OPEN, "rm -rf build", "Bash")
    assert told.data["approval"] == opened.id
    assert stage.shows("rm -rf build") == ([], [])
    assert stage.approvals.standing() == [opened]
    (gone,), _ = stage.shows(None, WORKING)
    assert (gone.id, gone.status) == (opened.id, ApprovalStatus.EXPIRED)
    assert stage.approvals.standing() == []


async def test_the_same_dialog_again_is_another_approval(stage: Stage) -> None:
    (first,), _ = stage.shows("rm -rf build")
    stage.shows(None, WORKING)
    (second,), (told,) = stage.shows("rm -rf build")
    assert second.fingerprint == first.fingerprint
    assert second.id != first.id
    assert told.data["approval"] == second.id, "it is told also where the verdict is no news"


async def test_another_dialog_in_its_place_is_a_change(stage: Stage) -> None:
    (first,), _ = stage.shows("rm -rf build")
    (closed, opened), _ = stage.shows("rm -rf /")
    assert (closed.id, closed.status) == (first.id, ApprovalStatus.CHANGED)
    assert opened.command == "rm -rf /"


async def test_a_screen_from_before_an_answer_does_not_open_it_again(stage: Stage) -> None:
    (opened,), _ = stage.shows("rm -rf build")
    done = replace(opened, status=ApprovalStatus.ANSWERED, changed_ms=stage.now + 50)
    stage.approvals.close(done, "me")
    assert stage.approvals.follow(stage.member, WAITING, (), stage.now + 60).approvals == ()
    assert len(stage.shows("rm -rf build")[0]) == 1, "a later screen shows that it is asked again"


async def test_nothing_is_opened_for_a_screen_that_nobody_calls_waiting(stage: Stage) -> None:
    assert stage.shows("rm -rf build", WORKING) == ([], [])
    (opened,), _ = stage.shows("rm -rf build")
    assert stage.shows("rm -rf build", WORKING) == ([], []), "a word that hurries ahead does not close it"
    assert stage.approvals.standing() == [opened]


async def test_a_hook_tells_the_command_in_full(stage: Stage) -> None:
    stage.shows("rm -rf build")
    reading = Reading(Source.HOOK, State.WAITING, "hook:PermissionRequest", "", 1)
    told = replace(WAITING, detail=Detail(tool="Bash", command="rm -rf build && rm -rf /"), evidence=(reading,))
    (fuller,), _ = stage.shows("rm -rf build", told)
    assert fuller.command == "rm -rf build && rm -rf /"
    other = replace(told, detail=Detail(tool="Bash", command="ls"))
    assert stage.shows("rm -rf build", other) == ([], []), "another call's command is not this dialog's"


async def test_a_dialog_that_goes_late_was_answered_by_whom_answered_it(stage: Stage) -> None:
    for after in (None, "rm -rf /"):
        (opened, *_), _ = stage.shows("rm -rf build")
        stage.approvals.put(replace(opened, by="token:phone", answer="Yes", way=Way.KEYS, note="Still there."))
        assert stage.shows("rm -rf build") == ([], [])
        (done, *_), (told, *_) = stage.shows(after, WAITING, FACT)
        assert (done.id, done.status, done.by, done.answer) == (
            opened.id,
            ApprovalStatus.ANSWERED,
            "token:phone",
            "Yes",
        )
        assert "still stood" in (done.note or "")
        assert (told.name, told.data["by"]) == (EventName.APPROVAL_ANSWERED, "token:phone")


async def test_what_an_earlier_daemon_left_is_taken_up(stage: Stage) -> None:
    (opened,), _ = stage.shows("rm -rf build")
    for status, shown in (
        (ApprovalStatus.OPEN, True),
        (ApprovalStatus.ANSWERING, True),
        (ApprovalStatus.ANSWERING, False),
    ):
        stage.approvals.restore([replace(opened, status=status, by="me")])
        stage.member.screen = None
        assert stage.approvals.follow(stage.member, WAITING, (), stage.now).approvals == ()
        changed, _ = stage.shows("rm -rf build" if shown else None)
        if not shown:
            assert changed[0].status is ApprovalStatus.EXPIRED
            assert "not known" in (changed[0].note or "")
        else:
            assert [each.status for each in stage.approvals.standing()] == [ApprovalStatus.OPEN]
            again = stage.approvals.standing()[0]
            assert (again.by, "while me answered" in (again.note or "")) == (
                (None, True) if status is ApprovalStatus.ANSWERING else ("me", False)
            )


async def test_what_is_not_written_down_yet_is_not_shown(stage: Stage) -> None:
    stage.shows(None)
    stage.terminal.dialog = True
    stage.member.screen = stage.terminal.screen()
    change = stage.approvals.follow(stage.member, WAITING, (), stage.now)
    assert len(change.approvals) == 1
    assert stage.approvals.standing() == []
    stage.approvals.written(change.approvals)
    assert stage.approvals.standing() == list(change.approvals)


async def test_an_agent_that_is_gone_asks_nothing(stage: Stage) -> None:
    (opened,), _ = stage.shows("rm -rf build")
    assert stage.approvals.orphans({"a"}, stage.now) is None
    assert stage.approvals._read.keys() == {"a"}  # with its whole screen
    lost = stage.approvals.orphans(set(), stage.now)
    assert lost is not None
    assert not stage.approvals._read
    assert [(each.id, each.status) for each in lost.approvals] == [(opened.id, ApprovalStatus.EXPIRED)]
    stage.shows("rm -rf build")
    assert [each.status for each in stage.shows("rm -rf build", GONE)[0]] == [ApprovalStatus.EXPIRED]
    with pytest.raises(NoSuchThing):
        await stage.approvals.find("nothing")
