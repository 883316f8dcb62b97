"""Commands on their way to other nodes: what is in doubt costs nothing until more can be known."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from fleet.node import PERSON, tokens
from outrider.fleet.outgoing import UNSURE, Outgoing
from outrider.fleet.post import Post
from outrider.model.command import CommandRequest
from outrider.model.fleet import Delivery
from outrider.store import Store
from outrider.store.outbox import Outbox


class LittleBroker:
    """Has the letters in `there`; `asked` are those that were to be taken back."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.asked: list[str] = []

    async def standing(self, node: str, marks: Sequence[str]) -> set[str]:
        return self.there & set(marks)

    async def withdraw(self, node: str, mark: str) -> bool:
        self.asked.append(mark)
        return mark in self.there


async def test_a_letter_that_is_gone_is_asked_for_once(tmp_path: Path) -> None:
    now, broker = 1000, LittleBroker()
    store = await Store.open(tmp_path / "data", node="north", clock=lambda: now)
    outbox = Outbox(store.database)
    membership = SimpleNamespace(conflict="", losses=0, get=lambda node: None, holding=lambda database: None)
    post = SimpleNamespace(link=SimpleNamespace(up=True), membership=membership, broker=broker)
    outgoing = Outgoing(outbox, cast("Post", post), clock=lambda: now, token=tokens("north"), expires_s=60, most=100)
    for number in range(3):
        parcel = await outgoing.accept("south", "task", CommandRequest(f"text {number}"), PERSON)
        await outbox.hand_over(parcel.id, UNSURE, "1f2e")
        await outbox.mark(parcel.id, f"{number}-0")
    now += 100_000
    for _ in range(4):
        await outgoing._carry("south", list(await outbox.open()))
    assert broker.asked == ["0-0", "1-0", "2-0"]
    assert {each.status for each in await outbox.open()} == {Delivery.UNCERTAIN}
    broker.there.add("1-0")  # a Redis that could not be asked then
    await outgoing._carry("south", list(await outbox.open()))
    assert broker.asked[3:] == ["1-0"]
    assert [each.status for each in await outgoing.listed(5)] == [
        Delivery.UNCERTAIN,
        Delivery.EXPIRED,
        Delivery.UNCERTAIN,
    ]
    await store.close()
