"""How soon a fleet is right again after its Redis died, after it lost everything, and after a bad line was cut.

    python bench/healing.py [--nodes 20] [--rounds 3]

All nodes are in this one process, wired as the daemon does it, with five agents each, on a real Redis; heartbeats are the usual 1 s.
The bad line is 200 ms long there and back, loses one in twenty, and is cut for ten seconds: a relay of ours, as not every kernel has a
queue discipline for that. Printed, in seconds from the moment of healing: until every node is well and sees every other with all
its agents; and until the commands that waited were typed, each once. `connections` is what the Redis was asked for until then.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

sys.path.pop(0)  # fleet.py beside this file is another one than the tests' package
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from fleet.node import Node, eventually, node
from fleet.relay import relay
from redis_server import RedisServer

AGENTS = [f"task-{number}" for number in range(5)]
DOWN_S, CUT_S = 3.0, 10.0


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(argv)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    redis = RedisServer().start()
    try:
        with tempfile.TemporaryDirectory() as root:
            asyncio.run(measured(redis, Path(root), given.nodes, given.rounds))
    finally:
        redis.close()


async def measured(redis: RedisServer, root: Path, count: int, rounds: int) -> None:
    """Everything, on one fleet; the last node is at the end of the bad line."""
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(relay(redis.host, redis.port, delay_s=0.1, loss=0.05))
        nodes = [
            await stack.enter_async_context(
                node(f"n{number}", line.url if number == count - 1 else redis.url, root, heartbeat_s=1, agents=AGENTS)
            )
            for number in range(count)
        ]
        await right(nodes)
        first, last = nodes[0], nodes[-1]
        print(f"{count} nodes; seconds until right, median and slowest of {rounds}")
        for name, wiped in (("Redis killed and back", False), ("Redis back with nothing", True)):
            times, connections = [], 0
            for _ in range(rounds):
                redis.kill9()
                await asyncio.sleep(DOWN_S)
                redis.start(wiped=wiped)
                began = time.monotonic()
                await right(nodes)
                times.append(time.monotonic() - began)
                connections = max(connections, redis.connections())
            row(name, times, f"connections {connections}")
        times, typed = [], []
        for _ in range(rounds):
            line.cut()
            ids = [await first.send(last.name, f"{number}") for number in range(10)]
            await eventually(lambda: not first.sees()[last.name], "the node to be away")
            await asyncio.sleep(CUT_S)
            line.mend()
            began = time.monotonic()
            await right(nodes)
            times.append(time.monotonic() - began)
            for each in ids:
                await first.outcome(each)
            typed.append(time.monotonic() - began)
        row("a bad line mended", times, "")
        row("  its commands typed", typed, f"{len(last.typed)} of {10 * rounds}, each once" if whole(last) else "WRONG")


async def right(nodes: Sequence[Node]) -> None:
    """Waits until every node is well, and sees every other and all its agents as they are."""
    others, agents = len(nodes) - 1, (len(nodes) - 1) * len(AGENTS)

    def is_right(each: Node) -> bool:
        shown = [agent for agent in each.fleet.agents() if "away" not in agent.agent]
        there = sum(each.sees().values())
        return each.fleet.health()["status"] == "ok" and there == others and len(shown) == agents

    for each in nodes:
        await eventually(lambda each=each: is_right(each), f"{each.name} to be right", 60)  # type: ignore[misc]


def whole(last: Node) -> bool:
    """Whether each command was typed once, in order."""
    return last.typed == [str(number) for number in range(10)] * (len(last.typed) // 10)


def row(name: str, times: Sequence[float], more: str) -> None:
    print(f"{name:<28}{sorted(times)[len(times) // 2]:>8.2f}{max(times):>8.2f}  {more}")


if __name__ == "__main__":
    main(sys.argv[1:])
