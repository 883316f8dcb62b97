"""The units as text: what they say, that systemd takes every word as it was meant, and the seal on them."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from outrider.errors import BadSetting, Conflict, NoSuchThing
from outrider.service.installed import Service
from outrider.service.plan import Plan, changed, name_of, planned, refuse_changed
from outrider.service.systemd import units
from outrider.settings import load

ODD = 'a "b" 50% $HOME \\n'


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    settings = load({"data": str(tmp_path / "data")}, {"HOME": str(tmp_path)}).settings
    environ = {"HOME": str(tmp_path), "PATH": "/opt/bin:/bin", "OUTRIDER_NODE": ODD, "OUTRIDER_TOKEN": "secret"}
    return planned("outrider", settings, ("up", "--node", ODD), environ)


def test_what_the_units_say(made: Plan) -> None:
    files = units(made, 252)
    assert set(files) == {"outrider.socket", "outrider.service"}
    service, sock = files["outrider.service"], files["outrider.socket"]
    for line in (
        *("Type=notify", "Restart=always", "RestartSec=1", "WatchdogSec=30", "MemoryHigh=450M", "MemoryMax=500M"),
        *("KillMode=process", "WantedBy=default.target", "TimeoutStopSec=12", 'Environment="PATH=/opt/bin:/bin"'),
    ):
        assert f"\n{line}\n" in service
    assert "secret" not in service
    assert "RestartSteps" not in service, "this systemd does not know it"
    assert "\nRestartSteps=6\nRestartMaxDelaySec=60\n" in units(made, 254)["outrider.service"]
    assert "\nListenStream=127.0.0.1:3848\n" in sock
    assert f"\nListenStream={made.settings.runtime}/outrider.sock\n" in sock


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_finds_nothing_wrong_with_them(made: Plan, tmp_path: Path) -> None:
    for name, text in units(made, 252).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    argv = ["systemd-analyze", "verify", "--user", "--man=no", str(tmp_path / "outrider.service")]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "outrider" in line]
    assert said == []


def test_a_socket_for_others_too(made: Plan) -> None:
    for host, stream in (("0.0.0.0", "0.0.0.0:3848"), ("fd00::1", "[fd00::1]:3848")):
        text = units(replace(made, settings=made.settings.model_copy(update={"host": host})), 252)["outrider.socket"]
        assert f"ListenStream={stream}\n" in text
        assert "127.0.0.1" not in text


def test_the_seal(made: Plan, tmp_path: Path) -> None:
    path = tmp_path / "outrider.service"
    assert not changed(path)
    path.write_text(units(made, 252)["outrider.service"], encoding="utf-8")
    assert not changed(path)
    refuse_changed([path])
    path.write_text(path.read_text(encoding="utf-8").replace("MemoryMax=500M", "MemoryMax=1G"), encoding="utf-8")
    assert changed(path)
    with pytest.raises(Conflict, match="was changed by hand"):
        refuse_changed([path])


def test_what_no_service_can_have(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    settings = load({"port": 0}, environ).settings
    with pytest.raises(BadSetting, match="port is 0"):
        planned("outrider", settings, ("up",), environ)
    with pytest.raises(BadSetting, match="control character"):
        planned("outrider", load({}, environ).settings, ("up", "--node", "a\nExecStartPre=x"), environ)


def test_names(tmp_path: Path) -> None:
    usual = tmp_path / "outrider"
    assert name_of(usual, usual) == "outrider"
    assert name_of(tmp_path / "other", usual).startswith("outrider-")


def test_where_there_is_neither(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path)}
    service = Service.of(load({}, environ), environ)
    with pytest.raises(NoSuchThing, match="outrider service run"):
        service.install((), force=False)
    with pytest.raises(NoSuchThing, match="nothing is installed"):
        service.uninstall(force=False)
