"""The launch agent of macOS: it runs our own supervisor, which holds the sockets and watches over the daemon."""

import os
import plistlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Conflict
from outrider.service.plan import Plan


def plist(plan: Plan) -> bytes:
    """The file. What the supervisor itself says goes beside the daemon's log."""
    said = str(plan.settings.data / "logs" / "supervisor.log")
    return plistlib.dumps(
        {
            "Label": label(plan.name),
            "ProgramArguments": list(plan.argv),
            "EnvironmentVariables": dict(plan.environ),
            "WorkingDirectory": str(plan.home),
            "RunAtLoad": True,
            "KeepAlive": True,
            "ThrottleInterval": 5,
            "ExitTimeOut": 20,
            # Agents stand in sessions of their own; whatever does not is left alone too.
            "AbandonProcessGroup": True,
            "ProcessType": "Interactive",
            "StandardOutPath": said,
            "StandardErrorPath": said,
            "Umask": 0o077,
        },
        sort_keys=False,
    )


def label(name: str) -> str:
    """What launchd calls it."""
    return f"dev.outrider.{name}"


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
        if path.exists():
            self._launchctl("bootout", f"gui/{os.getuid()}/{label(plan.name)}", may_fail=True)
        path.write_bytes(plist(plan))
        self._launchctl("bootstrap", f"gui/{os.getuid()}", str(path))

    def remove(self, name: str) -> None:
        """Stops it for good and takes its file away."""
        self._launchctl("bootout", f"gui/{os.getuid()}/{label(name)}", may_fail=True)
        self.path(name).unlink(missing_ok=True)

    def _launchctl(self, *words: str, may_fail: bool = False) -> None:
        done = subprocess.run(
            ["launchctl", *words], env=dict(self.environ), capture_output=True, text=True, check=False
        )
        if done.returncode != 0 and not may_fail:
            raise Conflict(f"launchctl {' '.join(words)} says: {' '.join((done.stdout + done.stderr).split())}")
