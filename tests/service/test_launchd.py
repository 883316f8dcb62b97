"""The launch agent of macOS: its file against what launchd knows, and what is asked of a launchctl that only writes it down.

What launchd itself makes of it can be seen on macOS alone.
"""

import asyncio
import json
import plistlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from outrider.errors import Conflict
from outrider.service import control
from outrider.service.installed import Service
from outrider.service.launchd import Launchd, plist
from outrider.service.plan import planned
from outrider.settings import load

KNOWN: dict[str, type] = {
    "Label": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "WorkingDirectory": str,
    "RunAtLoad": bool,
    "KeepAlive": bool,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "AbandonProcessGroup": bool,
    "ProcessType": str,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "Umask": int,
}
"""Keys that we use, and the type that each has, as launchd.plist(5) of macOS says."""

# A job that was told to go is still there for two looks, as one that takes its time.
LAUNCHCTL = """#!/bin/sh
echo "$*" >> "$HOME/asked"
cd "$HOME"
case $1 in
  bootstrap) [ ! -e loaded ] && [ ! -e going ] && [ -e "$3" ] && touch loaded || {
    echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; };;
  bootout) [ -e loaded ] || exit 3; rm loaded; echo 2 > going;;
  print) [ ! -e loaded ] || exit 0; [ -e going ] || exit 113
    left=$(cat going); [ "$left" -gt 0 ] && echo $((left - 1)) > going || { rm going; exit 113; };;
esac
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / "launchctl"
    tool.write_text(LAUNCHCTL)
    tool.chmod(0o755)
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:/bin:/usr/bin", "OUTRIDER_DATA": f"{tmp_path}/a <b> & c"}


def test_the_file(tmp_path: Path, environ: dict[str, str]) -> None:
    words = ("service", "run", "--config", str(tmp_path / "a & b.toml"))
    found = plistlib.loads(plist(planned("outrider", load({}, environ).settings, words, environ)).encode())
    assert {key: type(value) for key, value in found.items()} == KNOWN
    assert found["Label"] == "dev.outrider.outrider"
    assert Path(found["ProgramArguments"][0]).is_absolute()
    assert found["ProgramArguments"][1:] == ["-m", "outrider", *words]
    assert found["EnvironmentVariables"] == {name: environ[name] for name in ("OUTRIDER_DATA", "PATH")}
    assert found["WorkingDirectory"] == str(tmp_path)
    assert (found["RunAtLoad"], found["KeepAlive"], found["AbandonProcessGroup"]) == (True, True, True)
    assert found["ProcessType"] in {"Background", "Standard", "Adaptive", "Interactive"}
    assert found["ExitTimeOut"] > load({}, environ).settings.service.lame_s + 10, "the daemon has time to end"
    assert found["StandardErrorPath"] == str(tmp_path / "a <b> & c/logs/supervisor.log")
    assert Launchd(environ).path("outrider") == tmp_path / "Library/LaunchAgents/dev.outrider.outrider.plist"


def test_installed_again_changed_by_hand_and_taken_away(tmp_path: Path, environ: dict[str, str]) -> None:
    service = Service(load({}, environ), tmp_path / "a <b> & c", environ, platform="darwin")
    (path,) = service.install((), force=False)
    assert plistlib.loads(path.read_bytes())["Label"] == "dev.outrider.outrider"
    assert service.install((), force=False) == [path], "what was there has gone before it is started again"
    ours = path.read_text()
    path.write_text(ours.replace("Interactive", "Background"))
    assert service.changed() == [path]
    with pytest.raises(Conflict, match="changed by hand") as refused:
        service.install((), force=False)
    assert "systemctl" not in refused.value.message, "launchd has no drop-ins"
    with pytest.raises(Conflict, match="changed by hand"):
        service.uninstall(force=False)
    service.install((), force=True)
    assert path.read_text() == ours
    assert "Background" in path.with_name(f"{path.name}.before").read_text()
    service.uninstall(force=False)
    assert not path.exists()
    asked = [line.split()[0] for line in (tmp_path / "asked").read_text().splitlines()]
    assert [deed for deed in asked if deed != "print"] == ["bootout", "bootstrap"] * 3 + ["bootout"]


@pytest.fixture
def runtime() -> Iterator[str]:
    """A path that is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield folder


async def test_stopped_it_stays_away_until_it_is_started_again(
    tmp_path: Path, environ: dict[str, str], runtime: str
) -> None:
    environ["OUTRIDER_RUNTIME"] = runtime
    loaded = load({}, environ)
    service = Service(loaded, tmp_path / "a <b> & c", environ, platform="darwin")
    service.install((), force=False)
    said: list[str] = []
    states = iter(["starting", "running", "running"])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append((await reader.readline()).decode().strip())
        writer.write(json.dumps({"by": "supervisor", "state": next(states)}).encode() + b"\n")
        writer.close()

    def asked() -> list[str]:
        words = [line.split()[0] for line in (tmp_path / "asked").read_text().splitlines()]
        return [word for word in words if word != "print"]

    before = len(asked())
    assert (await service.ask("stop"))["state"] == "stopped"
    assert asked()[before:] == ["bootout"], "launchd starts again what only ended"
    assert not (tmp_path / "loaded").exists()
    assert not (tmp_path / "going").exists(), "it has ended when that is said"
    assert (await service.ask("status"))["state"] == "stopped"
    assert (await service.ask("stop"))["state"] == "stopped"
    async with await asyncio.start_unix_server(answer, loaded.settings.runtime / control.NAME):
        assert (await service.ask("restart"))["state"] == "running"
        assert asked()[before:] == ["bootout", "bootstrap"]
        assert said == ["status", "status"], "nothing else is asked of a supervisor that was only now started"
        assert (await service.ask("restart"))["state"] == "running"
    assert said[2:] == ["restart"], "the supervisor that runs restarts its daemon itself"
    assert asked()[before:] == ["bootout", "bootstrap"]
