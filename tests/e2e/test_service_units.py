"""The daemon as units of a real `systemd --user`: installed, brought back, replaced under load, removed; every agent lives."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import httpx
import pytest

from e2e.load import Load
from e2e.test_restart import lives, shell
from e2e.user_systemd import UserSystemd
from e2e.waiting import until
from e2e.world import World

CONFIG = "[service]\nbackoff_s = 0.1\nwatchdog_s = 6\nlame_s = 10\n"


@pytest.fixture
def world() -> Iterator[World]:
    fresh = World(config=CONFIG)
    try:
        yield fresh
    finally:
        fresh.close()


@pytest.fixture
def systemd(world: World) -> Iterator[UserSystemd]:
    manager = UserSystemd(world)
    try:
        if why := manager.start():
            pytest.skip(why)
        yield manager
    finally:
        manager.close()


def service(systemd: UserSystemd, world: World, *words: str) -> "tuple[int, str, str]":
    """`outrider service …` of this world's data directory."""
    where = () if words[0] == "install" else ("--config", str(world.config), "--data", str(world.data))
    done = systemd.run(sys.executable, "-m", "outrider", "service", *words, *where)
    return done.returncode, done.stdout, done.stderr


def state(systemd: UserSystemd, world: World) -> Mapping[str, object]:
    code, out, err = service(systemd, world, "status", "--json")
    assert code == 0, err
    return cast("Mapping[str, object]", json.loads(out))


def daemon(systemd: UserSystemd, unit: str) -> int:
    """The process of the unit; 0 where there is none now."""
    return int(systemd.run("systemctl", "--user", "show", unit, "-p", "MainPID", "--value").stdout)


def groups(pid: int) -> str:
    return Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8")


def test_units_of_systemd(systemd: UserSystemd, world: World) -> None:
    code, out, err = service(systemd, world, "install", *world.flags)
    assert code == 0, err
    assert "loginctl enable-linger" in out
    agent = shell(world, "stays")
    told = state(systemd, world)
    assert (told["by"], told["state"], told["at_login"]) == ("systemd", "running", True)
    unit = str(told["unit"])
    assert told["pid"] == daemon(systemd, unit)
    assert unit in groups(daemon(systemd, unit))
    assert unit not in groups(cast("int", agent["pid"])), "the agent's memory and life are not the service's"
    assert ".scope" in groups(cast("int", agent["pid"]))
    limits = systemd.run("systemctl", "--user", "show", unit, "-p", "MemoryMax", "-p", "MemoryHigh").stdout
    assert set(limits.split()) == {f"MemoryMax={500 * 2**20}", f"MemoryHigh={450 * 2**20}"}

    for number in (signal.SIGKILL, signal.SIGSTOP):
        before = daemon(systemd, unit)
        os.kill(before, number)
        until(lambda before=before: not lives(before), 60, what=f"the end by {number.name}")  # type: ignore[misc]
        until(lambda before=before: daemon(systemd, unit) not in (0, before), 60, what="another daemon")  # type: ignore[misc]
        assert world.agent("stays")["pid"] == agent["pid"]

    world.http.close()  # whose connection would rest, until it is closed
    before, load = daemon(systemd, unit), Load(world.port, "/api/agents")
    code, out, err = service(systemd, world, "reload", "--json")
    until(lambda: load.counts.ok > 200, 30, what="answers")
    counts = load.close()
    assert code == 0, err
    print(f"reload by systemd: requests ok {counts.ok}, lost {len(counts.lost)}")
    assert counts.lost == []
    assert json.loads(out)["pid"] != before
    world.http = httpx.Client(base_url=world.url, timeout=20, trust_env=False)
    world.sent(world.send("stays", "echo again-$((40+2))"))

    before = daemon(systemd, unit)
    assert service(systemd, world, "restart")[0] == 0
    until(lambda: daemon(systemd, unit) not in (0, before), 60, what="the daemon that was restarted")
    assert world.agent("stays")["pid"] == agent["pid"]
    assert service(systemd, world, "stop")[0] == 0
    until(lambda: daemon(systemd, unit) == 0, 60, what="the service to be stopped")
    assert lives(agent["pid"])
    assert service(systemd, world, "restart")[0] == 0
    until(lambda: daemon(systemd, unit) != 0, 60, what="the service to be there again")

    _changed_by_hand(systemd, world, unit)

    world.http.close()
    assert service(systemd, world, "uninstall")[0] == 0
    assert lives(agent["pid"])
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{world.url}/health", trust_env=False)
    code, _, err = service(systemd, world, "status")
    assert (code, "outrider service run" in err) == (3, True)
    assert list(world.home.glob(".config/systemd/user/*.service")) == []


def _changed_by_hand(systemd: UserSystemd, world: World, unit: str) -> None:
    path = world.home / ".config" / "systemd" / "user" / unit
    ours = path.read_text(encoding="utf-8")
    path.write_text(ours.replace("MemoryMax=500M", "MemoryMax=900M"), encoding="utf-8")
    code, _, err = service(systemd, world, "install", *world.flags)
    assert code == 1
    assert f"{path} was changed by hand" in err
    told = systemd.run(
        sys.executable, "-m", "outrider", "doctor", "--config", str(world.config), "--data", str(world.data)
    )
    assert f"{path} was changed by hand" in told.stdout
    world.http.close()
    assert service(systemd, world, "install", "--force", *world.flags)[0] == 0
    assert path.read_text(encoding="utf-8") == ours
    assert "900M" in path.with_name(f"{unit}.before").read_text(encoding="utf-8")
