"""The journal, the roster and what becomes durable together."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from outrider.errors import Conflict
from outrider.model.agent import Agent
from outrider.model.audit import AuditQuery, AuditRow
from outrider.model.command import Command, Status
from outrider.model.event import Event, EventName, Fact
from outrider.store import Change, Store

MakeCommand = Callable[..., Command]
DAY_MS = 24 * 60 * 60 * 1000


def _facts(count: int, *, session: str = "task", at_ms: int = 1) -> tuple[Fact, ...]:
    return tuple(Fact(EventName.PROGRESS, session, at_ms, {"progress": number}) for number in range(count))


async def test_events_come_back_as_they_were_and_in_order(store: Store) -> None:
    data = {"text": "⠋ \ud800 \0", "deep": [1, {"a": None}], "x": 0.5}
    facts = (Fact(EventName.AGENT_STUCK, "a", 5, MappingProxyType(data)), Fact(EventName.ALERT, "b", 6))
    events = await store.commit(Change(facts=facts))
    assert events == tuple(Event(seq, "here", fact) for seq, fact in enumerate(facts, start=1))
    assert [(event.seq, dict(event.fact.data)) for event in await store.events(since=0, limit=9)] == [
        (1, data),
        (2, {}),
    ]
    assert [event.seq for event in await store.events(since=1, limit=9)] == [2]
    assert [event.seq for event in await store.events(since=0, limit=9, sessions=frozenset({"b", "c"}))] == [2]
    assert [event.seq for event in await store.events(since=0, limit=9, names=frozenset({"agent_stuck"}))] == [1]
    assert [event.seq for event in await store.events(since=0, limit=1)] == [1]


async def test_seqs_have_no_gap_nor_repeat_whatever_fails_in_between(store: Store) -> None:
    def unstorable(number: int) -> tuple[Fact, ...]:
        return (*_facts(2), Fact(EventName.ALERT, "x", 1, {"not JSON": object()})) if number % 3 == 0 else _facts(2)

    results = await asyncio.gather(
        *(store.commit(Change(facts=unstorable(number))) for number in range(90)), return_exceptions=True
    )
    assert sum(isinstance(result, TypeError) for result in results) == 30
    told = [event.seq for result in results if isinstance(result, tuple) for event in result]
    assert told == list(range(1, 121)) == [event.seq for event in await store.events(since=0, limit=999)]


async def test_whoever_publishes_when_told_publishes_in_the_order_of_seq(
    store: Store, make_command: MakeCommand
) -> None:
    published: list[int] = []

    async def accept() -> None:
        _, events, _ = await store.add(make_command(), facts=_facts(1))
        published.extend(event.seq for event in events)

    async def change(count: int, *, durable: bool) -> None:
        events = await store.commit(Change(facts=_facts(count), durable=durable))
        published.extend(event.seq for event in events)

    for _ in range(20):
        await asyncio.gather(accept(), *(change(count, durable=count == 2) for count in range(4)), accept())
    assert published == list(range(1, 20 * 8 + 1))


async def test_agents_are_kept_by_id_and_forgetting_one_leaves_its_history(
    store: Store, agent: Agent, make_command: MakeCommand
) -> None:
    other = replace(agent, id="a2", session="another")
    await store.commit(Change(agents=(agent, other), new_commands=(make_command(),), facts=_facts(1)))
    await store.commit(Change(agents=(replace(agent, session="zebra", progress=40.0),)))
    assert [(known.id, known.session, known.progress) for known in await store.agents()] == [
        ("a2", "another", None),
        ("a1", "zebra", 40.0),
    ]
    await store.commit(Change(forgotten=("a1", "never known")))
    assert await store.agents() == (other,)
    assert (len(await store.commands()), await store.last_seq()) == (1, 1)


async def test_an_unreadable_agent_is_left_out_and_told(store: Store, agent: Agent) -> None:
    await store.commit(Change(agents=(agent, replace(agent, id="a2"))))
    await store.database.write(lambda conn: conn.execute("UPDATE agents SET document = '{}' WHERE id = 'a2'") and None)
    assert await store.agents() == (agent,)
    assert store.health()["status"] == "degraded"
    assert "a2" in str(store.health()["why"])


async def test_a_used_key_in_a_change_undoes_the_whole_change(store: Store, make_command: MakeCommand) -> None:
    await store.add(make_command(key="k"))
    with pytest.raises(Conflict):
        await store.commit(Change(new_commands=(make_command(), make_command(key="k")), facts=_facts(1)))
    assert (len(await store.commands()), await store.last_seq()) == (1, 0)


async def test_all_of_it_is_there_after_a_restart_under_the_same_incarnation(
    tmp_path: Path, agent: Agent, make_command: MakeCommand
) -> None:
    incarnations = []
    for _ in range(2):
        store = await Store.open(tmp_path / "data", node="here", clock=lambda: 1)
        incarnations.append(store.incarnation)
        row = AuditRow(1, "uid:1", "spawn", "task", {"argv": ["claude"]})
        if not await store.agents():
            await store.commit(Change(agents=(agent,), new_commands=(make_command(),), audit=(row,), facts=_facts(3)))
        found = (await store.agents(), len(await store.unfinished()), await store.audit(AuditQuery("task")))
        assert (found[:2], [entry.row for entry in found[2][0]]) == (((agent,), 1), [row])
        assert await store.last_seq() == 3
        await store.close()
    assert incarnations[0] == incarnations[1]


async def test_retention_takes_the_old_and_the_many_and_never_what_is_unfinished(
    store: Store, make_command: MakeCommand
) -> None:
    now = 100 * DAY_MS
    await store.commit(Change(facts=_facts(1200, at_ms=now - 9 * DAY_MS)))
    await store.commit(Change(facts=_facts(1200, at_ms=now)))
    old = [make_command(status=status, changed_ms=now - 9 * DAY_MS) for status in Status for _ in range(60)]
    await store.commit(Change(new_commands=(*old, make_command(status=Status.SENT, changed_ms=now))))

    async def retain(events_max: int) -> None:
        await store.retain(events_days=7, events_max=events_max, commands_days=7, now_ms=now)

    await retain(events_max=10_000)
    assert (await store.first_seq(), await store.last_seq()) == (1201, 2400)
    kept = await store.counts()
    assert {status: count for status, count in kept.items() if count} == {"queued": 60, "sending": 60, "sent": 1}
    await retain(events_max=10)
    assert [event.seq for event in await store.events(since=0, limit=99)] == list(range(2391, 2401))
    await retain(events_max=0)
    assert (await store.events(since=0, limit=9), await store.first_seq()) == ((), 2401)
    assert [event.seq for event in await store.commit(Change(facts=_facts(1)))] == [2401]


async def test_events_that_a_newer_outrider_journalled_are_passed_over(store: Store) -> None:
    row = "INSERT INTO journal (node, name, session, at_ms, data) VALUES ('here', 'agent_dreamt', 'a', 1, '{}')"

    def newer(connection: sqlite3.Connection) -> None:
        for _ in range(3):
            connection.execute(row)

    await store.database.write(newer)
    await store.commit(Change(facts=(Fact(EventName.ALERT, "b", 6),) * 2))
    assert [event.seq for event in await store.events(since=0, limit=1)] == [4]
    assert [event.seq for event in await store.events(since=0, limit=9)] == [4, 5]
    assert await store.events(since=0, limit=9, sessions=frozenset({"a"})) == ()


async def test_the_oldest_of_the_events_go_when_they_take_too_much(store: Store) -> None:
    for number in range(40):
        fact = Fact(EventName.PROGRESS, "one", number, {"text": "é" * 20_000})
        await store.commit(Change(facts=(fact,)))

    async def retain(events_mb: float) -> int:
        await store.retain(events_days=7, events_max=10_000, commands_days=7, now_ms=50, events_mb=events_mb)
        return await store.first_seq()

    escaped = 20_000 * len("\\u00e9")
    assert await retain(5) == 1
    assert await retain(10.5 * escaped / 1_000_000) == 31
    assert await retain(10.5 * escaped / 1_000_000) == 31
    assert await store.last_seq() == 40


async def test_a_time_has_its_place_in_the_journal(store: Store) -> None:
    assert await store.seq_at(5) == 1
    for at_ms in (10, 20, 20, 30):
        await store.commit(Change(facts=_facts(1, at_ms=at_ms)))
    assert [await store.seq_at(at_ms) for at_ms in (0, 10, 11, 20, 25, 31)] == [1, 1, 2, 2, 4, 5]


async def test_notes_and_a_new_name_for_the_database_stay(store: Store) -> None:
    assert await store.note("colour") is None
    await store.commit(Change(kept=(("colour", "red"),)))
    before = store.incarnation
    await store.renew()
    assert (await store.note("colour"), await store.note("incarnation")) == ("red", store.incarnation)
    assert store.incarnation != before
