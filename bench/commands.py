"""From a command accepted to its first key, and a thousand commands over fifty agents within the limits.

    python bench/commands.py [--speed 40] [--agents 50] [--commands 1000]

`speed`: a scripted agent that is ready gets one command after another; the time is from before the request is sent to the moment
at which the agent noted what came in. `flood`: so many commands are queued for shells at once; from the attempts written down it is
counted how many were begun in any second, on the node and of one agent, and when each agent got its first and its last.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from e2e.waiting import until
from e2e.world import World

NODE_PER_S, AGENT_PER_S = 10, 2


def main() -> None:
    """Prints both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", type=int, default=40, help="commands that are timed")
    parser.add_argument("--agents", type=int, default=50, help="agents of the flood")
    parser.add_argument("--commands", type=int, default=1000, help="commands of the flood; 0 leaves it out")
    given = parser.parse_args()
    if given.speed:
        speed(given.speed)
    if given.commands:
        flood(given.agents, given.commands)


def speed(count: int) -> None:
    """One agent, always ready; between two commands it is waited until it is at rest again."""
    world = World().start()
    try:
        run = world.spawn("fast")
        until(lambda: bool(run.log("ready")), what="it to be ready")
        taken: list[int] = []
        for number in range(count):
            until(lambda: world.agent("fast")["state"] in ("idle", "complete"), 30, what="it to be at rest")
            time.sleep(1.0)  # a ready agent has been still for a while, and its bucket is full
            began = time.time_ns() // 1_000_000
            world.sent(world.send("fast", f"command {number}"))
            taken.append(run.log("input")[number]["t"] - began)
        taken.sort()
        print(
            f"first key after {count} requests: p50 {statistics.median(taken):.0f} ms, p90 {taken[int(count * 0.9)]} ms, "
            f"max {taken[-1]} ms"
        )
    finally:
        world.close(quiet=True)


def flood(agents: int, commands: int) -> None:
    """Shells take each command at once, so nothing but the limits holds them up."""
    world = World(config=f"[commands]\nper_node_per_s = {NODE_PER_S}\nper_agent_per_s = {AGENT_PER_S}\n").start()
    try:
        sessions = [f"sh{number}" for number in range(agents)]
        for session in sessions:
            body = {"session": session, "kind": "shell", "workdir": str(world.workdir())}
            world.http.post("/api/agents", json=body).raise_for_status()
        until(lambda: all(world.agent(each)["state"] == "idle" for each in sessions), 120, what="all to be ready")
        began = time.monotonic()
        for number in range(commands):
            world.send(sessions[number % agents], f": {number}")
        until(lambda: unfinished(world) == 0, 60 + commands / NODE_PER_S * 3, what="all to come to an end")
        print(f"{commands} commands over {agents} agents in {time.monotonic() - began:.0f} s")
        told(world, sessions)
    finally:
        world.close(quiet=True)


def unfinished(world: World) -> int:
    """How many are queued or being sent."""
    counts = world.http.get("/api/stats").json()["commands"]
    return int(counts["queued"]) + int(counts["sending"])


def told(world: World, sessions: list[str]) -> None:
    """The figures, from what was written down."""
    starts: dict[str, list[int]] = defaultdict(list)
    ends: dict[str, int] = defaultdict(int)
    for session in sessions:
        found = world.http.get(f"/api/agents/{session}/commands", params={"limit": 500}).json()["commands"]
        for command in found:
            ends[command["status"]] += 1
            starts[session] += [attempt["started"] for attempt in command["attempts"]]
        texts = [command["command"] for command in sorted(found, key=lambda each: each["attempts"][-1]["started"])]
        assert texts == sorted(texts, key=lambda text: int(text[2:])), f"{session}: out of order"
    everything = sorted(at for each in starts.values() for at in each)
    first, last = everything[0], everything[-1]
    firsts = [(min(each) - first) / 1000 for each in starts.values()]
    lasts = [(max(each) - first) / 1000 for each in starts.values()]
    print(f"ended: {dict(ends)}; every agent's in order")
    print(
        f"begun in any second, at most: node {busiest(everything)} (limit {NODE_PER_S}), "
        f"agent {max(busiest(sorted(each)) for each in starts.values())} (limit {AGENT_PER_S})"
    )
    print(f"rate over all: {(len(everything) - 1) / max(1, (last - first) / 1000):.1f} a second")
    print(
        f"an agent's first after {min(firsts):.1f} to {max(firsts):.1f} s, its last after {min(lasts):.1f} to {max(lasts):.1f} s"
    )


def busiest(times: list[int]) -> int:
    """How many fall into the fullest second."""
    most = begin = 0
    for end, at in enumerate(times):
        while times[begin] <= at - 1000:
            begin += 1
        most = max(most, end - begin + 1)
    return most


if __name__ == "__main__":
    main()
