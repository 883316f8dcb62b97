"""Approvals are kept as they are, until they are old and closed."""

from dataclasses import replace

from outrider.model.approval import Approval, ApprovalStatus, DialogKind, Option, Way
from outrider.store import Change, Store

DAY_MS = 24 * 60 * 60 * 1000
ONE = Approval(
    id="f-1",
    fingerprint="f",
    agent="a",
    session="task",
    kind=DialogKind.PERMISSION,
    question="Proceed? \ud800 ünï",
    asked_ms=5,
    changed_ms=5,
    options=(Option("Yes"), Option("No", key="esc", checked=False)),
    tool="Bash",
    command="rm",
)


async def test_an_approval_comes_back_as_it_was_and_as_it_became(store: Store) -> None:
    await store.commit(Change(approvals=(ONE, replace(ONE, id="f-2", asked_ms=4, session="other"))))
    assert await store.approval("f-1") == ONE
    assert await store.approval("f-3") is None
    assert [each.id for each in await store.unanswered()] == ["f-2", "f-1"]
    done = replace(ONE, status=ApprovalStatus.ANSWERED, by="uid:1", answer="Yes", way=Way.KEYS, changed_ms=9)
    await store.commit(Change(approvals=(done,)))
    assert await store.approval("f-1") == done
    assert [each.id for each in await store.unanswered()] == ["f-2"]
    assert [each.id for each in await store.approvals(session="task")] == ["f-1"]
    assert [each.id for each in await store.approvals(status=ApprovalStatus.OPEN)] == ["f-2"]
    assert [each.id for each in await store.approvals()] == ["f-1", "f-2"]


async def test_old_ones_go_but_not_those_that_wait(store: Store) -> None:
    await store.commit(Change(approvals=(ONE, replace(ONE, id="f-2", status=ApprovalStatus.EXPIRED))))
    await store.retain(events_days=1, events_max=10, commands_days=1, now_ms=3 * DAY_MS)
    assert [each.id for each in await store.approvals()] == ["f-1"]


async def test_one_that_a_newer_outrider_kept_stops_nothing(store: Store) -> None:
    await store.commit(Change(approvals=(ONE, replace(ONE, id="f-2"))))
    document = """UPDATE approvals SET document = json_set(document, '$.kind', 'riddle') WHERE id = 'f-2'"""
    await store.database.write(lambda connection: connection.execute(document).rowcount)
    assert await store.unanswered() == (ONE,)
    assert await store.approvals() == (ONE,)
    assert await store.approval("f-2") is None
