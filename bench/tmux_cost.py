"""What looking costs: CPU of this process, and the time from output in a pane to the sight that shows it.

50 panes that redraw a line five times a second, then 100 panes that do nothing, each for SECONDS (default 15). A sleeping
loop of the same length is the floor. Latency is taken from a clock that the panes print, one machine, one clock.

At last 20 panes that redraw as a busy Codex does, with a spinning title: first looked at only, then tapped, too: each with a reader
(`dd`) at a pipe of its own, and this process at the other end. What tapping costs is the difference.
"""

import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import uvloop

from outrider import processes
from outrider.kinds.channels.announcements import Announcements
from outrider.kinds.channels.tap import Tap
from outrider.model.pane import Launch, Pane, Sweep
from outrider.tmux.terminal import TmuxTerminal

REDRAW = r"""
import sys, time, random
time.sleep(random.random() / 5)
n = 0
while True:
    n += 1
    sys.stdout.write("\r%s %d @%d@ working" % ("-\\|/"[n % 4], n, time.time_ns() // 1000000))
    sys.stdout.flush()
    time.sleep(0.2)
"""
SPINNING = r"""
import sys, time, random
time.sleep(random.random() / 5)
n = 0
while True:
    n += 1
    spin = "\u280b\u2819\u2839\u2838"[n % 4]
    sys.stdout.write(f"\x1b]0;{spin} project\x07\x1b[5;1H\x1b[1m\u2022 Working\x1b[0m ")
    sys.stdout.write(f"\x1b[2m({n // 5}s \u2022 esc to interrupt)\x1b[0m\x1b[K")
    if n % 25 == 0:
        sys.stdout.write(f"\x1b]7501;state=working:app=codex\x1b\\")
    sys.stdout.flush()
    time.sleep(0.2)
"""
IDLE = "i=0; while [ $i -lt 35 ]; do echo line $i of an idle agent, waiting for its prompt; i=$((i+1)); done; exec cat"


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


async def measured(terminal: TmuxTerminal, server_pid: int, seconds: float) -> dict[str, float]:
    """CPU shares over the time, and latencies in ms."""
    latencies: list[float] = []
    sweeps = screens = 0

    async def take() -> None:
        nonlocal sweeps, screens
        async for sight in terminal.sights():
            arrived = now_ms()
            sweeps += 1
            if isinstance(sight, Sweep):
                screens += len(sight.screens)
                texts = ("\n".join(screen.rows) for screen in sight.screens)
                latencies.extend(arrived - int(stamp) for text in texts for stamp in re.findall(r"@(\d+)@", text))

    taking = asyncio.ensure_future(take())
    await asyncio.sleep(3)
    latencies.clear()
    sweeps = screens = 0
    began, cpu, server = time.perf_counter(), time.process_time(), ticks(server_pid)
    await asyncio.sleep(seconds)
    passed = time.perf_counter() - began
    result = {
        "cpu_pct": 100 * (time.process_time() - cpu) / passed,
        "tmux_cpu_pct": 100 * (ticks(server_pid) - server) / os.sysconf("SC_CLK_TCK") / passed,
        "sweeps_per_s": sweeps / passed,
        "screens_per_s": screens / passed,
    }
    taking.cancel()
    if len(latencies) > 100:
        result["p50_ms"] = statistics.median(latencies)
        result["p99_ms"] = statistics.quantiles(latencies, n=100)[98]
    return result


def ticks(pid: int) -> int:
    """CPU ticks of a process, Linux."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def told(row: dict[str, float]) -> str:
    """The figures in one line."""
    return ", ".join(f"{key} {value:.1f}" for key, value in row.items())


async def scene(
    name: str, panes: int, argv: tuple[str, ...], seconds: float, budget: float, *, tap: bool = False
) -> None:
    """One server with so many panes, all followed; with `tap`, once more with their output read."""
    home = tempfile.mkdtemp(prefix="outrider-bench-")
    env = {"PATH": os.environ["PATH"], "HOME": home, "TMUX_TMPDIR": home, "LANG": "C.UTF-8"}
    terminal = TmuxTerminal("outrider-bench", clock=now_ms, env=env, cpu_budget=budget)
    running = asyncio.ensure_future(terminal.run())
    try:
        spawned: list[Pane] = [await terminal.spawn(Launch(f"{name}{n}", argv, home, "bench")) for n in range(panes)]
        terminal.follow([pane.ref for pane in spawned])
        pid = int(subprocess.check_output(["tmux", "-L", "outrider-bench", "display-message", "-p", "#{pid}"], env=env))
        row = await measured(terminal, pid, seconds)
        print(f"{name:>6} {panes:>4} panes, budget {budget:.0%}: {told(row)}")
        if tap:
            print(f"{'tapped':>6} {panes:>4} panes: {await tapped(terminal, spawned, Path(home), pid, seconds)}")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        subprocess.run(["tmux", "-L", "outrider-bench", "kill-server"], env=env, check=False)
        shutil.rmtree(home, ignore_errors=True)


async def tapped(terminal: TmuxTerminal, panes: Sequence[Pane], folder: Path, server_pid: int, seconds: float) -> str:
    """A line: what reading all of these panes' output costs."""
    heard = reports = 0

    def hear(ears: Announcements, data: bytes) -> None:
        nonlocal heard, reports
        heard, reports = heard + len(data), reports + len(ears.feed(data))

    taps = [Tap.open(folder / pane.session, partial(hear, Announcements(7501)), lambda full: None) for pane in panes]
    for pane, tap in zip(panes, taps, strict=True):
        assert await terminal.pipe(pane.ref, tap.line)
        tap.listen()
    await asyncio.sleep(1)
    readers = [each.pid for each in processes.tree(server_pid) if each.argv[:1] == ("dd",)]
    assert len(readers) == len(panes)
    heard = reports = 0
    before = sum(map(cpu_s, readers))
    row = await measured(terminal, server_pid, seconds)
    row["readers_cpu_pct"] = 100 * (sum(map(cpu_s, readers)) - before) / (seconds + 3)
    row["reader_mb"] = statistics.median(own_mb(pid) for pid in readers)
    row["heard_kb_per_s"] = heard / 1000 / (seconds + 3)
    row["reports"] = reports
    for pane, tap in zip(panes, taps, strict=True):
        await terminal.pipe(pane.ref, "")
        tap.close()
    return told(row)


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, to the nanosecond, Linux."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def own_mb(pid: int) -> float:
    """Memory of a process that no other shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1000


async def main(seconds: float) -> None:
    """All scenes, one after another."""
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.sleep(3)
    print(f" floor: cpu_pct {100 * (time.process_time() - cpu) / (time.perf_counter() - began):.1f}")
    await scene("busy", 50, (sys.executable, "-c", REDRAW), seconds, 0.05)
    await scene("busy", 50, (sys.executable, "-c", REDRAW), seconds, 0.10)
    await scene("idle", 100, ("sh", "-c", IDLE), seconds, 0.05)
    await scene("codex", 20, (sys.executable, "-c", SPINNING), seconds, 0.05, tap=True)


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 15.0))
