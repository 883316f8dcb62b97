"""What several machines cost, on one: how late a node tells of another's agent, how many events it takes, how many nodes it shows.

    python bench/fleet.py [--parts late rate size] [--seconds 20] [--agents 8] [--rates 500 1000 2000] [--sizes 10x10 100x10 100x100]

`late`: two daemons and a Redis; panes are drawn as by bench/latency.py on one node. From the moment at which that node's daemon says that a
state has changed (the event's time, whole milliseconds) to the event on the other node's WebSocket, and to its own WebSocket beside it.
`rate`: one process tells so many events a second, each of which changes one of 100 agents, from its journal through the Redis; another
one hears them, and encodes each event as for its WebSockets: CPU of each in percent of one core, and how late they are. `size`: so many
made-up nodes with so many agents each, every one with a sign of life a second; a real daemon joins them: how long it takes to know
all, its list of all agents over HTTP, the page, its memory, and its CPU while nothing changes.
"""

# ruff: noqa: E402  # the path is set before what stands there is imported

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.pop(0)  # this file goes by the name of a package of the tests
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests"))

from bench.latency import cpu_s, equip, muster, perform, spread
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from e2e.fleet import KEY, Fleet
from e2e.waiting import until
from e2e.world import World
from fleet.node import eventually, node
from outrider.bus.redis import RedisBroker
from outrider.fleet.agents import told_of
from outrider.fleet.listener import Nobody
from outrider.logic.seal import Seal
from outrider.model import wire
from outrider.model.event import Event
from outrider.model.fleet import Feed, NodeCard
from outrider.model.fleet_wire import card_text
from outrider.web.hub import entry_of
from redis_server import RedisServer
from web.engine_double import make_agent

INCARNATION = "1f2e9c01aa5b7d34"
CHANGING = 100


# ---- how late ------------------------------------------------------------------------------------


class Heard:
    """Reads a node's stream in a thread: (ms after the event's time) of every change of state."""

    def __init__(self, world: World, query: str) -> None:
        self.late_ms: list[float] = []
        self._ended = False
        self._url = f"ws://127.0.0.1:{world.port}/ws?event=state_change{query}"
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> Sequence[float]:
        """Ends it; what it has."""
        self._ended = True
        self._thread.join(5)
        return self.late_ms

    def _read(self) -> None:
        with connect(self._url, max_size=None, proxy=None) as socket:
            while not self._ended:
                with suppress(TimeoutError, ConnectionClosed):
                    event = json.loads(socket.recv(timeout=0.2))
                    if "event" in event:
                        self.late_ms.append(time.time() * 1000 - event["timestamp"])


def late(count: int, seconds: float) -> str:
    """Draws on one node, listens on both."""
    fleet = Fleet("north", "south")
    try:
        south = fleet["south"]
        equip(south)
        fleet.start()
        drawn = muster(south, count)
        own, other = Heard(south, ""), Heard(fleet["north"], "&nodes=all")
        time.sleep(1)
        perform(drawn, "title", seconds, south, Random(count))
        time.sleep(1)
        here, there = own.close(), other.close()
        return "late   {} agents, {} changes: own WebSocket p50 {:.1f} p99 {:.1f} ms; the other node's p50 {:.1f} p99 {:.1f} ms".format(
            count, len(there), *spread(here), *spread(there)
        )
    finally:
        for world in fleet.nodes.values():
            world.close(quiet=True)
        fleet.redis.close()


# ---- how many ------------------------------------------------------------------------------------


