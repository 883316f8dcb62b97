"""The fleet that the web faces are given: the other nodes, as far as this one knows of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from outrider.fleet.agents import RemoteAgent
from outrider.model.actor import Actor
from outrider.model.fleet_wire import NodeJSON


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
