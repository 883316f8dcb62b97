"""What looking costs: CPU of this process, and the time from output in a pane to the sight that shows it.

50 panes that redraw a line five times a second, then 100 panes that do nothing, each for SECONDS (default 15). A sleeping
loop of the same length is the floor. Latency is taken from a clock that the panes print, one machine, one clock.
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
from pathlib import Path

import uvloop

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


async def scene(name: str, panes: int, argv: tuple[str, ...], seconds: float, budget: float) -> None:
    """One server with so many panes, all followed."""
    home = tempfile.mkdtemp(prefix="outrider-bench-")
    env = {"PATH": os.environ["PATH"], "HOME": home, "TMUX_TMPDIR": home, "LANG": "C.UTF-8"}
    terminal = TmuxTerminal("outrider-bench", clock=now_ms, env=env, cpu_budget=budget)
    running = asyncio.ensure_future(terminal.run())
    try:
        spawned: list[Pane] = [await terminal.spawn(Launch(f"{name}{n}", argv, home, "bench")) for n in range(panes)]
        terminal.follow([pane.ref for pane in spawned])
        pid = int(subprocess.check_output(["tmux", "-L", "outrider-bench", "display-message", "-p", "#{pid}"], env=env))
        row = await measured(terminal, pid, seconds)
        print(
            f"{name:>6} {panes:>4} panes, budget {budget:.0%}: "
            + ", ".join(f"{key} {value:.1f}" for key, value in row.items())
        )
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        subprocess.run(["tmux", "-L", "outrider-bench", "kill-server"], env=env, check=False)
        shutil.rmtree(home, ignore_errors=True)


async def main(seconds: float) -> None:
    """All scenes, one after another."""
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.sleep(3)
    print(f" floor: cpu_pct {100 * (time.process_time() - cpu) / (time.perf_counter() - began):.1f}")
    await scene("busy", 50, (sys.executable, "-c", REDRAW), seconds, 0.05)
    await scene("busy", 50, (sys.executable, "-c", REDRAW), seconds, 0.10)
    await scene("idle", 100, ("sh", "-c", IDLE), seconds, 0.05)


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 15.0))
