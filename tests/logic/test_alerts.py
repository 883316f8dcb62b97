"""Which rules fire, for whom, and how often."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from outrider.errors import InvalidInput
from outrider.logic.alerts import CALM_MS, CONDITIONS, HOUR_MS, MINUTE_MS, check, look, quiet, sentence
from outrider.logic.scene import Scene, replay
from outrider.model.alert import Alarm, Alight, Firing, Rule, Rules, Surroundings, Watched
from outrider.model.event import Event, EventName, Fact

NOW = 100 * HOUR_MS
STUCK = Watched("one", "claude", "stuck", NOW - 12 * MINUTE_MS, "frozen")
WAITING = Watched("two", "codex", "waiting", NOW - 20 * MINUTE_MS)
HERE = Surroundings(NOW - 3 * MINUTE_MS, 100.0, {"build": NOW - 9 * MINUTE_MS})


def seen(
    rule: Rule,
    *agents: Watched,
    alight: Alight | None = None,
    now: int = NOW,
    around: Surroundings = HERE,
    hours: str = "",
) -> Alarm:
    return look(Rules((rule,), hours), agents or (STUCK, WAITING), around, alight or {}, now, minute=30)


TABLE: tuple[tuple[Rule, Sequence[str]], ...] = (
    (Rule("r", "stuck", 12), ["one"]),
    (Rule("r", "stuck", 12.1), []),
    (Rule("r", "stuck", 1, reason="frozen"), ["one"]),
    (Rule("r", "stuck", 1, reason="looping"), []),
    (Rule("r", "stuck", 1, kind="codex"), []),
    (Rule("r", "stuck", 1, enabled=False), []),
    (Rule("r", "waiting", 15), ["two"]),
    (Rule("r", "waiting", 15, kind="claude"), []),
    (Rule("r", "node_away", 3), ["", "build/"]),
    (Rule("r", "node_away", 4), ["build/"]),
    (Rule("r", "node_away", 10), []),
    (Rule("r", "low_disk", 500), [""]),
    (Rule("r", "low_disk", 50), []),
)


@pytest.mark.parametrize(("rule", "sessions"), TABLE)
def test_a_rule_fires_for_whom_it_is_the_case(rule: Rule, sessions: Sequence[str]) -> None:
    assert [each.session for each in seen(rule).fired] == list(sessions)


def test_errors_cost_and_progress() -> None:
    errors = replace(STUCK, errors_ms=(NOW - HOUR_MS - 1, NOW - 5, NOW - 1))
    assert seen(Rule("r", "errors", 2), errors).fired
    assert not seen(Rule("r", "errors", 3), errors).fired
    assert seen(Rule("r", "cost", 5), replace(STUCK, cost_usd=5.0)).fired[0].value == 5
    going = replace(STUCK, state="working", progress=40.0, moved_ms=NOW - HOUR_MS)
    assert seen(Rule("r", "stalled", 60), going).fired
    for settled in (replace(going, progress=100.0), replace(going, state="waiting"), replace(going, progress=None)):
        assert not seen(Rule("r", "stalled", 60), settled).fired


def test_what_goes_on_fires_once_and_again_only_after_calm() -> None:
    rule, calm = Rule("r", "waiting", 15), replace(WAITING, state="working")
    first = seen(rule)
    again = seen(rule, alight=first.alight, now=NOW + MINUTE_MS)
    assert (len(first.fired), len(again.fired)) == (1, 0)
    flapping = seen(rule, calm, alight=again.alight, now=NOW + 2 * MINUTE_MS)
    assert flapping.alight
    assert not seen(rule, alight=flapping.alight, now=NOW + 3 * MINUTE_MS).fired
    gone = seen(rule, calm, alight=flapping.alight, now=NOW + MINUTE_MS + CALM_MS)
    assert not gone.alight
    assert seen(rule, alight=gone.alight, now=NOW + HOUR_MS).fired


def test_what_is_held_back_fires_afterwards() -> None:
    rule = Rule("r", "waiting", 15, snoozed_ms=NOW + 1)
    assert not seen(rule).fired
    assert seen(rule, now=NOW + 1).fired
    assert not seen(Rule("r", "waiting", 15), hours="23:00-01:00").fired
    assert seen(Rule("r", "waiting", 15), hours="01:00-02:00").fired


def test_a_rule_that_is_gone_fires_no_more() -> None:
    alight = seen(Rule("r", "waiting", 15)).alight
    assert not seen(Rule("other", "stuck", 99), alight=alight).alight


def test_quiet_hours_may_go_over_midnight() -> None:
    assert [quiet("22:00-07:00", minute) for minute in (1319, 1320, 0, 419, 420)] == [False, True, True, True, False]
    assert [quiet("12:00-13:00", minute) for minute in (719, 720, 779, 780)] == [False, True, True, False]
    assert not quiet("", 0)


BAD: tuple[tuple[Rules, str], ...] = (
    (Rules((Rule("r", "stuck", -1),)), "rules.0.above: should be a number of minutes above 0, not -1"),
    (Rules((Rule("r", "stuck", 0),)), "to have it silent, disable it"),
    (Rules((Rule("r", "stuck", float("nan")),)), "above 0"),
    (Rules((Rule("r", "bored", 1),)), "there are: stuck, waiting, errors"),
    (Rules((Rule("a", "stuck", 1), Rule("a", "stuck", 1))), "rules.1.id: 'a' is there twice"),
    (Rules((Rule("a b", "stuck", 1),)), "should be letters"),
    (Rules((Rule("a", "waiting", 1, reason="frozen"),)), "belongs to stuck alone"),
    (Rules((Rule("a", "low_disk", 1, kind="claude"),)), "about the node"),
    (Rules((), "22-7"), "22:00-07:00"),
)


@pytest.mark.parametrize(("rules", "says"), BAD)
def test_a_rule_that_makes_no_sense_gets_a_sentence(rules: Rules, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check(rules)
    assert says in caught.value.message


@pytest.mark.parametrize("on", CONDITIONS)
def test_every_condition_can_be_told(on: str) -> None:
    rule = check(Rules((Rule("mine", on, 3),))).rules[0]
    told = sentence(rule, Firing("mine", "one", 0, 4.0, 0))
    assert told.startswith(f"mine: {on} on one, 4 ")


def events(*told: tuple[float, str, str | None]) -> list[Event]:
    """(minute, state, reason)."""
    return [
        Event(seq, "here", Fact(EventName.STATE_CHANGE, "one", int(minute * MINUTE_MS), {"state": state, "detail": {"reason": reason}}))
        for seq, (minute, state, reason) in enumerate(told, 1)
    ]  # fmt: skip


def test_yesterday_is_looked_at_as_today_would_be() -> None:
    told = events(
        (10, "waiting", None),
        (30, "working", None),
        (31, "waiting", None),
        (33, "working", None),
        (100, "waiting", None),
    )
    fired = replay(Rule("r", "waiting", 15), Scene({}), told, 0, 200 * MINUTE_MS)
    assert [each.at_ms // MINUTE_MS for each in fired] == [25, 115]
    assert not replay(Rule("r", "waiting", 15, kind="codex"), Scene({"one": "claude"}), told, 0, 200 * MINUTE_MS)
    assert (
        replay(Rule("r", "waiting", 15, enabled=False, snoozed_ms=2**50), Scene({}), told, 0, 200 * MINUTE_MS) == fired
    )


def test_yesterdays_errors_and_progress() -> None:
    told = events(*((minute, state, None) for minute in range(0, 60, 10) for state in ("error", "working")))
    assert [each.at_ms // MINUTE_MS for each in replay(Rule("r", "errors", 4), Scene({}), told, 0, HOUR_MS)] == [30]
    moved = Event(1, "here", Fact(EventName.PROGRESS, "one", MINUTE_MS, {"progress": 50}))
    ended = Event(2, "here", Fact(EventName.AGENT_KILLED, "one", 90 * MINUTE_MS, {}))
    assert [each.at_ms for each in replay(Rule("r", "stalled", 60), Scene({}), [moved, ended], 0, 5 * HOUR_MS)] == [
        HOUR_MS + MINUTE_MS
    ]
    assert not replay(Rule("r", "stalled", 100), Scene({}), [moved, ended], 0, 5 * HOUR_MS)
