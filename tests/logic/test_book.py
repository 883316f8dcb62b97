"""What is counted is what happened: once, in the right stretch, across restarts."""

from dataclasses import replace

import pytest

from outrider.logic.book import NODE, OBSERVED, TO, Book, begun, merged, rolled
from outrider.logic.metrics import METRICS, series, step_for
from outrider.model.agent import Agent, Counters
from outrider.model.event import Event, EventName, Fact
from outrider.model.history import Mark, Standing, Stretch
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, State, Verdict


def agent(session: str = "one", *, alive: bool = True, tokens: int = 0, cost: float = 0.0) -> Agent:
    verdict = Verdict(State.WORKING, alive, 0, Confidence.HIGH)
    counters = Counters(tokens=tokens, cost_usd=cost)
    ref = PaneRef("test", 1, "%0")
    return Agent(session, session, "here", "claude", ref, "/w", verdict, True, 0, 0, counters=counters)


def event(seq: int, at: int, name: EventName = EventName.STATE_CHANGE, session: str = "one", **data: object) -> Event:
    return Event(seq, "here", Fact(name, session, at, data))


def amounts(stretches: tuple[Stretch, ...], session: str = "one", *, turns: bool = False) -> dict[str, float]:
    whole = merged(each.amounts for each in stretches if each.session == session)
    return {name: value for name, value in whole.items() if name.startswith(TO) == turns}


def test_time_is_counted_in_the_state_that_it_was_spent_in() -> None:
    book = Book(Mark(0, 1000), 1000)
    book.events([event(1, 2000, state="working"), event(2, 5000, state="waiting"), event(3, 9000, state="idle")])
    stretches, mark = book.close([agent()], 11_000)
    assert amounts(stretches) == {
        "state:working": 3000,
        "state:waiting": 4000,
        "state:idle": 2000,
        "waited_n": 1,
        "waited_ms": 4000,
        "waited_max_ms": 4000,
    }
    assert amounts(stretches, turns=True) == {"to:working": 1, "to:waiting": 1, "to:idle": 1}
    assert amounts(stretches, NODE)[OBSERVED] == 10_000
    assert {each.at_ms for each in stretches} == {1000}
    stretches, _ = book.close([agent()], 12_000)
    assert amounts(stretches) == {"state:idle": 1000}
    assert (mark.seq, mark.at_ms, mark.standing["one"].state) == (3, 11_000, "idle")


def test_every_event_is_counted_once_wherever_the_daemon_ended() -> None:
    told = [
        event(1, 100, state="working"),
        event(2, 200, EventName.COMMAND_SENT, took_ms=40),
        event(3, 300, state="error"),
        event(4, 400, EventName.COMMAND_FAILED),
        event(5, 500, state="waiting"),
        event(6, 600, EventName.APPROVAL_ANSWERED),
        event(7, 700, state="working"),
    ]
    whole = Book(Mark(0, 50), 50)
    whole.events(told)
    expected = amounts(whole.close([agent(tokens=7)], 800)[0])
    for cut in range(len(told) + 1):
        first = Book(Mark(0, 50), 50)
        first.events(told[:cut])
        kept, mark = first.close([agent(tokens=3)] if cut else [], told[cut - 1].fact.at_ms if cut else 50)
        again = Book(mark, mark.at_ms)
        again.events(told)  # those that were counted come again
        rest, _ = again.close([agent(tokens=7)], 800)
        assert merged([amounts(kept), amounts(rest)]) == expected


def test_time_in_which_no_daemon_looked_is_nobodys() -> None:
    mark = Mark(5, 10_000, {"one": Standing("working", 9000), "two": Standing("idle", 1)})
    book = Book(mark, 500_000)
    book.events([event(6, 11_000, state="testing"), event(7, 501_000, state="idle")])
    stretches, _ = book.close([agent("one"), agent("two")], 502_000)
    assert amounts(stretches) == {"state:working": 1000, "state:testing": 1000, "state:idle": 1000}
    assert amounts(stretches, "two") == {"state:idle": 1000 + 2000}
    assert amounts(stretches, NODE)[OBSERVED] == 1000 + 2000


def test_what_was_spent_is_counted_from_where_counting_began() -> None:
    book = Book(begun([agent(tokens=100, cost=1.0)], 9, 1000), 1000)
    stretches, _ = book.close([agent(tokens=130, cost=1.5), agent("new", tokens=5)], 2000)
    assert (amounts(stretches)["tokens"], amounts(stretches)["cost_usd"]) == (30, 0.5)
    assert amounts(stretches, "new")["tokens"] == 5
    assert amounts(book.close([agent(tokens=130, cost=1.5)], 3000)[0]).get("tokens") is None


def test_an_agent_that_ended_spends_no_more_time() -> None:
    book = Book(Mark(0, 1000, {"one": Standing("working", 0)}), 1000)
    book.events([event(1, 2000, EventName.AGENT_EXITED)])
    assert amounts(book.close([agent(alive=False)], 9000)[0]) == {"state:working": 1000}
    assert amounts(book.close([agent(alive=False)], 9999)[0]) == {}


def test_stretches_add_up_when_they_are_merged() -> None:
    parts = [
        Stretch(59_000, "", {"sent": 1, "took_max_ms": 9, "progress": 80}),
        Stretch(61_000, "", {"sent": 2, "took_max_ms": 5, "progress": 10}),
        Stretch(119_999, "", {"sent": 4, "took_max_ms": 7, "progress": 20}),
    ]
    assert rolled(parts, 60_000) == [
        Stretch(0, "", {"sent": 1, "took_max_ms": 9, "progress": 80}),
        Stretch(60_000, "", {"sent": 6, "took_max_ms": 7, "progress": 20}),
    ]
    assert rolled(rolled(parts, 60_000), 120_000) == rolled(parts, 120_000)


def test_a_metric_has_a_value_or_nothing_for_every_moment() -> None:
    counted = [
        Stretch(0, "", {OBSERVED: 30_000, "state:working": 60_000, "took_n": 2, "took_ms": 50, "took_max_ms": 40})
    ]
    agents = series("agents", counted, 60_000, 10_000, 180_000)
    assert agents.at_ms == (0, 60_000, 120_000)
    assert agents.lines["working"] == [2.0, None, None]
    latency = series("latency", counted, 60_000, 0, 60_000)
    assert latency.lines == {"mean": [25.0], "longest": [40]}
    assert series("commands", counted, 60_000, 0, 60_000).lines["sent"] == [0]


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_can_be_read_of_nothing(name: str) -> None:
    assert set(series(name, [Stretch(0, "", {})], 60_000, 0, 60_000).lines) == set(METRICS[name].lines)


def test_a_step_suits_the_time() -> None:
    day = 86_400_000
    assert step_for(0, 900_000, 15_000) == 15_000
    assert step_for(0, day, 15_000) == 300_000
    assert step_for(0, 30 * day, 15_000) == 21_600_000
    assert step_for(0, 900_000, 900_000) == 900_000


def test_an_agent_that_is_replaced_under_its_name_goes_on() -> None:
    book = Book(Mark(0, 0, {"one": Standing("idle", 0, 50)}), 0)
    stretches, _ = book.close([replace(agent(tokens=10), id="other")], 1000)
    assert "tokens" not in amounts(stretches)
