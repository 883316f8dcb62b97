"""A fleet of one: a node that is joined with no other."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Never

from outrider.errors import Conflict
from outrider.fleet.agents import RemoteAgent
from outrider.fleet.listener import Listener, Nobody
from outrider.model.actor import Actor
from outrider.model.command import Command, CommandRequest, Status
from outrider.model.event import Event
from outrider.model.fleet import Call, Feed, NodeCard, Reply
from outrider.model.fleet_wire import NodeJSON, node_json


class Alone:
    """Says of this node what there is to say, and that there is no other."""

    joined = False

    def __init__(
        self, node: str, clock: Callable[[], int], incarnation: Callable[[], str], card: Callable[[], NodeCard]
    ) -> None:
        """`incarnation` is that of the database; `card` what the node says of itself."""
        self.node = node
        self.feeds = NoFeeds(node, incarnation)
        self._clock = clock
        self._card = card

    async def run(self) -> None:
        """There is nothing to do."""

    def nodes(self) -> Sequence[NodeJSON]:
        """This one, which no other may steer."""
        return [node_json(replace(self._card(), steer=False), here=True, seen_ms=self._clock(), away_ms=None)]

    def away(self) -> Mapping[str, int]:
        """None."""
        return {}

    def agents(self) -> Sequence[RemoteAgent]:
        """None."""
        return ()

    def health(self) -> Mapping[str, object]:
        """JSON-shaped."""
        return {"status": "ok", "kind": "local"}

    def admit(self) -> None:
        """Agents may be started."""

    async def drain(self, node: str, actor: Actor, *, on: bool) -> Sequence[NodeJSON]:
        """Conflict: nothing could take their place."""
        raise _alone()

    async def forget(self, node: str, actor: Actor) -> Sequence[NodeJSON]:
        """Conflict: there is no other."""
        raise _alone()

    async def command(self, node: str, session: str, request: CommandRequest, actor: Actor) -> Command:
        """Conflict."""
        raise _alone()

    async def find_command(self, command_id: str) -> Command | None:
        """None."""
        return None

    async def commands(
        self, limit: int, *, session: str | None = None, status: Status | None = None
    ) -> Sequence[Command]:
        """None."""
        return ()

    async def taken_by(self, command_id: str) -> str | None:
        """None."""
        return None

    async def cancel(self, command_id: str, actor: Actor) -> Command:
        """Conflict."""
        raise _alone()

    async def trim(self, before_ms: int) -> None:
        """There is nothing to forget."""

    async def call(self, node: str, call: Call, limit_s: float = 0) -> Reply:
        """Conflict."""
        raise _alone()

    async def standing(self, node: str, call: Call) -> Reply | None:
        """None."""
        return None

    @asynccontextmanager
    async def watch(self, node: str, session: str, actor: Actor) -> AsyncIterator[Never]:
        """Conflict."""
        raise _alone()
        yield

    def asking(self, approval_id: str) -> str | None:
        """None."""
        return None

    def find(self, node: str, session: str) -> RemoteAgent | None:
        """None."""
        return None

    def choose(self, labels: Sequence[str]) -> str:
        """This one; Conflict where labels are asked for."""
        if labels:
            raise _alone()
        return self.node

    def answer_with(self, serve: object) -> None:
        """Nobody calls."""


class NoFeeds:
    """What other nodes tell, where there is none; `own` is what this one would."""

    def __init__(self, node: str, incarnation: Callable[[], str]) -> None:
        self._node = node
        self._incarnation = incarnation
        self.listener: Listener = Nobody()

    @property
    def own(self) -> Feed:
        """This node's journal."""
        return Feed(self._node, self._incarnation())

    def places(self) -> Mapping[Feed, int]:
        """None."""
        return {}

    async def past(self, feed: Feed, since: int, limit: int) -> Sequence[Event]:
        """None."""
        return ()


def _alone() -> Conflict:
    return Conflict('This node is joined with no other (bus = "local"); `outrider up --bus redis://…` joins it.')
