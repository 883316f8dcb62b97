"""The fleet as this node's faces see it: who is there, what agents they have, and how it is."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from outrider.errors import BadSetting, Conflict, NoSuchThing
from outrider.fleet.agents import RemoteAgent, RemoteAgents
from outrider.fleet.follower import Follower
from outrider.fleet.keys import KeyFile
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership
from outrider.fleet.publisher import Publisher
from outrider.logic.seal import Seal
from outrider.model.actor import Actor
from outrider.model.audit import AuditRow
from outrider.model.fleet_wire import NodeJSON
from outrider.ports import Broker
from outrider.store import Change, Store

log = structlog.get_logger()

DRAINING = "fleet_draining"
KEYS_S = 1.0


class Draining:
    """Whether agents may be started here; kept over restarts."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self.on = False

    async def restore(self) -> None:
        """As it was when the daemon ended."""
        self.on = await self._store.note(DRAINING) == "1"

    async def set(self, actor: Actor, *, on: bool) -> None:
        """From now on."""
        row = AuditRow(self._clock(), actor.name, "drain" if on else "undrain", "", {})
        await self._store.commit(Change(audit=(row,), kept=((DRAINING, "1" if on else "0"),), durable=True))
        self.on = on


class Fleet:
    """All parts together. `run` works for ever; nothing here waits for the broker but what says so."""

    joined = True

    def __init__(
        self,
        node: str,
        *,
        broker: Broker,
        seal: Seal,
        keys: KeyFile,
        link: Link,
        draining: Draining,
        membership: Membership,
        publisher: Publisher,
        follower: Follower,
        agents: RemoteAgents,
    ) -> None:
        self.node = node
        self._broker = broker
        self._seal = seal
        self._keys = keys
        self._link = link
        self._draining = draining
        self._membership = membership
        self._publisher = publisher
        self._follower = follower
        self._agents = agents

    async def run(self) -> None:
        """Everything that goes on by itself."""
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._membership.run(), self._publisher.run(), self._follower.run(), self._mind_keys()):
                    group.create_task(work)
        finally:
            await self._broker.close()

    async def _mind_keys(self) -> None:
        while True:
            await asyncio.sleep(KEYS_S)
            if self._keys.changed():
                try:
                    self._seal.change(self._keys.read())
                    log.info("the fleet's keys were read anew")
                except BadSetting as error:
                    log.warning("the fleet's keys stay as they were", why=error.message)

    def nodes(self) -> Sequence[NodeJSON]:
        """All nodes, this one first."""
        return self._membership.shown()

    def agents(self) -> Sequence[RemoteAgent]:
        """The other nodes' agents, in order of node and session."""
        return tuple(self._agents)

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status`, `kind`, `nodes` and how many are `away`; `why` where it is degraded."""
        away = [each.card.node for each in self._membership if each.away_ms is not None]
        why = self._membership.conflict or (f"{self._link.why} This node goes on alone." if self._link.why else "")
        told: dict[str, object] = {
            "status": "degraded" if why else "ok",
            "kind": "redis",
            "nodes": 1 + sum(1 for _ in self._membership),
            "away": away,
        }
        return {**told, "why": why} if why else told

    def admit(self) -> None:
        """Conflict where no agents are to be started here."""
        if self._draining.on:
            raise Conflict(
                f"{self.node} is being drained: no agents are started here. `outrider node drain {self.node} --off` ends that."
            )

    async def drain(self, node: str, actor: Actor, *, on: bool) -> Sequence[NodeJSON]:
        """Has no agents started on this node from now on, or (`on` false) has them started again."""
        if node != self.node:
            raise Conflict(f"Ask {node} itself: outrider node drain {node}, there.")
        await self._draining.set(actor, on=on)
        return self.nodes()

    async def forget(self, node: str, actor: Actor) -> Sequence[NodeJSON]:
        """Leaves a node that is away out of the list, with its agents, until it is heard of again."""
        known = self._membership.get(node)
        if known is None:
            raise NoSuchThing(f"No other node is called {node[:63]!r} here; `outrider node list` shows them.")
        if known.away_ms is None:
            raise Conflict(f"{node} is not away: stop its daemon first, or it comes back at once.")
        await self._broker.forget(node)
        await self._broker.drop(known.card.feed)
        self._membership.forget(node)
        log.info("a node was forgotten", node=node, by=actor.name)
        return self.nodes()
