"""Commands: accepted once, stepped only as allowed, typed in order."""

import asyncio
from collections.abc import Callable
from itertools import product

import pytest

from outrider.errors import Conflict, InvalidInput, NoSuchThing
from outrider.model.agent import Agent
from outrider.model.audit import AuditQuery, AuditRow
from outrider.model.command import STEPS, Attempt, Command, Stage, Status, When
from outrider.model.event import EventName, Fact
from outrider.store import Change, Step, Store

MakeCommand = Callable[..., Command]
FACT = Fact(EventName.COMMAND_QUEUED, "task", 1)
ROW = AuditRow(1, "uid:1", "command", "task", {"text": "go on"})


def _step(command: Command, status: Status | None, attempt: Attempt | None = None, error: str | None = None) -> Change:
    return Change(steps=(Step(command.id, status, attempt, error, 2),))


async def test_a_command_comes_back_as_it_was_given(store: Store, make_command: MakeCommand) -> None:
    given = make_command(
        text="a\0b\r\n`$x` ⠋ \U0001f600 \t",
        when=When.INTERRUPT,
        priority=3,
        not_before_ms=5,
        expires_ms=6,
        key="k",
        error="e",
    )
    stored, events, created = await store.add(given, (ROW,), (FACT,))
    assert (created, [event.seq for event in events], stored.seq) == (True, [1], 1)
    assert await store.command(given.id) == stored
    assert await store.command_by_key("task", "k") == stored
    assert [entry.row for entry in (await store.audit(AuditQuery("task")))[0]] == [ROW]
    assert await store.command("other") is None


async def test_asking_twice_with_a_key_is_asking_once(store: Store, make_command: MakeCommand) -> None:
    asked = [store.add(make_command(key="k"), (ROW,), (FACT,)) for _ in range(20)]
    answers = await asyncio.gather(*asked)
    assert [created for _, _, created in answers] == [True] + [False] * 19
    assert {command.id for command, _, _ in answers} == {"c1"}
    assert ((await store.audit(AuditQuery()))[1].id, await store.last_seq()) == (1, 1)
    await store.add(make_command(key="k", session="another"))
    with pytest.raises(Conflict, match="use a new key"):
        await store.add(make_command(key="k", text="something else"))
    assert len(await store.commands()) == 2


@pytest.mark.parametrize(("text", "wrong"), [("\ud800", InvalidInput), ("fine", Conflict)])
async def test_what_cannot_be_accepted_leaves_no_trace(
    text: str, wrong: type[Exception], store: Store, make_command: MakeCommand
) -> None:
    await store.add(make_command(id="taken"))
    with pytest.raises(wrong):
        await store.add(make_command(id="taken" if wrong is Conflict else "c9", text=text), (ROW,), (FACT,))
    assert ((await store.audit(AuditQuery()))[0], await store.last_seq()) == ((), 0)


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
async def test_only_the_steps_of_the_table_are_possible(
    before: Status, after: Status, store: Store, make_command: MakeCommand, agent: Agent
) -> None:
    command = make_command(status=before)
    await store.commit(Change(new_commands=(command,)))
    change = Change(agents=(agent,), steps=(Step(command.id, after, None, None, 2),), audit=(ROW,), facts=(FACT,))
    if after in STEPS[before]:
        assert len(await store.commit(change)) == 1
        expected: tuple[object, ...] = (after, (agent,), (ROW,), 1)
    else:
        with pytest.raises(Conflict, match=f"is {before}: it cannot become {after}"):
            await store.commit(change)
        expected = (before, (), (), 0)
    found = await store.command(command.id)
    assert found is not None
    rows = tuple(entry.row for entry in (await store.audit(AuditQuery()))[0])
    state = (found.status, await store.agents(), rows, await store.last_seq())
    assert state == expected


async def test_of_a_cancel_and_a_send_exactly_one_wins(store: Store, make_command: MakeCommand) -> None:
    commands = [make_command() for _ in range(50)]
    await store.commit(Change(new_commands=tuple(commands)))
    opened = Attempt(1, Stage.OPENED, 2)
    races = [
        asyncio.gather(
            *(store.commit(_step(command, *how)) for how in ((Status.CANCELLED, None), (Status.SENDING, opened))),
            return_exceptions=True,
        )
        for command in commands
    ]
    for results in await asyncio.gather(*races):
        assert sorted(type(result).__name__ for result in results) == ["Conflict", "tuple"]
    for command in await store.commands(limit=99):
        assert bool(command.attempts) == (command.status is Status.SENDING)


async def test_an_attempt_is_written_stage_by_stage_and_only_while_sending(
    store: Store, make_command: MakeCommand
) -> None:
    command = make_command()
    await store.add(command)
    typing = Attempt(1, Stage.TYPING, 2)
    with pytest.raises(Conflict, match="nothing may be typed"):
        await store.commit(_step(command, None, typing))
    stages = [
        (Status.SENDING, Attempt(1, Stage.OPENED, 2)),
        (None, typing),
        (Status.QUEUED, Attempt(1, Stage.CLOSED, 2, 3, "failed", "no pane", "screen \udcff kept")),
        (Status.SENDING, Attempt(2, Stage.OPENED, 4)),
        (None, Attempt(2, Stage.ENTERING, 4)),
        (Status.SENT, Attempt(2, Stage.CLOSED, 4, 5, "sent", "hook:UserPromptSubmit")),
    ]
    for status, attempt in stages:
        await store.commit(_step(command, status, attempt, "try again" if status is Status.QUEUED else None))
    found = await store.command(command.id)
    assert found is not None
    assert (found.status, found.error, found.changed_ms) == (Status.SENT, None, 2)
    assert [(attempt.number, attempt.stage) for attempt in found.attempts] == [(1, Stage.CLOSED), (2, Stage.CLOSED)]
    assert (found.attempts[0].screen, found.attempts[1]) == ("screen ? kept", stages[-1][1])
    with pytest.raises(NoSuchThing):
        await store.commit(Change(steps=(Step("nobody", Status.SENDING, None, None, 1),)))


async def test_what_an_agent_was_given_last_is_what_may_have_been_submitted(
    store: Store, make_command: MakeCommand
) -> None:
    given = [("first", Status.SENT), ("then", Status.UNCERTAIN), ("never", Status.FAILED), ("later", Status.QUEUED)]
    for name, status in given:
        command = make_command(id=name, text=f"{name} text")
        await store.add(command)
        for each in (Status.SENDING, status) if status is not Status.QUEUED else ():
            await store.commit(Change(steps=(Step(name, each, None, None, 2),)))
    assert await store.last_typed(command.session, command.agent) == "then text"
    assert await store.last_typed(command.session, "another of that name") is None


async def test_typing_order_is_begun_then_priority_then_age(store: Store, make_command: MakeCommand) -> None:
    given = [("old", 0), ("urgent", 5), ("new", 0), ("begun", -1), ("gone", 9), ("late", -1)]
    for name, priority in given:
        await store.add(make_command(id=name, priority=priority))
    await store.commit(
        Change(steps=(Step("begun", Status.SENDING, None, None, 2), Step("gone", Status.CANCELLED, None, None, 2)))
    )
    assert [command.id for command in await store.unfinished()] == ["begun", "urgent", "old", "new", "late"]
    assert [command.id for command in await store.commands(limit=3)] == ["late", "gone", "begun"]
    assert [command.id for command in await store.commands(status=Status.CANCELLED)] == ["gone"]
    assert await store.commands(session="other") == ()
    assert await store.counts() == {
        status.value: {"queued": 4, "sending": 1, "cancelled": 1}.get(status, 0) for status in Status
    }
