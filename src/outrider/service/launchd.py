"""The launch agent of macOS: it runs our own supervisor, which holds the sockets and watches over the daemon."""

import math
import os
import plistlib
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Conflict
from outrider.service.plan import Plan, sealed

GONE_S = 20.0
"""How long the supervisor and its daemon may take to end, besides sending their clients away; launchd's own patience."""
LOOK_S = 0.2


def plist(plan: Plan) -> str:
    """The file. What the supervisor itself says goes beside the daemon's log."""
    said = str(plan.settings.data / "logs" / "supervisor.log")
    made = plistlib.dumps(
        {
            "Label": label(plan.name),
            "ProgramArguments": list(plan.argv),
            "EnvironmentVariables": dict(plan.environ),
            "WorkingDirectory": str(plan.home),
            "RunAtLoad": True,
            "KeepAlive": True,
            "ThrottleInterval": 5,
            "ExitTimeOut": _patience_s(plan),
            # Agents stand in sessions of their own; whatever does not is left alone too.
            "AbandonProcessGroup": True,
            "ProcessType": "Interactive",
            "StandardOutPath": said,
            "StandardErrorPath": said,
            "Umask": 0o077,
        },
        sort_keys=False,
    )
    return sealed(made.decode())


def _patience_s(plan: Plan) -> int:
    return math.ceil(GONE_S + plan.settings.service.lame_s)


def label(name: str) -> str:
    """What launchd calls it."""
    return f"dev.outrider.{name}"


def _target(name: str) -> str:
    return f"gui/{os.getuid()}/{label(name)}"


@dataclass(frozen=True, slots=True)
class Launchd:
    """`launchctl`, for this user's session."""

    environ: Mapping[str, str]

    def path(self, name: str) -> Path:
        """Where the file belongs."""
        return Path(self.environ.get("HOME") or "/") / "Library" / "LaunchAgents" / f"{label(name)}.plist"

    def install(self, plan: Plan) -> None:
        """Writes the file, and starts what it says, now and at every login."""
        path = self.path(plan.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        (plan.settings.data / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._end(plan.name, _patience_s(plan))
        path.write_text(plist(plan), encoding="utf-8")
        self.start(plan.name)

    def runs(self, name: str) -> bool:
        """Whether launchd has it, and so keeps it running."""
        return self._launchctl("print", _target(name), may_fail=True)

    def start(self, name: str) -> None:
        """Has launchd take the installed file in again."""
        self._launchctl("bootstrap", f"gui/{os.getuid()}", str(self.path(name)))

    def stop(self, name: str) -> None:
        """Ends it until the next login, or `start`. One that only ended by itself launchd would start again (KeepAlive)."""
        self._end(name, GONE_S)

    def remove(self, name: str) -> None:
        """Stops it for good and takes its file away."""
        self._end(name, GONE_S)
        self.path(name).unlink(missing_ok=True)

    def _end(self, name: str, patience_s: float) -> None:
        """Has it end, where it runs, and waits until launchd has forgotten it: until then it takes no other of that name."""
        self._launchctl("bootout", _target(name), may_fail=True)
        ends = time.monotonic() + patience_s
        while self.runs(name) and time.monotonic() < ends:
            time.sleep(LOOK_S)

    def _launchctl(self, *words: str, may_fail: bool = False) -> bool:
        """Whether it did so; Conflict where it did not, and must."""
        done = subprocess.run(
            ["launchctl", *words], env=dict(self.environ), capture_output=True, text=True, check=False
        )
        if done.returncode != 0 and not may_fail:
            raise Conflict(f"launchctl {' '.join(words)} says: {' '.join((done.stdout + done.stderr).split())}")
        return done.returncode == 0
