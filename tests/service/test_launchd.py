"""The launch agent of macOS, as a file: what it says can be seen anywhere, what launchd makes of it only there."""

import plistlib
from pathlib import Path

from outrider.service.launchd import Launchd, plist
from outrider.service.plan import planned
from outrider.settings import load


def test_the_file(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": "/opt/homebrew/bin:/bin", "OUTRIDER_NODE": "a <b> & c"}
    words = ("service", "run", "--config", str(tmp_path / "a & b.toml"))
    found = plistlib.loads(plist(planned("outrider", load({"node": "x"}, environ).settings, words, environ)))
    assert found["Label"] == "dev.outrider.outrider"
    assert found["ProgramArguments"][1:] == ["-m", "outrider", *words]
    assert found["EnvironmentVariables"] == {"OUTRIDER_NODE": "a <b> & c", "PATH": "/opt/homebrew/bin:/bin"}
    assert (found["RunAtLoad"], found["KeepAlive"], found["AbandonProcessGroup"]) == (True, True, True)
    assert found["StandardErrorPath"].endswith("/logs/supervisor.log")
    assert Launchd(environ).path("outrider") == tmp_path / "Library/LaunchAgents/dev.outrider.outrider.plist"
