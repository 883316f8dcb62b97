"""kill -9 at any point loses nothing that was acknowledged and leaves nothing half done."""

import random
import subprocess
import sys
from pathlib import Path

from outrider.model.audit import AuditQuery
from outrider.model.command import Status
from outrider.store import Store
from seed import SEED

KILLS = 10

# Four writers side by side, so that there are groups; a line on stdout is an acknowledgement.
_WRITER = """
import asyncio, itertools, os, sys
from pathlib import Path
from outrider.model.audit import AuditQuery, AuditRow
from outrider.model.command import Attempt, Command, Stage, Status
from outrider.model.event import EventName, Fact
from outrider.store import Change, Step, Store

run = sys.argv[2]

async def write(store, lane):
    for number in itertools.count():
        name = f"{run}-{lane}-{number}"
        command = Command(name, 0, "a1", "task", "go on", Status.QUEUED, "uid:1", 1, 1)
        row = AuditRow(1, "uid:1", "command", "task", {"id": name})
        await store.add(command, (row,), (Fact(EventName.COMMAND_QUEUED, "task", 1, {"id": name}),))
        os.write(1, f"queued {name}\\n".encode())
        step = Step(name, Status.SENDING, Attempt(1, Stage.OPENED, 2), None, 2)
        sent = Step(name, Status.SENT, Attempt(1, Stage.CLOSED, 2, 3, "sent"), None, 3)
        await store.commit(Change(steps=(step,), durable=True))
        await store.commit(Change(steps=(sent,), facts=(Fact(EventName.COMMAND_SENT, "task", 3, {"id": name}),)))
        os.write(1, f"sent {name}\\n".encode())

async def main():
    store = await Store.open(Path(sys.argv[1]), node="here", clock=lambda: 1)
    await asyncio.gather(*(write(store, lane) for lane in range(4)))

asyncio.run(main())
"""


def _write_until_killed(data: Path, run: int, lines: int) -> list[tuple[str, str]]:
    """What it acknowledged until it was killed, which is some time after that many lines."""
    argv = [sys.executable, "-c", _WRITER, str(data), str(run)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        said += writer.stdout.readlines()
    return [(verb, name) for verb, name in (line.split() for line in said if line.endswith("\n"))]


async def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    data, acknowledged = tmp_path / "data", set[tuple[str, str]]()
    for run in range(KILLS):
        acknowledged |= set(_write_until_killed(data, run, chance.randrange(1, 300)))
    store = await Store.open(data, node="here", clock=lambda: 1)
    assert (store.health()["status"], store.database.notice) == ("ok", None)
    commands = {command.id: command for command in await store.commands(limit=100_000)}
    events = await store.events(since=0, limit=1_000_000)
    rows = [entry.row for entry in (await store.audit(AuditQuery("task", limit=100_000)))[0]]
    told = {(event.fact.name.value.removeprefix("command_"), str(event.fact.data["id"])) for event in events}
    assert await store.database.check() is None
    await store.close()

    assert len(acknowledged) > KILLS
    assert acknowledged <= told
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert {name for verb, name in told if verb == "queued"} == set(commands) == {str(row.data["id"]) for row in rows}
    assert {name for verb, name in told if verb == "sent"} == {
        name for name, command in commands.items() if command.status is Status.SENT
    }
    assert all(bool(command.attempts) == (command.status is not Status.QUEUED) for command in commands.values())
