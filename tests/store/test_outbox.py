"""Commands for other nodes, and what other nodes had done: kept, settled once, found again."""

from dataclasses import replace

import pytest

from outrider.errors import Conflict
from outrider.model.audit import AuditRow
from outrider.model.command import CommandRequest, Form, When
from outrider.model.fleet import Delivery, Parcel
from outrider.store import Store
from outrider.store.outbox import Inbox, Outbox

ROW = AuditRow(1, "uid:1", "command", "south/task", {})
FIRST = Parcel(
    0, "a", "south", "task", CommandRequest("go on", When.NOW, 3, key="k", form=Form.SLASH), "uid:1", 1, 1, 99
)


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store.database)


async def test_a_parcel_comes_back_as_it_was_in_its_order(outbox: Outbox) -> None:
    for number in range(3):
        await outbox.add(replace(FIRST, id=str(number), request=CommandRequest(f"text {number}")), ROW, 10)
    assert [(parcel.n, parcel.request.text) for parcel in await outbox.open()] == [
        (1, "text 0"),
        (2, "text 1"),
        (3, "text 2"),
    ]
    added = await outbox.add(FIRST, ROW, 10)
    assert added == replace(FIRST, n=4) == await outbox.find("a")
    assert [parcel.id for parcel in await outbox.newest(2)] == ["a", "2"]
    assert await outbox.find("b") is None


async def test_a_key_is_used_once_for_an_agent_and_only_so_many_may_be_open(outbox: Outbox) -> None:
    await outbox.add(FIRST, ROW, 2)
    again = await outbox.add(replace(FIRST, id="b"), ROW, 2)
    assert again is not None
    assert again.id == "a"
    with pytest.raises(Conflict, match="used for another command"):
        await outbox.add(replace(FIRST, id="b", request=CommandRequest("stop", key="k")), ROW, 2)
    assert await outbox.add(replace(FIRST, id="c", session="other"), ROW, 2) is not None
    assert await outbox.add(replace(FIRST, id="d", session="third"), ROW, 2) is None
    await outbox.settle("c", Delivery.TAKEN, None, 5)
    assert await outbox.add(replace(FIRST, id="d", session="third"), ROW, 2) is not None


async def test_what_came_of_it_is_said_once_and_a_doubt_may_be_cleared(outbox: Outbox) -> None:
    await outbox.add(FIRST, ROW, 9)
    assert await outbox.settle("a", Delivery.UNCERTAIN, "Not known.", 5)
    assert [parcel.error for parcel in await outbox.open()] == ["Not known."]
    assert await outbox.settle("a", Delivery.TAKEN, None, 6)
    assert not await outbox.settle("a", Delivery.EXPIRED, None, 7)
    found = await outbox.find("a")
    assert found is not None
    assert (found.status, found.error, found.changed_ms) == (Delivery.TAKEN, None, 6)
    await outbox.trim(6)
    assert await outbox.find("a") is not None
    await outbox.trim(7)
    assert await outbox.find("a") is None


async def test_it_is_taken_back_only_as_it_was_read_and_not_sent_after_that(outbox: Outbox) -> None:
    read = await outbox.add(FIRST, ROW, 9)
    assert read is not None
    assert await outbox.mark("a", "?")
    assert not await outbox.take_back(read, Delivery.CANCELLED, None, 5)
    now = await outbox.find("a")
    assert now is not None
    assert await outbox.take_back(now, Delivery.CANCELLED, None, 5)
    assert not await outbox.mark("a", "1-1")


async def test_what_was_asked_for_is_known_by_its_id_until_it_is_old(store: Store) -> None:
    inbox = Inbox(store.database)
    assert await inbox.outcome("a") is None
    assert await inbox.keep("a", "taken", 5)
    assert not await inbox.keep("a", "refused", 6)
    await inbox.trim(5)
    assert await inbox.outcome("a") == "taken"
    await inbox.trim(6)
    assert await inbox.outcome("a") is None