class Counting(Nobody):
    """Does with each event what a WebSocket of all nodes costs, and notes how late it came."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.bytes = 0

    def heard(self, feed: Feed, event: Event) -> None:
        """One more."""
        self.bytes += len(entry_of(feed, event).text)
        self.late_ms.append(time.time() * 1000 - event.fact.at_ms)


async def tell(url: str, root: Path, rate: int, seconds: float) -> Mapping[str, float]:
    """So many events a second, for so long."""
    async with node("south", url, root, agents=[f"task-{at}" for at in range(CHANGING)]) as south:
        await eventually(lambda: south.sees().get("north"), "north to be there")
        await asyncio.sleep(1)
        began, cpu, told = time.monotonic(), time.process_time(), 0
        while (over := time.monotonic() - began) < seconds:
            due = int(over * rate) - told
            if due > 0:
                for number in range(told, told + min(due, CHANGING)):
                    member = south.agents[number % CHANGING]
                    member.agent = replace(member.agent, changed_ms=number)
                await south.tell(*range(told, told + due))
                told += due
            await asyncio.sleep(0.01)
        used = time.process_time() - cpu
        await asyncio.sleep(2)
        return {"told": told, "cpu": 100 * used / over}


async def hear(url: str, root: Path, seconds: float) -> Mapping[str, float]:
    """Hears what comes, from the first one on."""
    async with node("north", url, root) as north:
        counting = Counting()
        north.fleet.feeds.listener = counting
        await eventually(lambda: counting.late_ms, "the first event")
        began, cpu, first = time.monotonic(), time.process_time(), len(counting.late_ms)
        await asyncio.sleep(seconds - 2)
        used, over, heard = time.process_time() - cpu, time.monotonic() - began, len(counting.late_ms) - first
        last = -1
        while last != len(counting.late_ms):
            last = len(counting.late_ms)
            await asyncio.sleep(1.5)
        p50, p99 = spread(counting.late_ms[first : first + heard])
        return {"all": last, "rate": heard / over, "cpu": 100 * used / over, "p50": p50, "p99": p99}


def rate(per_s: int, seconds: float) -> str:
    """One tells, one hears."""
    server = RedisServer().start()
    with tempfile.TemporaryDirectory() as root:
        try:
            hearer = child("hear", server.url, root, seconds)
            teller = child("tell", server.url, root, seconds, per_s)
            told, heard = result(teller), result(hearer)
        finally:
            server.close()
    return (
        f"rate   {per_s} events/s: heard {heard['rate']:.0f}/s, {heard['all']} of {told['told']}; hears at {heard['cpu']:.0f} % of a core, "
        f"tells at {told['cpu']:.0f} %; late p50 {heard['p50']:.1f} p99 {heard['p99']:.1f} ms"
    )


def result(process: "subprocess.Popen[str]") -> Mapping[str, float]:
    """What a child found: its last line."""
    return cast("Mapping[str, float]", json.loads(process.communicate()[0].splitlines()[-1]))


def child(*words: object) -> "subprocess.Popen[str]":
    """Another process of this file."""
    argv = [sys.executable, str(Path(__file__).resolve()), "--role", *map(str, words)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def play(words: Sequence[str]) -> None:
    """What a child does."""
    match words:
        case ["tell", url, root, seconds, per_s]:
            print(json.dumps(asyncio.run(tell(url, Path(root), int(per_s), float(seconds)))))
        case ["hear", url, root, seconds]:
            print(json.dumps(asyncio.run(hear(url, Path(root), float(seconds)))))
        case ["crowd", url, nodes, agents]:
            asyncio.run(crowd(url, int(nodes), int(agents)))


# ---- how large -----------------------------------------------------------------------------------


async def crowd(url: str, nodes: int, agents: int) -> None:
    """Made-up nodes, for ever: what each tells of its agents once, and a sign of life a second."""
    broker, seal = RedisBroker(url), Seal([KEY])
    cards = [
        NodeCard(f"n{at:03}", f"{at:016x}", "0.1.0", (), agents, agents, 0.5, 0, 0, 0, steer=True, draining=False)
        for at in range(nodes)
    ]
    for card in cards:
        states = {}
        for at in range(agents):
            agent = replace(make_agent(f"task-{at}", at=1_700_000_000_000), id=f"{card.node}-{at}", node=card.node)
            session = agent.session
            states[session] = seal.close(f"agent {card.node} {session}", told_of(wire.agent_json(agent), None))
        await broker.publish(card.feed, (), cast("Mapping[str, str | None]", states))
    while True:
        now = (await broker.claim(Feed("simulated", INCARNATION), "simulated", 60_000)).now_ms
        for card in cards:
            told = card_text(NodeCard(**{**asdict(card), "labels": (), "stamp_ms": now}))
            await broker.announce(card.feed, seal.close(f"card {card.node}", told), 60_000)
        await asyncio.sleep(1)


def size(nodes: int, agents: int) -> str:
    """A daemon among so many."""
    fleet = Fleet("north")
    crowding: subprocess.Popen[str] | None = None
    try:
        north = fleet.start()["north"]
        alone_mb = memory_mb(north.pid)
        crowding = child("crowd", fleet.redis.url, nodes, agents)
        began = time.monotonic()
        until(lambda: north.http.get("/api/agents").json()["count"] == nodes * agents, 120, step=0.25)
        known_s = time.monotonic() - began
        lists, pages = [], []
        for _ in range(10):
            began = time.monotonic()
            body = north.http.get("/api/agents").content
            lists.append((time.monotonic() - began) * 1000)
            began = time.monotonic()
            north.http.get("/").raise_for_status()
            pages.append((time.monotonic() - began) * 1000)
        cpu = cpu_s(north.pid)
        time.sleep(10)
        idle = 100 * (cpu_s(north.pid) - cpu) / 10
        return (
            f"size   {nodes} nodes x {agents} agents: known after {known_s:.1f} s; "
            f"list p50 {spread(lists)[0]:.0f} ms, slowest {max(lists):.0f} ms, "
            f"{len(body) / 1e6:.1f} MB; page {max(pages):.0f} ms; memory {memory_mb(north.pid):.0f} MB (alone {alone_mb:.0f}); "
            f"at rest {idle:.1f} % of a core"
        )
    finally:
        if crowding is not None:
            crowding.kill()
            crowding.wait()
        for world in fleet.nodes.values():
            world.close(quiet=True)
        fleet.redis.close()


def memory_mb(pid: int) -> float:
    """What it has resident."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


def main() -> None:
    """Prints one line a measurement."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--parts", nargs="+", default=["late", "rate", "size"])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--rates", type=int, nargs="+", default=[500, 1000, 2000])
    parser.add_argument("--sizes", nargs="+", default=["10x10", "100x10", "100x100"])
    parser.add_argument("--role", nargs="+", help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.role:
        play(wish.role)
        return
    if "late" in wish.parts:
        print(late(wish.agents, wish.seconds), flush=True)
    if "rate" in wish.parts:
        for per_s in wish.rates:
            print(rate(per_s, wish.seconds), flush=True)
    if "size" in wish.parts:
        for each in wish.sizes:
            nodes, agents = map(int, each.split("x"))
            print(size(nodes, agents), flush=True)


if __name__ == "__main__":
    main()
