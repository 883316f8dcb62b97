"""The daemon behind our own supervisor: whatever becomes of it, it comes back at the same address, and every agent lives."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import cast

import httpx
import pytest

from e2e.load import Load, post
from e2e.test_restart import lives, shell
from e2e.waiting import until
from e2e.world import World
from outrider.errors import Conflict, NoDaemon
from outrider.service import control
from outrider.service.logfile import files

# The watchdog is patient enough for a busy machine, and a daemon that grows on SIGUSR2 can be made in no other way.
CONFIG = """
[service]
backoff_s = 0.1
watchdog_s = 6
lame_s = 10
log_mb = 0.004
log_files = 1000
memory_soft_mb = 500
[commands]
per_agent_per_s = 50
per_node_per_s = 50
"""
GROWS = """
import signal
held = []
signal.signal(signal.SIGUSR2, lambda *_: held.append(bytearray(b"x") * 600_000_000))
"""
RELOADS, MOST = 3, 40


@pytest.fixture
def world() -> Iterator[World]:
    fresh = World(config=CONFIG, verb=("service", "run"))
    folder = fresh.root / "grows"
    folder.mkdir()
    folder.joinpath("sitecustomize.py").write_text(GROWS, encoding="utf-8")
    fresh.env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), fresh.env.get("PYTHONPATH"))))
    try:
        yield fresh.start()
    finally:
        fresh.close()


class State(dict[str, object]):
    """What the supervisor tells."""

    @property
    def pid(self) -> int:
        return cast("int", self["pid"])

    def end(self, pid: int) -> Mapping[str, object] | None:
        ends = cast("list[Mapping[str, object]]", self["ends"])
        return next((end for end in ends if end["pid"] == pid), None)


def asked(world: World, deed: str = "status") -> State:
    return State(asyncio.run(control.ask(world.data / "run" / control.NAME, deed)))


def up(world: World) -> State:
    """Waits until there is a daemon that says it is ready."""
    until(lambda: asked(world)["state"] == "running", 60, what="a daemon to be up")
    return asked(world)


def logged(world: World) -> list[dict[str, object]]:
    """Every line of the log, whose files are whole lines of JSON."""
    found = files(world.data / "logs" / "outrider.log")
    return [json.loads(line) for file in found for line in file.read_text(encoding="utf-8").splitlines()]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def hang(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def grow(pid: int) -> None:
    os.kill(pid, signal.SIGUSR2)


WAYS: tuple[tuple[Callable[[int], None], str], ...] = (
    (kill, "SIGKILL"),
    (hang, "no sign of life for 6 s"),
    (grow, "MB, more than 500"),
)


def test_what_ends_the_daemon_ends_nothing_else(world: World) -> None:
    agent = shell(world, "stays")
    for way, says in WAYS:
        before = up(world).pid
        way(before)
        end = until(lambda before=before: asked(world).end(before), 60, what=f"the end of {before}")  # type: ignore[misc]
        assert says in str(end["why"])
        assert not end["asked"]
        assert up(world).pid != before
        now = world.agent("stays")
        assert (now["id"], now["pid"]) == (agent["id"], agent["pid"])
        world.sent(world.send("stays", f"echo {way.__name__}-$((40+2))"))
    for way, _ in WAYS:
        assert f"{way.__name__}-42" in world.http.get("/api/agents/stays/output").json()["output"]
    assert lives(agent["pid"])
    assert len(files(world.data / "logs" / "outrider.log")) > 1, "the log was rotated while it was written"
    said = [str(line.get("text", "")) for line in logged(world)]
    assert any("Fatal Python error: Aborted" in text for text in said), "one that hung says where it stood"
    again = [line for line in logged(world) if line["message"] == "the daemon is started again"]
    _pauses(again)
    last = up(world).pid
    world.kill9()
    until(lambda: not lives(last), 60, what="the daemon to end with its supervisor")
    assert lives(agent["pid"])
    world.start()
    assert world.agent("stays")["pid"] == agent["pid"]


def _pauses(again: list[dict[str, object]]) -> None:
    """Each is twice the one before, unless the daemon had stayed up."""
    assert len(again) >= len(WAYS)
    crashes = 0
    for line in again:
        crashes = 1 if cast("float", line["ran_s"]) >= 60 else crashes + 1
        assert (line["crashes"], line["pause_s"]) == (crashes, pytest.approx(0.1 * 2 ** (crashes - 1)))
    assert max(cast("float", line["pause_s"]) for line in again) > 0.1, "two in a row"


def test_a_reload_under_load_loses_nothing(world: World) -> None:
    run = world.spawn("typed", [[{"say": f"Answer {number}."}] for number in range(MOST)], "--prompt", "prompt 0")
    events = world.record()
    world.http.close()  # whose connection would rest, until it is closed
    pids, ids, texts = [asked(world).pid], [], ["prompt 0"]
    load = Load(world.port, "/api/agents")
    typing = threading.Event()

    def send() -> None:
        while len(texts) <= MOST and not typing.wait(0.2):
            texts.append(f"prompt {len(texts)}")
            ids.append(str(post(world.port, "/api/agents/typed/command", {"command": texts[-1]})["id"]))

    sender = threading.Thread(target=send)
    sender.start()
    for number in range(RELOADS):
        before = load.counts.ok
        pids.append(asked(world, "reload").pid)
        until(lambda before=before: load.counts.ok > before + 20, 60, what=f"answers after reload {number}")  # type: ignore[misc]
    pids.append(_replaced_for_its_size(world))
    typing.set()
    sender.join(60)
    assert not sender.is_alive()
    counts = load.close()
    print(f"reloads {RELOADS}, requests ok {counts.ok}, lost {len(counts.lost)}, commands {len(ids)}")
    assert counts.lost == []
    assert len(ids) == len(texts) - 1, "every command was accepted"
    assert len(set(pids)) == RELOADS + 2
    world.http = httpx.Client(base_url=world.url, timeout=60, trust_env=False)
    for each in ids:
        world.sent(each, 60)
    assert run.prompts() == texts, "each was typed once, in order"
    last = world.http.get("/api/events", params={"since": 0, "limit": 1000}).json()["events"]
    until(lambda: events.events and events.events[-1]["seq"] >= last[-1]["seq"], what="the recorder to catch up")
    assert [event["seq"] for event in events.events] == list(range(1, len(events.events) + 1)), "no gap, no repeat"
    until(lambda: len(events.hellos) > RELOADS, what="it to be connected to the last one")
    world.config.write_text(f"nonsense = 1\n{CONFIG}", encoding="utf-8")
    with pytest.raises(Conflict, match="nonsense"):
        asked(world, "reload")
    assert asked(world).pid == pids[-1], "settings that cannot be used change nothing"


def _replaced_for_its_size(world: World) -> int:
    """Has the next daemon be larger than it may, softly; the process of the one that takes its place, and stays."""
    small = CONFIG.replace("memory_soft_mb = 500", "memory_soft_mb = 20")
    world.config.write_text(small, encoding="utf-8")
    large = asked(world, "reload").pid
    end = until(lambda: asked(world).end(large), 60, what="the large one to be replaced")
    assert "MB, more than 20" in str(end["why"])
    assert end["asked"]
    return up(world).pid


def test_a_second_supervisor_and_a_daemon_that_nobody_keeps(world: World) -> None:
    second = world.cli("service", "run", *world.flags)
    assert second.returncode == 1
    assert "the service of" in second.stderr
    world.http.close()  # a connection that rests is waited for
    here = ("--config", str(world.config), "--data", str(world.data))
    before = up(world).pid
    logs = [sys.executable, "-m", "outrider", "service", "logs", "--follow", "-n", "2", *here]
    with world.root.joinpath("followed").open("wb") as out:
        follower = subprocess.Popen(logs, env=world.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    followed = world.root / "followed"
    until(lambda: followed.read_text().count("\n") >= 2, what="the end of the log to be shown")
    restarted = world.cli("service", "restart", *here)
    assert restarted.returncode == 0, restarted.stderr
    end = asked(world).end(before)
    assert end is not None
    assert end["asked"]
    assert up(world).pid != before
    until(
        lambda: f'"pid": {asked(world).pid}' in followed.read_text(),
        what="the next daemon to be in the log that is followed",
    )
    follower.terminate()
    follower.wait(60)
    shown = followed.read_text().splitlines()
    written = [line for file in files(world.data / "logs" / "outrider.log") for line in file.read_text().splitlines()]
    places = range(len(written) - len(shown) + 1)
    assert any(written[at : at + len(shown)] == shown for at in places), (
        "each line once and in order, over the log's rotations"
    )
    assert world.cli("service", "stop", *here).returncode == 0
    assert world.wait() == 0
    with pytest.raises(NoDaemon, match="outrider service run"):
        asked(world)
    assert world.cli("service", "logs", "-n", "3", "--data", str(world.data)).stdout.count("\n") == 3
