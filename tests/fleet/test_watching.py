"""A viewer of another node's terminal whose line takes nothing in: it is told so at once, and nothing is taken for typed."""

import asyncio
from typing import cast

import pytest

from outrider.errors import Conflict, Unavailable
from outrider.fleet.line import Outlet, Said
from outrider.fleet.watching import RemoteViewer
from outrider.model.actor import Actor, Scope


class LittleOutlet:
    """Writes down what is said; `full` takes no more."""

    def __init__(self) -> None:
        self.full = False
        self.said: list[Said] = []

    def say(self, said: Said) -> bool:
        if not self.full:
            self.said.append(said)
        return not self.full


def viewing(outlet: LittleOutlet) -> RemoteViewer:
    return RemoteViewer(Actor("uid:1", Scope.WRITE), cast("Outlet", outlet))


async def test_what_the_line_does_not_take_in_takes_no_answer_from_what_comes_after() -> None:
    outlet = LittleOutlet()
    viewer = viewing(outlet)
    outlet.full = True
    with pytest.raises(Unavailable):
        await viewer.take()
    outlet.full = False
    taking = asyncio.ensure_future(viewer.take())
    await asyncio.sleep(0)
    viewer._take({"is": "not_done", "code": "conflict", "error": "It is not running.", "detail": {}})
    with pytest.raises(Conflict, match="not running"):
        await taking


async def test_behind_a_broken_line_nothing_is_taken_for_typed() -> None:
    outlet = LittleOutlet()
    viewer = viewing(outlet)
    viewer._take({"is": "control", "holder": "uid:1", "you": True})
    await viewer.type("a")
    viewer.lost(Unavailable("Redis cannot be used."))
    for work in (viewer.type("b"), viewer.paste("c"), viewer.take()):
        with pytest.raises(Unavailable):
            await work
    assert outlet.said == [{"is": "keys", "text": "a"}]
