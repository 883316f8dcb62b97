"""The crew: what is kept of an agent's own word."""

from outrider.kinds.load import catalogue
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.hook import NOTHING_PAST, Past
from outrider.model.state import Confidence, State, Verdict
from outrider.supervisor.crew import Crew, Member
from supervisor.stage import REF


def member() -> Member:
    kind, verdict = catalogue(None).get("opencode"), Verdict(State.IDLE, True, 1, Confidence.HIGH)
    agent = Agent(
        "agent", "one", "here", "opencode", REF, "/p", verdict, True, 50, 50, generation="g", agent_session="s"
    )
    return Member(agent, kind, Tracker(kind, born_ms=50, spawned=True), SlidingWindow(100))


def test_a_prompt_that_is_told_late_has_its_own_time_and_does_not_hide_the_last_one() -> None:
    one = member()
    one.took_in(200, "second")
    one.took_in(100, "first")
    assert list(one.prompts) == [(200, "second"), (100, "first")]
    assert one.agent.heard == (200, "second")


def test_what_an_agent_is_asked_about_begins_behind_its_last_word() -> None:
    crew, one = Crew(), member()
    crew.add(one)
    assert crew.past("g") == Past("s", 50), "its conversation may be older than itself"
    one.took_in(60, "go on")
    assert crew.past("g") == Past("s", 60)
    assert crew.past("another") == NOTHING_PAST
