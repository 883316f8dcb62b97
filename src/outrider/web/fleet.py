"""The fleet that the web faces are given: the other nodes, as far as this one knows of them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from outrider.fleet.agents import RemoteAgent
from outrider.fleet.listener import Listener
from outrider.model.actor import Actor
from outrider.model.command import Command, CommandRequest, Status
from outrider.model.event import Event
from outrider.model.fleet import Call, Feed, Reply
from outrider.model.fleet_wire import NodeJSON
from outrider.web.engine import Viewer


class Feeds(Protocol):
    """What other nodes tell, as it is heard here."""

    listener: Listener
    """Who is told of it; one."""

    @property
    def own(self) -> Feed:
        """What this node tells."""
        ...

    def places(self) -> Mapping[Feed, int]:
        """The other nodes' feeds, each with the seq up to which it was heard."""
        ...

    async def past(self, feed: Feed, since: int, limit: int) -> Sequence[Event]:
        """At most so many events after that seq, of those that were heard. Unavailable where they cannot be had now."""
        ...


class Fleet(Protocol):
    """One node's view of all."""

    @property
    def node(self) -> str:
        """This node's name."""
        ...

    @property
    def joined(self) -> bool:
        """Whether there can be other nodes at all."""
        ...

    @property
    def feeds(self) -> Feeds: ...

    def nodes(self) -> Sequence[NodeJSON]:
        """All nodes, this one first."""
        ...

    def agents(self) -> Sequence[RemoteAgent]:
        """The other nodes' agents, in order of node and session."""
        ...

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status`, `kind`; `why` where degraded."""
        ...

    def admit(self) -> None:
        """Conflict where no agents are to be started here."""
        ...

    async def drain(self, node: str, actor: Actor, *, on: bool) -> Sequence[NodeJSON]:
        """Has no agents started there from now on, or has them started again."""
        ...

    async def forget(self, node: str, actor: Actor) -> Sequence[NodeJSON]:
        """Leaves a node that is away out of the list. NoSuchThing; Conflict where it is not away."""
        ...

    async def command(self, node: str, session: str, request: CommandRequest, actor: Actor) -> Command:
        """Accepts a command for another node's agent, whether that node can be reached now or not."""
        ...

    async def find_command(self, command_id: str) -> Command | None:
        """One that was accepted here for another node, as far as is known here."""
        ...

    async def commands(
        self, limit: int, *, session: str | None = None, status: Status | None = None
    ) -> Sequence[Command]:
        """Those that were accepted here for other nodes, of that agent (`node/session`) and status or of all, newest first."""
        ...

    async def taken_by(self, command_id: str) -> str | None:
        """The node that has the command in its own queue by now."""
        ...

    async def cancel(self, command_id: str, actor: Actor) -> Command:
        """Takes one back that its node has not seen; Conflict where it may have."""
        ...

    async def call(self, node: str, call: Call, limit_s: float = ...) -> Reply:
        """What that node's API answers. NoSuchThing, Unavailable; TimedOut where no answer came: it may have been done."""
        ...

    async def standing(self, node: str, call: Call) -> Reply | None:
        """What that node says of a command; where it is silent, at once what it said last, with `as_of`; None where it never did."""
        ...

    def watch(self, node: str, session: str, actor: Actor) -> AbstractAsyncContextManager[Viewer]:
        """The live terminal of another node's agent. NoSuchThing, Unavailable, TimedOut, and why its node does not show it."""
        ...

    def asking(self, approval_id: str) -> str | None:
        """The other node on which that dialog stands."""
        ...

    def find(self, node: str, session: str) -> RemoteAgent | None:
        """An agent of another node, as it was told of last."""
        ...

    def choose(self, labels: Sequence[str]) -> str:
        """The node with the least to do of those that have all these labels and take agents in; Conflict where there is none."""
        ...
