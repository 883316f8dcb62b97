"""How many durable commands and how many events a second the store takes, beside a commit each on the same disk.

Run: python bench/store_writes.py [--directory DIR] [--count N]
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

from outrider.model.audit import AuditRow
from outrider.model.command import Attempt, Command, Stage, Status
from outrider.model.event import EventName, Fact
from outrider.store import Change, Step, Store


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _command(number: int) -> Command:
    now = _now_ms()
    return Command(
        f"c{number:08}", 0, f"a{number % 50}", f"task-{number % 50}", "go on" * 10, Status.QUEUED, "uid:1", now, now
    )


async def _accept(store: Store, number: int) -> float:
    """Milliseconds from asking to the acknowledgement."""
    began, command = time.perf_counter(), _command(number)
    audit = AuditRow(command.created_ms, "uid:1", "command", command.session, {"id": command.id})
    fact = Fact(EventName.COMMAND_QUEUED, command.session, command.created_ms, {"jobId": command.id})
    await store.add(command, (audit,), (fact,))
    return (time.perf_counter() - began) * 1000


async def _burst(store: Store, count: int) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(_accept(store, number) for number in range(count)))
    return count / (time.perf_counter() - began)


async def _steady(store: Store, first: int, count: int) -> list[float]:
    """Latencies at 50 commands/s: accepted, then their first step, as before typing."""
    latencies = []
    for number in range(first, first + count):
        latency, began = await _accept(store, number), time.perf_counter()
        step = Step(f"c{number:08}", Status.SENDING, Attempt(1, Stage.OPENED, _now_ms()), None, _now_ms())
        await store.commit(Change(steps=(step,), durable=True))
        latencies.append(latency + (time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)
    return sorted(latencies)


async def _events(store: Store, count: int) -> float:
    began = time.perf_counter()
    fact = Fact(
        EventName.STATE_CHANGE,
        "task-1",
        _now_ms(),
        {"state": "working", "prevState": "idle", "detail": {"tool": "Bash"}},
    )
    await asyncio.gather(*(store.commit(Change(facts=(fact,))) for _ in range(count)))
    return count / (time.perf_counter() - began)


def _commit_each(path: Path, count: int) -> float:
    """The floor: the same command, audit and event rows in a durable transaction of their own."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    for table in ("commands", "audit", "journal"):
        connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, text TEXT)")
    began = time.perf_counter()
    for _ in range(count):
        connection.execute("BEGIN IMMEDIATE")
        for table in ("commands", "audit", "journal"):
            connection.execute(f"INSERT INTO {table} (text) VALUES (?)", ("go on" * 10,))
        connection.execute("COMMIT")
    rate = count / (time.perf_counter() - began)
    connection.close()
    return rate


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--directory", type=Path, default=None, help="where to make the database; its disk is what is measured"
    )
    parser.add_argument("--count", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as name:
        store = await Store.open(Path(name) / "data", node="bench", clock=_now_ms)
        accepted = await _burst(store, options.count)
        latencies = await _steady(store, options.count, 100)
        events = await _events(store, options.count * 4)
        await store.close()
        floor = _commit_each(Path(name) / "floor.db", options.count // 10)
    print(f"commands accepted durably, burst of {options.count}: {accepted:,.0f}/s")
    print(f"  a commit each (floor):                     {floor:,.0f}/s")
    print(f"events journalled one a change, burst:       {events:,.0f}/s")
    p50, p99 = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
    print(f"accepted and first step on the disk, at most 50/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
