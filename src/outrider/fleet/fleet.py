"""The fleet as this node's faces see it: who is there, what agents they have, and how it is."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from outrider.errors import BadSetting, Conflict, Forbidden, NoSuchAgent, NoSuchThing, TimedOut, Unavailable
from outrider.fleet.agents import RemoteAgent, RemoteAgents
from outrider.fleet.follower import Follower
from outrider.fleet.incoming import Incoming, Serve
from outrider.fleet.keys import KeyFile
from outrider.fleet.link import Link
from outrider.fleet.membership import Membership, Neighbour
from outrider.fleet.outgoing import Outgoing
from outrider.fleet.parcels import shown
from outrider.fleet.post import Post
from outrider.fleet.publisher import Publisher
from outrider.fleet.standings import Standings
from outrider.fleet.watching import RemoteViewer, Watching
from outrider.logic.seal import Seal
from outrider.model.actor import Actor, Scope
from outrider.model.audit import AuditRow
from outrider.model.command import Command, CommandRequest, Status
from outrider.model.fleet import Call, Delivery, Reply
from outrider.model.fleet_wire import NodeJSON
from outrider.ports import Broker
from outrider.store import Change, Store
from outrider.tasks import AGAIN_S, ended

log = structlog.get_logger()

DRAINING = "fleet_draining"
KEYS_S = 1.0
CALL_S = 15.0
PAGE = 500
LEAVE_S = 0.5


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
        post: Post,
        outgoing: Outgoing,
        incoming: Incoming,
        watching: Watching,
        clock: Callable[[], int],
        token: Callable[[], str],
    ) -> None:
        self.node = node
        self._broker = broker
        self._seal = seal
        self._keys = keys
        self._link = link
        self._draining = draining
        self._membership = membership
        self._publisher = publisher
        self.feeds = follower
        self._agents = agents
        self._post = post
        self._outgoing = outgoing
        self._incoming = incoming
        self._watching = watching
        self._standings = Standings(self.call, membership, clock)
        follower.noted = self._standings.heard
        self._token = token

    def answer_with(self, serve: Serve) -> None:
        """Has other nodes' calls answered by this node's API."""
        self._incoming.serve = serve

    async def run(self) -> None:
        """Everything that goes on by itself."""
        parts = (self._membership, self._publisher, self.feeds, self._outgoing, self._incoming)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(part.run()) for part in parts]
                tasks.append(group.create_task(self._mind_keys()))
                try:
                    await asyncio.Event().wait()
                finally:
                    await ended(tasks, again_s=AGAIN_S / 6)
        finally:
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await self._membership.leave()
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

    def away(self) -> Mapping[str, int]:
        """The nodes that are away, since when (ms); none where it is this node that does not reach the others."""
        if self._link.why:
            return {}
        return {each.card.node: each.away_ms for each in self._membership if each.away_ms is not None}

    def agents(self) -> Sequence[RemoteAgent]:
        """The other nodes' agents, in order of node and session."""
        return tuple(self._agents)

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status`, `kind`, `nodes` and how many are `away`; `why` where it is degraded."""
        away = [each.card.node for each in self._membership if each.away_ms is not None]
        lost = f"{self._link.why} This node goes on alone." if self._link.why else ""
        why = self._membership.conflict or lost or self._membership.estranged
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
        if node == self.node:
            await self._draining.set(actor, on=on)
        else:
            body = json.dumps({"drain": on})
            reply = await self.call(node, Call("POST", f"/api/nodes/{node}/drain", "", body, actor))
            if reply.status >= 400:
                refused = {Forbidden.status: Forbidden, Unavailable.status: Unavailable}.get(reply.status, Conflict)
                raise refused(str(json.loads(reply.body).get("error")))
        return self.nodes()

    async def forget(self, node: str, actor: Actor) -> Sequence[NodeJSON]:
        """Leaves a node that is away out of the list, with its agents, until it is heard of again."""
        known = self._known(node)
        if known.away_ms is None:
            raise Conflict(f"{node} is not away: stop its daemon first, or it comes back at once.")
        await self._broker.forget(node)
        await self._broker.drop(known.card.feed)
        self._membership.forget(node)
        log.info("a node was forgotten", node=node, by=actor.name)
        return self.nodes()

    # ---- having things done elsewhere --------------------------------------------------------------

    async def command(self, node: str, session: str, request: CommandRequest, actor: Actor) -> Command:
        """Accepts a command for another node's agent, whether that can be reached now or not; Conflict where it told that it ended."""
        known = self._known(node)
        found = self._agents.find(node, session)
        if found is None:
            raise NoSuchAgent(
                f"No agent has the session name {session!r} on {node}, as far as is known here.",
                detail={"session": f"{node}/{session}"},
            )
        if not known.card.steer:
            raise Forbidden(f"{node} is not steered by other nodes (fleet.steer).")
        if known.away_ms is None and not found.agent["alive"]:
            raise Conflict(f"{session} on {node} is not running any more.", detail={"alive": False})
        return shown(await self._outgoing.accept(node, session, request, actor))

    async def find_command(self, command_id: str) -> Command | None:
        """A command that was accepted here for another node, as far as this node knows; None where there is none of that id."""
        parcel = await self._outgoing.find(command_id)
        return None if parcel is None else self._standings.shown(parcel)

    async def commands(
        self, limit: int, *, session: str | None = None, status: Status | None = None
    ) -> Sequence[Command]:
        """Those that were accepted here for other nodes, of that agent (`node/session`) and status or of all, newest first."""
        size = limit if session is None and status is None else PAGE
        found: list[Command] = []
        page = await self._outgoing.listed(size)
        while True:
            shown = map(self._standings.shown, page)
            found += [each for each in shown if session in {None, each.session} and status in {None, each.status}]
            if len(found) >= limit or len(page) < size:
                return found[:limit]
            page = await self._outgoing.listed(size, page[-1].n)

    async def taken_by(self, command_id: str) -> str | None:
        """The node that has the command in its own queue by now; None where that is not so."""
        parcel = await self._outgoing.find(command_id)
        return parcel.node if parcel is not None and parcel.status is Delivery.TAKEN else None

    async def cancel(self, command_id: str, actor: Actor) -> Command:
        """Takes one back that its node has not seen; Conflict where it may have."""
        parcel = await self._outgoing.find(command_id)
        if parcel is None:
            raise NoSuchThing(f"No command has the id {command_id!r}.", detail={"id": command_id})
        if parcel.status is Delivery.WAITING:
            parcel = await self._outgoing.cancel(parcel)
            log.info("a command for another node was taken back", id=command_id, by=actor.name)
        if parcel.status is not Delivery.CANCELLED:
            raise Conflict(
                f"{parcel.node} may have the command already: it is {shown(parcel).status.value}.",
                detail={"id": command_id},
            )
        return shown(parcel)

    async def trim(self, before_ms: int) -> None:
        """Forgets commands for other nodes that came to their end before then, and what nobody can ask for again."""
        await self._outgoing.trim(before_ms)
        await self._incoming.trim()

    async def call(self, node: str, call: Call, limit_s: float = CALL_S) -> Reply:
        """What that node's API answers. NoSuchThing, Unavailable; TimedOut where no answer came: it may have been done."""
        self._known(node)
        self._post.reachable(node)
        try:
            return await self._incoming.ask(node, call, call_id=self._token(), limit_s=limit_s)
        except TimeoutError:
            doubt = "" if call.method == "GET" else " Whether it was done is not known: look before you ask again."
            raise TimedOut(f"{node} did not answer within {limit_s:g} s.{doubt}", detail={"node": node}) from None

    async def standing(self, node: str, call: Call) -> Reply | None:
        """What that node says of a command; where it is silent, at once what it said last, with `as_of`; None where it never did."""
        return await self._standings.of(node, call)

    @asynccontextmanager
    async def watch(self, node: str, session: str, actor: Actor) -> AsyncIterator[RemoteViewer]:
        """The live terminal of another node's agent, for somebody who was let in here. Unavailable, and what its node says."""
        known = self._known(node)
        self._post.reachable(node)
        allowed = actor if known.card.steer else Actor(actor.name, Scope.READ)
        async with self._watching.watch(node, session, allowed) as viewer:
            yield viewer

    def asking(self, approval_id: str) -> str | None:
        """The node on which that dialog stands; None where it is none of another node's."""
        for each in self._agents:
            if each.approval is not None and each.approval["id"] == approval_id:
                return each.agent["node"]
        return None

    def find(self, node: str, session: str) -> RemoteAgent | None:
        """An agent of another node, as it was told of last."""
        return self._agents.find(node, session)

    def choose(self, labels: Sequence[str]) -> str:
        """The node with the least to do of those that have all these labels and take agents in; Conflict where there is none."""
        able = [
            node
            for node in self.nodes()
            if node["away"] is None and not node["draining"] and (node["here"] or node["steer"])
        ]
        fit = [node for node in able if set(labels) <= set(node["labels"])]
        if not fit:
            wanted = f" with the labels {', '.join(labels)}" if labels else ""
            raise Conflict(f"No node{wanted} takes agents in now; `outrider node list` shows them.")
        return min(fit, key=lambda node: (node["load"] + node["alive"] / 100, node["node"]))["node"]

    def _known(self, node: str) -> Neighbour:
        known = self._membership.get(node)
        if known is None:
            now = self._membership.renamed.get(node)
            why = f"It is called {now} now." if now else "`outrider node list` shows them."
            raise NoSuchThing(f"No other node is called {node[:63]!r} here. {why}")
        return known
