"""The doctor on small, broken machines."""

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, daemon
from outrider import __version__
from outrider.cli.connection import Connection
from outrider.cli.setup import doctor
from outrider.client import Client
from outrider.doctor import Finding, address_of, examine, settled
from outrider.service.installed import Service
from outrider.settings import Loaded, load


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeDaemon]:
    with daemon() as one:
        yield one


@pytest.fixture
def fake(serving: FakeDaemon) -> FakeDaemon:
    one = serving.fresh()
    one.answers["GET /health"] = (200, {"status": "ok", "version": __version__})
    return one


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine with a tmux of ours on its PATH, and nothing else."""
    tool(tmp_path, "tmux", 'case "$1" in -V) echo tmux 3.3a;; *) echo "no server running on x" >&2; exit 1;; esac')
    return {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin"), "XDG_RUNTIME_DIR": ""}


def tool(home: Path, name: str, script: str) -> None:
    path = home / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


async def look(environ: Mapping[str, str], client: Client, **flags: object) -> dict[str, Finding]:
    loaded: Loaded = load({"runtime": "~/r", **flags}, environ)
    return {finding.check: finding for finding in await examine(loaded, environ, client)}


async def test_a_sound_machine(environ: dict[str, str], fake: FakeDaemon, tmp_path: Path) -> None:
    tool(tmp_path, "claude", "")
    found = await look(environ, Client(fake.url))
    assert [finding for finding in found.values() if finding.grade == "wrong"] == []
    assert found["agent claude"].found == str(tmp_path / "bin" / "claude")
    assert found["agent codex"].grade == "note"
    assert "npm install" in found["agent codex"].do
    assert not (tmp_path / ".local").exists()


def open_folder(home: Path) -> None:
    (home / "d").mkdir(mode=0o755)


def file_for_folder(home: Path) -> None:
    (home / "d").write_text("")


def damaged(home: Path) -> None:
    (home / "d").mkdir(mode=0o700)
    (home / "d" / "outrider.db").write_bytes(b"no database" * 1000)


def newer(home: Path) -> None:
    (home / "d").mkdir(mode=0o700)
    sqlite3.connect(home / "d" / "outrider.db").execute("PRAGMA user_version = 99").connection.close()


def notify(text: str) -> Callable[[Path], None]:
    def write(home: Path) -> None:
        file = home / ".config" / "outrider" / "notify.toml"
        file.parent.mkdir(parents=True)
        file.write_text(text)

    return write


WAY = '[ways.say]\ntype = "command"\nargv = ["true"]\n'


def later(home: Path) -> None:
    (home / "d").mkdir(mode=0o700)
    path = home / "d" / "outrider.db"
    sqlite3.connect(path).execute("CREATE TABLE a (b)").connection.close()
    os.utime(path, (4e9, 4e9))


BROKEN = [
    (lambda home: (home / "bin" / "tmux").unlink(), "tmux", "not on the PATH", "Install it"),
    (lambda home: tool(home, "tmux", "echo tmux 3.1c"), "tmux", "3.1c is too old", "Install it"),
    (
        lambda home: tool(home, "tmux", "[ $1 = -V ] && echo tmux 3.4 || { echo denied; exit 1; }"),
        "tmux server outrider",
        "denied",
        "socket",
    ),
    (open_folder, "data directory", "open to others (mode 0755)", "chmod 700"),
    (file_for_folder, "data directory", "not a directory", "Move it away"),
    (damaged, "database", "not a database", "aside"),
    (newer, "database", "made by a newer Outrider", "Install the newer"),
    (notify(f'{WAY}[[rules]]\non = ["agent_flies"]\n'), "notifications", "agent_flies", "Correct that file"),
    (
        notify(f'{WAY}[[rules]]\non = ["alert"]\nways = ["shout"]\n'),
        "notifications",
        "no way out 'shout'; there are: say",
        "Correct that file",
    ),
    (later, "clock", "written later", "Set the clock"),
]


@pytest.mark.parametrize(("breaks", "check", "says", "advice"), BROKEN, ids=[f"{row[1]}: {row[2]}" for row in BROKEN])
async def test_what_is_wrong_is_said_with_what_to_do(
    environ: dict[str, str],
    fake: FakeDaemon,
    tmp_path: Path,
    breaks: Callable[[Path], None],
    check: str,
    says: str,
    advice: str,
) -> None:
    breaks(tmp_path)
    finding = (await look(environ, Client(fake.url), data="~/d"))[check]
    assert finding.grade == "wrong"
    assert says in finding.found
    assert advice in finding.do


async def test_settings_that_cannot_be_used_are_a_finding_among_the_others(
    environ: dict[str, str], fake: FakeDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("port = 1\n[alerts]\nstuck_minutes = -1\n")
    code = await doctor(config=str(config), connection=Connection(url=fake.url), environ=environ)
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[0] == (f"✖ settings: {config}:3: alerts.stuck_minutes = -1 should be greater than or equal to 0.")
    assert any(line.startswith("✔ tmux: ") for line in lines), "the other checks go on"
    assert any(f"{fake.url} runs version" in line for line in lines)
    data = {"OUTRIDER_PORT": "no", "OUTRIDER_DATA": str(tmp_path / "d"), **environ}
    loaded, (wrong,) = settled({}, data)
    assert "OUTRIDER_PORT" in wrong.found
    assert loaded.settings.data == tmp_path / "d"


async def test_a_path_too_long_for_a_socket(environ: dict[str, str], fake: FakeDaemon) -> None:
    found = await look(environ, Client(fake.url), runtime="~/" + "x" * 100)
    assert found["socket"].grade == "wrong"


async def test_a_broken_kind_is_named(environ: dict[str, str], fake: FakeDaemon, tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "mine.toml").write_text("nonsense = 1\n")
    found = await look(environ, Client(fake.url), kinds="~/kinds")
    assert found["kinds of agents"].grade == "wrong"
    assert "mine.toml" in found["kinds of agents"].found


async def test_a_unit_that_was_changed_by_hand(environ: dict[str, str], fake: FakeDaemon, tmp_path: Path) -> None:
    unit = Service.of(load({}, environ), environ).files()[-1]
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=mine\n")
    found = (await look(environ, Client(fake.url)))["service"]
    assert (found.grade, f"{unit} was changed by hand" in found.found) == ("note", True)
    assert "outrider service install --force" in found.do


async def test_a_sandbox_that_may_not_be_made(environ: dict[str, str], fake: FakeDaemon, tmp_path: Path) -> None:
    tool(tmp_path, "bwrap", "echo bwrap: No permissions to create new namespace >&2; exit 1")
    found = (await look(environ, Client(fake.url)))["sandbox"]
    assert (found.grade, "It says: bwrap: No permissions to create new namespace" in found.found) == ("note", True)
    assert "user namespaces" in found.do


async def test_the_daemon(environ: dict[str, str], fake: FakeDaemon) -> None:
    fake.answers["GET /health"] = (200, {"status": "ok", "version": "0.0.1"})
    assert "0.0.1" in (await look(environ, Client(fake.url)))["daemon"].found
    refused = {"status": "ok", "note": "phone: Somebody was refused: this chat (6) is not known."}
    fake.answers["GET /health"] = (200, {"status": "ok", "version": __version__, "notify": refused})
    found = await look(environ, Client(fake.url))
    assert found["daemon"].grade == "ok"
    assert (found["notifications"].grade, "this chat (6)" in found["notifications"].found) == ("note", True)
    fake.answers["GET /health"] = (503, {"status": "degraded", "version": __version__, "reason": "tmux is away"})
    degraded = (await look(environ, Client(fake.url)))["daemon"]
    assert (degraded.grade, "tmux is away" in degraded.found) == ("wrong", True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    absent = (await look(environ, Client(f"http://127.0.0.1:{port}")))["daemon"]
    assert (absent.grade, absent.do) == ("note", "Start it: outrider up")


async def test_a_policy_that_cannot_be_used_is_named_with_its_agent(environ: dict[str, str], fake: FakeDaemon) -> None:
    why = "/p/mine.toml:8: rules[0].colour: there is no such key here."
    broken = {
        "session": "fix",
        "policy": "/p/mine.toml",
        "line": 8,
        "why": why,
        "then": "the last good one stays in force",
    }
    told = {"status": "degraded", "why": why, "agents": [broken]}
    fake.answers["GET /health"] = (200, {"status": "ok", "version": __version__, "policies": told})
    found = await look(environ, Client(fake.url))
    assert (found["policy of fix"].grade, found["policy of fix"].found) == ("wrong", why)
    assert "the last good one stays in force" in found["policy of fix"].do
    assert found["daemon"].grade == "ok"


def test_where_a_daemon_answers(environ: dict[str, str]) -> None:
    assert address_of(load({"host": "0.0.0.0", "port": 1}, environ).settings) == "http://127.0.0.1:1"
    assert address_of(load({"host": "::1", "port": 2}, environ).settings) == "http://[::1]:2"
