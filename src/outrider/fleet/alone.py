"""A fleet of one: a node that is joined with no other."""

from collections.abc import Callable, Mapping, Sequence

from outrider import __version__
from outrider.errors import Conflict
from outrider.fleet.agents import RemoteAgent
from outrider.model.actor import Actor
from outrider.model.fleet import NodeCard
from outrider.model.fleet_wire import NodeJSON, node_json


class Alone:
    """Says of this node what there is to say, and that there is no other."""

    joined = False

    def __init__(self, node: str, clock: Callable[[], int]) -> None:
        self.node = node
        self._clock = clock
        self._started_ms = clock()

    async def run(self) -> None:
        """There is nothing to do."""

    def nodes(self) -> Sequence[NodeJSON]:
        """This one."""
        card = NodeCard(self.node, "", __version__, (), 0, 0, 0.0, 0, self._started_ms, 0, steer=False, draining=False)
        return [node_json(card, here=True, seen_ms=self._clock(), away_ms=None)]

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


def _alone() -> Conflict:
    return Conflict('This node is joined with no other (bus = "local"); `outrider up --bus redis://…` joins it.')
