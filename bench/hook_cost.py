"""What a hook call costs the agent, and how soon the daemon knows of it.

    python bench/hook_cost.py [--calls 200] [--json]

One call is what Claude Code does: `sh -c LINE` with the JSON on its standard input, waited for. The floor, taken in turn with it in
the same run, is `sh -c :`; `sh_cat` only reads the input. Latency is from before a file is written and renamed, and from before a
hook call is started, to the moment `Spool.batches` yields the event; idle CPU is that of the spool's watch.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from outrider.kinds.channels import hook_line
from outrider.kinds.channels.folders import Folders, Inotify, Watched
from outrider.kinds.channels.spool import Spool
from outrider.model.hook import HookEvent

PAYLOAD = json.dumps(
    {
        "session_id": "ca5faf3b-2a31-4b44-8266-83b5bfad6d0c",
        "transcript_path": "/home/dev/.claude/projects/-home-dev-project/ca5faf3b-2a31-4b44-8266-83b5bfad6d0c.jsonl",
        "cwd": "/home/dev/project",
        "hook_event_name": "PostToolUse",
        "tool_name": "Read",
        "tool_input": {"file_path": "/home/dev/project/src/parser.py"},
        "tool_response": {"type": "text", "file": {"content": "line\n" * 800}},
    }
).encode()
GENERATION = "0f" * 16
Batches = AsyncGenerator[tuple[HookEvent, ...], None]
CHILDREN: list[subprocess.Popen[bytes]] = []


def timed(line: str) -> float:
    """Milliseconds from before the fork to after the wait."""
    start = time.perf_counter()
    subprocess.run(["/bin/sh", "-c", line], input=PAYLOAD, check=True)
    return (time.perf_counter() - start) * 1000


def spread(values: list[float]) -> dict[str, float]:
    values = sorted(values)
    return {
        "p50": round(statistics.median(values), 2),
        "p99": round(values[min(len(values) - 1, int(len(values) * 0.99))], 2),
    }


def cost(folder: Path, calls: int) -> dict[str, object]:
    line = hook_line.command(folder)
    lines = {"hook": line, "sh_cat": "cat >/dev/null; :", "sh": ":"}
    taken: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(calls):
        for name, each in lines.items():
            taken[name].append(timed(each))
    return {f"{name}_ms": spread(values) for name, values in taken.items()}


async def latency(root: Path, kind: Callable[[], Folders], calls: int) -> dict[str, object]:
    spool = Spool(root, folders=kind)
    folder = spool.prepare(GENERATION)
    renamed, started = [], []
    async with aclosing(spool.batches()) as batches:
        for number in range(calls + 1):
            await asyncio.sleep(0.01)
            by_rename = await told(batches, spool, lambda n=number: left(folder, n))  # type: ignore[misc]
            by_call = await told(batches, spool, lambda: called(folder))
            if number:  # the first finds the watch still being made
                renamed.append(by_rename)
                started.append(by_call)
        idle = await idle_cpu(batches)
    return {"rename_to_batch_ms": spread(renamed), "call_to_batch_ms": spread(started), "idle_cpu_percent": idle}


async def told(batches: Batches, spool: Spool, act: Callable[[], None]) -> float:
    """Milliseconds from before the act until the event was yielded."""
    waiting = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0.002)
    start = time.perf_counter()
    act()
    events = await waiting
    took = (time.perf_counter() - start) * 1000
    spool.discard(events)
    return took


def left(folder: Path, number: int) -> None:
    temporary = folder / f"1.{number}.tmp"
    temporary.write_bytes(PAYLOAD)
    temporary.rename(folder / f"1.{number}.json")


def called(folder: Path) -> None:
    """Starts a hook call and does not wait for it; the event loop goes on."""
    with tempfile.TemporaryFile() as given:
        given.write(PAYLOAD)
        given.seek(0)
        CHILDREN.append(subprocess.Popen(["/bin/sh", "-c", hook_line.command(folder)], stdin=given))


async def idle_cpu(batches: Batches, seconds: float = 2.0) -> float:
    """Percent of a core while nothing happens."""
    waiting = asyncio.ensure_future(anext(batches))
    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.sleep(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(used / seconds * 100, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "cost").mkdir(mode=0o700)
        result: dict[str, object] = {
            "calls": options.calls,
            "cpus": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            **cost(Path(place) / "cost", options.calls),
        }
        for name, kind in (("inotify", Inotify), ("watchfiles", Watched)):
            result[name] = asyncio.run(latency(Path(place) / name, kind, options.calls))
        for child in CHILDREN:
            child.wait()
    if options.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:12}", value)


if __name__ == "__main__":
    main()
