"""Nodes of a fleet in one process: wired as the daemon does it, on a real Redis and a real store; what is typed is written down here."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from outrider.bus.local import LocalBus
from outrider.daemon.joined import joined
from outrider.fleet.fleet import Fleet
from outrider.fleet.listener import Nobody
from outrider.model.actor import Actor, Scope
from outrider.model.command import Attempt, Command, CommandRequest, Stage, Status
from outrider.model.event import Event, EventName, Fact
from outrider.model.fleet import Call, Delivery, Feed, Parcel, Reply
from outrider.settings import load
from outrider.store import Change, Step, Store
from outrider.supervisor.audience import Audience
from outrider.supervisor.crew import Crew
from outrider.supervisor.viewers import Viewers
from web.engine_double import make_agent

KEY = "a key that the fleet of this test shares"
PERSON = Actor("uid:1000", Scope.WRITE)


class Ear(Nobody):
    """Writes down what it is told."""

    def __init__(self, heard: list[str]) -> None:
        self._heard = heard

    def heard(self, feed: Feed, event: Event) -> None:
        """An event."""
        self._heard.append(f"{feed.node} {event.seq}")

    def missed(self, feed: Feed, since: int, first: int) -> None:
        """A gap."""
        self._heard.append(f"{feed.node} {since}..{first}")


class Node:
    """One of them. `typed` are the texts that its queue was given, `served` the paths of the calls that it was asked,
    `heard` what came of other nodes."""

    def __init__(self, name: str, store: Store, bus: LocalBus, clock: Callable[[], int]) -> None:
        self.name = name
        self.clock = clock
        self.store = store
        self.agents: list[SimpleNamespace] = []
        self.typed: list[str] = []
        self.served: list[str] = []
        self.heard: list[str] = []
        self.viewers = cast("Viewers", None)
        self._bus = bus
        self.fleet: Fleet

    async def command(self, session: str, request: CommandRequest, actor: Actor) -> Command:
        """The queue: each id once and in the store, as the real one."""
        made = str(request.id)
        if (known := await self.store.command(made)) is not None:
            return known
        now = self.clock()
        command = Command(made, 0, "an agent", session, request.text, Status.QUEUED, actor.name, now, now)
        await self.store.add(command)
        begins = Step(made, Status.SENDING, Attempt(1, Stage.TYPING, now), None, now)
        await self.store.commit(Change(steps=(begins,), durable=True))
        self.typed.append(request.text)
        return command

    async def serve(self, call: Call) -> Reply:
        """The API."""
        self.served.append(f"{call.method} {call.path}")
        return Reply(200, "{}")

    def has(self, session: str) -> None:
        """One more agent here; it does nothing."""
        self.agents.append(SimpleNamespace(agent=make_agent(session, at=1000), alive=True))

    async def tell(self, *numbers: int) -> None:
        """Events of an agent here, as its daemon tells them."""
        facts = tuple(Fact(EventName.PROGRESS, "task", self.clock(), {"progress": number}) for number in numbers)
        await self.happens(*facts)

    async def happens(self, *facts: Fact) -> None:
        """What its daemon tells otherwise."""
        self._bus.publish(await self.store.commit(Change(facts=facts)))

    async def send(self, node: str, text: str, **fields: object) -> Parcel:
        """Has a command carried, also where that node would refuse it."""
        request = CommandRequest(text, **fields)  # type: ignore[arg-type]
        return await self.fleet._outgoing.accept(node, "task", request, PERSON)

    async def outcome(self, parcel: Parcel) -> Parcel:
        """Waits until it is known what came of it."""

        async def known() -> Parcel | None:
            found = await self.fleet._outgoing.find(parcel.id)
            return found if found is not None and found.status is not Delivery.WAITING else None

        return cast("Parcel", await eventually(known, f"{parcel.node} to answer"))

    def listen(self) -> None:
        """Has `heard` say what comes of other nodes: `node seq`, and `node since..first` for a gap."""
        self.fleet.feeds.listener = Ear(self.heard)

    def keys(self) -> list[str]:
        """The keys in use."""
        return [key.decode() for key in self.fleet._seal._keys]

    def knows(self, node: str) -> str:
        """Which database that other node has."""
        known = self.fleet._membership.get(node)
        return known.card.incarnation if known is not None else ""

    def sees(self) -> dict[str, bool]:
        """The other nodes, and whether they are there."""
        return {node["node"]: node["away"] is None for node in self.fleet.nodes() if not node["here"]}


@asynccontextmanager
async def node(
    name: str,
    url: str,
    root: Path,
    *,
    key: str = KEY,
    skew_ms: int = 0,
    agents: Sequence[str] = (),
    **fleet: object,
) -> AsyncIterator[Node]:
    """A running one, with its data below `root`, where a node of that name finds it again. Its clock is `skew_ms` fast;
    `fleet` are settings."""
    data = root / name
    if not data.exists():
        data.mkdir(mode=0o700)
        (data / "fleet.key").touch(mode=0o600)
        (data / "fleet.key").write_text(f"{key}\n", encoding="utf-8")
    given = {"heartbeat_s": 0.1, "away_s": 5, **fleet}
    environ = {"HOME": str(root), **{f"OUTRIDER_FLEET__{word.upper()}": str(value) for word, value in given.items()}}
    settings = load({"bus": url, "node": name, "data": str(data)}, environ).settings

    def clock() -> int:
        return time.time_ns() // 1_000_000 + skew_ms

    store, bus = await Store.open(data, node=name, clock=clock), LocalBus()
    made = Node(name, store, bus, clock)
    for session in agents:
        made.has(session)
    dialogs = SimpleNamespace(approvals=SimpleNamespace(shown=lambda agent_id: None))
    made.fleet = await joined(
        settings,
        store=store,
        bus=bus,
        crew=cast("Crew", made.agents),
        dialogs=cast("Audience", dialogs),
        queue=made,
        clock=clock,
        token=tokens(name),
    )
    made.fleet.answer_with(made.serve)
    running = asyncio.ensure_future(made.fleet.run())
    try:
        yield made
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await store.close()


def tokens(name: str) -> Callable[[], str]:
    """Ids that no other start of the node uses."""
    start = time.monotonic_ns()
    numbers = iter(range(10**6))
    return lambda: f"{name}-{start}-{next(numbers)}"


async def eventually(condition: Callable[[], object], what: str, timeout_s: float = 40.0) -> object:
    """The condition's first true value; it may be one to await."""
    ends = time.monotonic() + timeout_s
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if time.monotonic() > ends:
            raise AssertionError(f"not within {timeout_s:g} s: {what}")
        await asyncio.sleep(0.02)
