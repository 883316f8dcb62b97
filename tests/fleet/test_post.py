"""The post: what came is done with once its answer was carried, and not before."""

import json
from collections.abc import Sequence
from typing import cast

import pytest

from fleet.node import KEY
from outrider.errors import Unavailable
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership
from outrider.fleet.post import TRIES, Letter, Post
from outrider.logic.seal import Seal
from outrider.model.fleet import Letter as Carried
from outrider.ports import Broker

SEAL = Seal([KEY])


class LittleBroker:
    """Carries letters to south; `fails` is how many of the next letters and marks it takes no more of."""

    def __init__(self, *bodies: str) -> None:
        self.waiting = [Carried(str(number), body) for number, body in enumerate(bodies)]
        self.sent: list[str] = []
        self.marks: list[str] = []
        self.fails = 0

    async def receive(self, node: str, *, wait_ms: int) -> Sequence[Carried]:
        taken, self.waiting = self.waiting, []
        return taken

    async def send(self, letters: Sequence[tuple[str, str]]) -> Sequence[str]:
        if letters:
            self._may_fail()
        self.sent += [str(json.loads(SEAL.open(f"letter {node}", body) or "")["id"]) for node, body in letters]
        return ["0-0" for _ in letters]

    async def done(self, node: str, marks: Sequence[str]) -> None:
        if marks:
            self._may_fail()
        self.marks += marks

    def _may_fail(self) -> None:
        if self.fails:
            self.fails -= 1
            raise Unavailable("Redis cannot be used.")


class Untimed:
    """All that the post asks of a membership."""

    def common_ms(self, own_ms: int) -> int:
        return own_ms


@pytest.mark.parametrize(("fails", "sent"), [(1, ["of one", "of two"]), (TRIES - 1, ["of one", "of two"]), (TRIES, [])])
async def test_answers_that_could_not_be_carried_are_carried_the_next_time(fails: int, sent: list[str]) -> None:
    """Their letters stand until then: who sent them waits for the answer of what stands, and sends nothing again."""
    letters = [SEAL.close("letter south", json.dumps({"id": each, "at": 5})) for each in ("one", "two")]
    broker = LittleBroker(*letters)
    link = Link(lambda: 5, lambda: 0.5)
    post = Post(
        "south",
        broker=cast("Broker", broker),
        seal=SEAL,
        link=link,
        membership=cast("Membership", Untimed()),
        clock=lambda: 5,
    )
    taken: list[str] = []

    async def take(letter: Letter) -> None:
        taken.append(str(letter["id"]))
        post.answer("north", {"id": f"of {letter['id']}"})

    broker.fails = fails
    for _ in range(min(fails, TRIES - 1)):
        with pytest.raises(Unavailable):
            await post.receive(take)
        assert (broker.sent, broker.marks) == ([], [])
    await post.receive(take)
    await post.receive(take)
    assert taken == ["one", "two"]
    assert broker.sent == sent
    assert broker.marks == ["0", "1"]
