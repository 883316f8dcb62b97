"""What the dashboard costs a browser: how soon it is there, and how busy a hundred agents keep its main thread.

`python bench/dashboard.py` serves the real page and its real HTTP and WebSocket over an engine in memory, with a hundred agents of
which each changes five times a second, opens it in the system's Chromium, and reads Chromium's own numbers: the first contentful
paint of a cold load (median of TIMES, each in a profile that has nothing cached), and, over SECONDS, the share of a core that the
main thread worked (`TaskDuration` of the Performance domain, in the thread's own time, so that what else runs on the machine does
not count): on the grid, on the table, and on the page of one agent. Goals: ≤ 1000 ms; < 20 % of a core.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from browser.chromium import Chromium, Page, found  # noqa: E402
from outrider.model.state import Detail, State  # noqa: E402
from web.engine_double import LittleEngine, make_agent  # noqa: E402
from web.world import served  # noqa: E402

AGENTS, PER_S, SECONDS, TIMES = 100, 5, 10, 5
PAINT_MS, BUSY = 1000, 0.20
TICK_S = 0.02
BUSY_STATES = (State.READING, State.THINKING, State.WORKING, State.TESTING)
VIEWS = {"grid": "#/", "table": "#/", "one agent": "#/agent/agent-007"}


def fleet() -> LittleEngine:
    """A hundred agents at work in ten projects."""
    engine = LittleEngine(now=time.time_ns() // 1_000_000)
    for number in range(AGENTS - 1):  # serving it adds one
        agent = make_agent(f"agent-{number:03}", at=engine.now)
        verdict = replace(agent.verdict, state=State.WORKING, detail=Detail(tool="Edit", file="a.py"))
        engine.put(replace(agent, verdict=verdict, workdir=f"/home/me/project-{number % 10}"))
    return engine


async def change(engine: LittleEngine, moving: threading.Event) -> None:
    """Agent after agent does something else, so that each does so PER_S times a second."""
    rng, turn, due = random.Random(1), 0, time.monotonic()
    sessions = [agent.session for agent in engine.agents()]
    while True:
        while moving.is_set() and due < time.monotonic():
            session = sessions[turn % AGENTS]
            turn, due = turn + 1, due + 1 / (AGENTS * PER_S)
            agent, now = engine.agent(session), time.time_ns() // 1_000_000
            engine.now = now
            state = rng.choice(BUSY_STATES)
            file = f"src/part_{rng.randint(1, 99)}.py"
            verdict = replace(agent.verdict, state=state, since_ms=now, detail=Detail(tool="Edit", file=file))
            engine.put(replace(agent, verdict=verdict, changed_ms=now))
            told = {"tool": "Edit", "file": file}
            engine.tell(session, state=state.value, prevState=agent.verdict.state.value, detail=told)
        if not moving.is_set():
            due = time.monotonic()
        await asyncio.sleep(TICK_S)


@contextmanager
def daemon(moving: threading.Event) -> Iterator[str]:
    """The web face over that fleet, in a thread of its own; its address."""
    ready, ending = threading.Event(), threading.Event()
    address: list[str] = []

    async def run() -> None:
        engine = fleet()
        async with served(Path(tempfile.mkdtemp(prefix="outrider-bench-")), engine=engine, uid=os.getuid()) as world:
            address.append(f"http://127.0.0.1:{world.port}")
            changing = asyncio.create_task(change(engine, moving))
            ready.set()
            while not ending.is_set():
                await asyncio.sleep(0.1)
            changing.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(20), "the web face did not start"
    try:
        yield address[0]
    finally:
        ending.set()
        thread.join(10)


def painted(chromium: Callable[[], Chromium], url: str) -> float:
    """Milliseconds until something was to be seen, in a browser that has never been there."""
    with chromium() as browser:
        page = browser.page()
        page.size(1400, 1000)
        page.go(url)
        page.wait("document.querySelectorAll('[data-session]').length > 0")
        value = page.run("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
        assert isinstance(value, int | float)
        return float(value)


def worked(page: Page) -> dict[str, float]:
    """Seconds that its main thread worked since it began, by what for."""
    metrics = page.ask("Performance.getMetrics")["metrics"]
    assert isinstance(metrics, list)
    named = {str(each["name"]): float(str(each["value"])) for each in metrics if isinstance(each, dict)}
    return {name: named[name] for name in ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")}


def happened(page: Page) -> int:
    """How much the daemon has told of."""
    return int(str(page.run("fetch('/api/events?limit=1').then(told => told.json()).then(told => told.seq)")))


def busy(page: Page, view: str) -> tuple[float, dict[str, float]]:
    """The share of a core over SECONDS on that view, and of what it was made."""
    page.run(f"location.hash = '{VIEWS[view]}'")
    if view != "one agent":
        page.click(f"[aria-label={view.title()}]")
    time.sleep(2)
    told, before, at = happened(page), worked(page), time.monotonic()
    time.sleep(SECONDS)
    after, took = worked(page), time.monotonic() - at
    page.sees("Live", "header")  # it kept up
    print(f"{view:10} {(happened(page) - told) / took:4.0f} changes/s, ", end="")
    shares = {name: (after[name] - before[name]) / took for name in after}
    return shares.pop("TaskDuration"), shares


def main() -> int:
    path = found()
    if path is None:
        print("no Chromium here: nothing was measured")
        return 1
    moving = threading.Event()
    with daemon(moving) as url:
        paints = [painted(lambda: Chromium(path), url) for _ in range(TIMES)]
        paint = statistics.median(paints)
        print(f"first contentful paint, cold: median {paint:.0f} ms, slowest {max(paints):.0f} ms of {TIMES}")
        moving.set()
        most = 0.0
        with Chromium(path) as chromium:
            page = chromium.page()
            page.size(1400, 1000)
            page.ask("Performance.enable", timeDomain="threadTicks")
            page.go(url)
            page.wait(f"document.querySelectorAll('main [data-session]').length === {AGENTS}")
            for view in VIEWS:
                share, parts = busy(page, view)
                most = max(most, share)
                said = ", ".join(f"{name.removesuffix('Duration').lower()} {part:.1%}" for name, part in parts.items())
                print(f"main thread {share:6.1%} of a core ({said})")
    ok = paint <= PAINT_MS and most < BUSY
    goal = f"goals: picture ≤ {PAINT_MS} ms, main thread < {BUSY:.0%} with {AGENTS} agents at {PER_S} changes/s"
    print(f"{'ok' if ok else 'MISSED'}: {goal}")
    return int(not ok)


if __name__ == "__main__":
    sys.exit(main())
