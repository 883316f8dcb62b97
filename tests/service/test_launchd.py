"""The launch agent of macOS: its file against what launchd knows, and what is asked of a launchctl that only writes it down.

What launchd itself makes of it can be seen on macOS alone.
"""

import plistlib
from pathlib import Path

import pytest

from outrider.errors import Conflict
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

# Says of a job that it is loaded until it has been asked twice after it was told to go, as one that takes its time.
LAUNCHCTL = """#!/bin/sh
echo "$*" >> "$HOME/asked"
case $1 in
  bootstrap) [ ! -e "$HOME/loaded" ] || { echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; }; echo 2 > "$HOME/loaded";;
  bootout) [ -e "$HOME/loaded" ] || exit 3;;
  print) [ -e "$HOME/loaded" ] || exit 113
    left=$(cat "$HOME/loaded"); [ "$left" -gt 0 ] && echo $((left - 1)) > "$HOME/loaded" || { rm "$HOME/loaded"; exit 113; };;
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
