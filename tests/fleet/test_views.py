"""Terminals shown to other nodes: what goes wrong with one ends that one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

from fleet.node import KEY
from outrider.fleet.post import Post
from outrider.fleet.views import Viewers, Views
from outrider.logic.seal import Seal
from outrider.model.actor import Actor
from outrider.model.pane import Glimpse
from outrider.store.outbox import Inbox
from web.engine_double import LittleViewer


class LittleBroker:
    """Carries lines to nobody."""

    def __init__(self) -> None:
        self.dried: list[str] = []

    async def pour(self, line: str, first: int, bodies: list[str]) -> None:
        """Nobody hears it."""

    async def drawn(self, line: str, after: int, *, wait_ms: int) -> list[tuple[int, str]]:
        await asyncio.sleep(wait_ms / 1000)
        return []

    async def dry(self, line: str) -> None:
        self.dried.append(line)


class Broken(LittleViewer):
    """Cannot show what it has."""

    async def _glimpses(self) -> AsyncIterator[Glimpse]:
        raise RuntimeError("a mistake of ours")
        yield


class BrokenViewers:
    """Fits `Viewers`; `left` are those who watched and were let go."""

    def __init__(self) -> None:
        self.left: list[str] = []

    @asynccontextmanager
    async def watch(self, session: str, actor: Actor) -> AsyncIterator[LittleViewer]:
        try:
            yield Broken(actor, [], [])
        finally:
            self.left.append(actor.name)


async def kept(view: str, outcome: str, at_ms: int) -> bool:
    """It is new."""
    return True


async def test_a_mistake_of_ours_ends_the_view_and_not_the_daemon() -> None:
    viewers = BrokenViewers()
    post = SimpleNamespace(broker=LittleBroker(), seal=Seal([KEY]), now_ms=lambda: 5)
    inbox = SimpleNamespace(keep=kept)
    views = Views(cast("Post", post), cast("Viewers", viewers), cast("Inbox", inbox), steer=True)
    letter = {"id": "v", "until": 9, "session": "task", "actor": "uid:1", "from": "north", "scope": "write"}
    await views.serve(letter, 5)
    assert viewers.left == ["uid:1@north"]
