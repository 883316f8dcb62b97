"""What is done for agents by itself: when, how often, and for whom never."""

from dataclasses import replace

import pytest

from outrider.logic.lifecycle import HOUR_MS, Deed, Policy, cleanup, nudge, nudged, restart
from outrider.model.agent import Agent
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, Detail, ErrorClass, State, Verdict

COMPLETE = Verdict(State.COMPLETE, alive=True, since_ms=1_000, confidence=Confidence.HIGH)
AGENT = Agent("a1", "task", "here", "claude", PaneRef("outrider", 1, "%1"), "/w", COMPLETE, True, 1, 1)
POLICY = Policy(complete_ms=60_000, exited_ms=30_000, notice_ms=10_000, restarts=3, restart_ms=1_000, nudges=2)


def stuck(reason: str) -> Agent:
    verdict = replace(COMPLETE, state=State.STUCK, detail=Detail(reason=reason))
    return replace(AGENT, verdict=verdict, total=4)


def crashed(*restarts: int) -> Agent:
    verdict = replace(COMPLETE, state=State.ERROR, alive=False, detail=Detail(error=ErrorClass.CRASH))
    return replace(AGENT, verdict=verdict, ended_ms=5_000, restarts=restarts)


def test_it_is_announced_before_it_is_archived() -> None:
    assert cleanup(AGENT, POLICY, 50_999) is None
    assert cleanup(AGENT, POLICY, 51_000) == (Deed.ANNOUNCE, 61_000)
    announced = replace(AGENT, cleanup_ms=61_000)
    assert cleanup(announced, POLICY, 60_999) is None
    assert cleanup(announced, POLICY, 61_000) == (Deed.ARCHIVE, 61_000)


def test_a_daemon_that_was_away_announces_all_the_same() -> None:
    assert cleanup(AGENT, POLICY, 9_000_000) == (Deed.ANNOUNCE, 9_010_000)


@pytest.mark.parametrize("state", [state for state in State if state is not State.COMPLETE])
def test_what_is_at_work_again_is_withdrawn(state: State) -> None:
    announced = replace(AGENT, cleanup_ms=61_000)
    busy = replace(announced, verdict=replace(COMPLETE, state=state))
    assert cleanup(busy, POLICY, 99_000) == (Deed.WITHDRAW, 99_000)
    again = replace(announced, verdict=replace(COMPLETE, since_ms=50_000))
    assert cleanup(again, POLICY, 61_000) == (Deed.WITHDRAW, 61_000)


@pytest.mark.parametrize("agent", [replace(AGENT, keep=True), replace(AGENT, spawned=False)], ids=["kept", "adopted"])
def test_who_is_kept_or_adopted_is_never_cleaned_up(agent: Agent) -> None:
    for each in (agent, replace(agent, ended_ms=2_000)):
        assert cleanup(each, POLICY, 9_000_000) is None
    assert cleanup(AGENT, Policy(), 9_000_000) is None


def test_what_has_ended_is_archived_by_its_own_time() -> None:
    ended = replace(AGENT, ended_ms=100_000, verdict=replace(COMPLETE, alive=False, state=State.ERROR))
    assert cleanup(ended, POLICY, 119_999) is None
    assert cleanup(ended, POLICY, 120_000) == (Deed.ANNOUNCE, 130_000)


def test_nudges_have_a_budget_that_a_done_item_fills_again() -> None:
    agent = stuck("idle_unfinished")
    assert nudge(agent, POLICY, outstanding=0)
    assert not nudge(agent, POLICY, outstanding=1)
    spent = replace(agent, nudges=2, nudged_done=0)
    assert not nudge(spent, POLICY, outstanding=0)
    assert nudge(replace(spent, done=1), POLICY, outstanding=0)
    assert nudged(replace(spent, done=1)) == 0
    assert not nudge(agent, Policy(), outstanding=0)


@pytest.mark.parametrize("reason", ["frozen", "unanswered", "unsubmitted", "limited", "auth", "shell", "looping"])
def test_only_rest_is_nudged(reason: str) -> None:
    assert not nudge(stuck(reason), POLICY, outstanding=0)
    assert not nudge(AGENT, POLICY, outstanding=0)


def test_restarts_wait_longer_each_time_and_have_a_budget() -> None:
    assert not restart(crashed(), POLICY, 5_999)
    assert restart(crashed(), POLICY, 6_000)
    assert not restart(crashed(4_000), POLICY, 6_999)
    assert restart(crashed(4_000), POLICY, 7_000)
    assert not restart(crashed(1, 2, 3), POLICY, 900_000)
    assert restart(crashed(1, 2, 3), POLICY, HOUR_MS + 9_000)
    assert not restart(crashed(), Policy(), 900_000)


def test_only_a_crash_is_restarted() -> None:
    ended = replace(AGENT, ended_ms=5_000, verdict=replace(COMPLETE, alive=False))
    assert not restart(ended, POLICY, 900_000)
    assert not restart(replace(crashed(), spawned=False), POLICY, 900_000)
    assert not restart(replace(crashed(), ended_ms=None), POLICY, 900_000)
