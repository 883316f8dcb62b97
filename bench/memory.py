"""The daemon's memory over 24 simulated hours of 200 agents.

`python bench/memory.py [--hours 24] [--agents 200]` wires a daemon as `outrider up` does, with the web face and one listener that
reads along, but on a clock that runs as fast as the machine can, and without tmux: what hooks would say is said to the trackers, which
settle, journal, publish, count history, look at alerts and prune. Prints the resident memory every two simulated hours.
Goal: at most 150 MB, and flat after the first quarter: less than 1 MB more an hour.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src")]

import structlog  # noqa: E402

from outrider.daemon.wiring import Daemon, build  # noqa: E402
from outrider.model.agent import Agent, Counters  # noqa: E402
from outrider.model.pane import PaneRef  # noqa: E402
from outrider.model.state import Confidence, Detail, Reading, Source, State, Verdict  # noqa: E402
from outrider.settings import load  # noqa: E402
from outrider.web import app  # noqa: E402
from outrider.web.access import Access  # noqa: E402
from outrider.web.hub import Filter  # noqa: E402

LIMIT_MB, SLOPE_MB = 150, 1.0
STEP_MS, HOUR_MS = 30_000, 3_600_000
EVERY_H = 2
BUSY = (State.WORKING, State.THINKING, State.TESTING, State.READING, State.WAITING, State.COMPLETE, State.ERROR)


class Clock:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.now = time.time_ns() // 1_000_000

    def __call__(self) -> int:
        return self.now


def resident_mb() -> float:
    """What this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def agent(number: int, now: int) -> Agent:
    """One that lives in a pane that nobody looks at."""
    verdict = Verdict(State.IDLE, True, now, Confidence.HIGH)
    ref = PaneRef("nowhere", 1, f"%{number}")
    return Agent(f"a{number}", f"agent-{number:03}", "here", "claude", ref, "/", verdict, True, now, now)


def step(daemon: Daemon, rng: random.Random, now: int) -> None:
    """Half a minute: a tenth of the agents go on to something else."""
    members = list(daemon.crew)
    for member in rng.sample(members, len(members) // 10):
        state = rng.choice(BUSY)
        detail = Detail(tool="Bash", command=f"make step-{rng.randint(0, 9999)} " + "x" * 80)
        member.tracker.hear(Reading(Source.HOOK, state, f"hook:{state}", "said so", now, detail))
        spent = member.agent.counters.tokens + rng.randint(0, 500)
        object.__setattr__(member.agent, "counters", Counters(tokens=spent, cost_usd=spent / 1e5))
        daemon.watch.settle(member, now)


async def listening(hub_client: AsyncIterator[int], count: list[int]) -> None:
    """A browser that reads along."""
    async for taken in hub_client:
        count[0] += taken


async def run(hours: int, agents: int, folder: Path) -> int:
    clock, rng = Clock(), random.Random(1)
    environ = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    loaded = load({"data": str(folder / "data"), "config": None, "tmux_socket": "nowhere"}, environ)
    daemon = await build(loaded.settings, environ, clock)
    for number in range(agents):
        daemon.crew.add(daemon.muster.again(agent(number, clock.now)))
    face = app.build(
        daemon.desk,
        Access(os.getuid()),
        daemon.tokens,
        daemon.kin,
        daemon.office,
        recordings=daemon.recorder,
        fleet=daemon.fleet,
        clock=clock,
    )
    read = [0]

    async def taken() -> AsyncIterator[int]:
        client = face.hub.enter("me", Filter())
        face.hub.join(client)
        while True:
            yield len(await client.take(0))

    tasks = [asyncio.create_task(work) for work in (daemon.record.run(), face.hub.run(), listening(taken(), read))]
    sizes: deque[tuple[float, float]] = deque()
    began, start = time.monotonic(), clock.now
    while clock.now - start < hours * HOUR_MS:
        clock.now += STEP_MS
        step(daemon, rng, clock.now)
        await daemon.alarms.turn(await daemon.historian.turn())
        passed = (clock.now - start) / HOUR_MS
        if (clock.now - start) % HOUR_MS == 0:
            keep = daemon.settings.retention
            await daemon.store.retain(
                events_days=keep.events_days,
                events_max=keep.events_max,
                commands_days=keep.commands_days,
                now_ms=clock.now,
            )
            await daemon.historian.trim()
            sizes.append((passed, resident_mb()))
            if passed % EVERY_H == 0:
                print(f"{passed:4.0f} h  {resident_mb():6.1f} MB  {await daemon.store.last_seq():8} events", flush=True)
    for task in tasks:
        task.cancel()
    settled = [each for each in sizes if each[0] >= hours / 4]
    slope = (settled[-1][1] - settled[0][1]) / max(1.0, settled[-1][0] - settled[0][0])
    worst = max(size for _, size in sizes)
    good = worst <= LIMIT_MB and slope < SLOPE_MB
    print(f"{read[0]} events read along; {time.monotonic() - began:.0f} s for {hours} h of {agents} agents")
    print(
        f"{'ok' if good else 'MISSED'}: at most {worst:.1f} MB (goal {LIMIT_MB}), {slope:+.2f} MB an hour (goal < {SLOPE_MB:g})"
    )
    await daemon.store.close()
    return int(not good)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--agents", type=int, default=200)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory(prefix="outrider-bench-") as folder:
        return asyncio.run(run(asked.hours, asked.agents, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
