"""Alerts on a real store: told once over restarts, changed only by rules that make sense, audited."""

import itertools
from pathlib import Path

import pytest

from outrider.bus.local import LocalBus
from outrider.errors import InvalidInput, NoSuchThing
from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent
from outrider.model.alert import Rule, Rules
from outrider.model.audit import AuditQuery
from outrider.model.event import EventName, Fact
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.settings.schema import Alerts as Defaults
from outrider.store import Change, Store
from outrider.store.alerts import Alerts
from outrider.supervisor.alarms import DAY_MS, MINUTE_MS, Alarms
from outrider.supervisor.ledger import Ledger

NOW = 100 * DAY_MS
ME = Actor("uid:1000", Scope.ADMIN)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def waiting(since: int) -> Agent:
    verdict = Verdict(State.WAITING, True, since, Confidence.HIGH)
    return Agent("a", "one", "here", "claude", PaneRef("t", 1, "%0"), "/w", verdict, True, 0, 0)


def alarms(store: Store, folder: Path, *, now: int = NOW) -> Alarms:
    return Alarms(
        alerts=Alerts(store.database),
        ledger=Ledger(store, LocalBus(100)),
        agents=lambda: (waiting(NOW - 20 * MINUTE_MS),),
        away=lambda: (),
        defaults=Defaults(low_disk_mb=0),
        folder=folder,
        clock=lambda: now,
    )


async def told(store: Store) -> list[tuple[str, object]]:
    events = await store.events(since=0, limit=100, names=frozenset({"alert"}))
    return [(event.fact.session, event.fact.data["message"]) for event in events]


async def test_what_fires_is_told_once_over_restarts(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, node="here", clock=itertools.count(1).__next__)
    for minute in range(3):
        await alarms(store, tmp_path, now=NOW + minute * MINUTE_MS).turn(())
    assert await told(store) == [("one", "waiting: waiting on one, 20 minutes; the rule says at least 15.")]
    await store.close()


async def test_rules_are_kept_and_audited_and_bad_ones_change_nothing(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, node="here", clock=itertools.count(1).__next__)
    first = alarms(store, tmp_path)
    with pytest.raises(InvalidInput):
        await first.change(Rules((Rule("mine", "waiting", -1),)), ME)
    assert [rule.on for rule in first.rules.rules] == ["stuck", "waiting", "errors", "stalled", "node_away"]
    await first.change(Rules((Rule("mine", "waiting", 30, ways=("phone",)),), "22:00-07:00"), ME)
    await first.snooze("mine", 10, ME)
    with pytest.raises(NoSuchThing):
        await first.snooze("yours", 10, ME)
    again = alarms(store, tmp_path)
    await again.restore()
    assert again.rules == Rules(
        (Rule("mine", "waiting", 30, ways=("phone",), snoozed_ms=NOW + 10 * MINUTE_MS),), "22:00-07:00"
    )
    assert [(entry.row.actor, entry.row.action) for entry in (await store.audit(AuditQuery()))[0]] == [
        ("uid:1000", "snooze"),
        ("uid:1000", "alerts"),
    ]
    await store.close()


async def test_a_preview_tells_when_it_would_have_fired(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, node="here", clock=itertools.count(1).__next__)
    start = NOW - DAY_MS // 2
    for minute, state in ((-10_000, "waiting"), (0, "waiting"), (30, "working"), (60, "waiting"), (65, "working")):
        fact = Fact(EventName.STATE_CHANGE, "two", start + minute * MINUTE_MS, {"state": state, "detail": {}})
        await store.commit(Change(facts=(fact,)))
    one = Fact(EventName.STATE_CHANGE, "one", NOW - 20 * MINUTE_MS, {"state": "waiting", "detail": {}})
    await store.commit(Change(facts=(one,)))
    found = await alarms(store, tmp_path).preview(Rule("r", "waiting", 15))
    assert [(each.session, (each.at_ms - start) // MINUTE_MS) for each in found.fired] == [
        ("two", 15),
        ("one", 720 - 5),
    ]
    assert found.note is None
    cost = await alarms(store, tmp_path).preview(Rule("r", "cost", 15))
    assert (cost.fired, "does not tell" in (cost.note or "")) == ((), True)
    with pytest.raises(InvalidInput):
        await alarms(store, tmp_path).preview(Rule("r", "waiting", -1))
    await store.close()
