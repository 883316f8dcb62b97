"""A `systemd --user` of a test's own, in a mount namespace and control groups of its own: nothing of the machine's is touched."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from e2e.waiting import until
from e2e.world import World

PROGRAM = Path("/usr/lib/systemd/systemd")
GROUPS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup"))
# $1 is the manager, the rest are the files by which one enters its control groups.
BEGIN = """
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 1
program=$1; shift
for file; do echo $$ > "$file" || exit 1; done
exec "$program" --user
"""


class UserSystemd:
    """Begins in `start`; `world` is given its runtime directory."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runtime = world.root / "xdg"
        self._groups = [
            root / f"outrider-test-{world.mark}" for root in GROUPS if root.joinpath("cgroup.procs").exists()
        ]
        self._process: subprocess.Popen[bytes] | None = None
        world.env["XDG_RUNTIME_DIR"] = str(self._runtime)

    def start(self) -> str:
        """Starts it; why that cannot be done here, empty where it was."""
        needed = ("unshare", "nsenter", "systemctl", "systemd-run")
        if missing := [name for name in needed if shutil.which(name) is None] + [PROGRAM] * (not PROGRAM.exists()):
            return f"there is no {missing[0]} here"
        if os.getuid() != 0 or not self._groups:
            return "only root may make the namespaces and control groups"
        self._runtime.mkdir(mode=0o700)
        try:
            for group in self._groups:
                group.mkdir()
        except OSError as error:
            return f"no control group can be made: {error}"
        files = [str(group / "cgroup.procs") for group in self._groups]
        with self._world.root.joinpath("systemd.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", BEGIN, "sh", str(PROGRAM), *files],
                env=self._world.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            until(self._runs, 20, what="the user's systemd to run")
        except AssertionError:
            said = self._world.root.joinpath("systemd.log").read_text(errors="replace")[-300:]
            self.close()
            return f"no systemd --user runs here: {' '.join(said.split())}"
        return ""

    def run(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Runs a program where it is seen."""
        assert self._process is not None
        inside = ["nsenter", "-t", str(self._process.pid), "-m", "--", *argv]
        return subprocess.run(inside, env=self._world.env, capture_output=True, text=True, timeout=120, check=False)

    def close(self) -> None:
        """Ends it with all its units, and takes its control groups away."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
        for group in self._groups:
            if group.exists():
                until(lambda group=group: _gone(group), 20, what=f"{group} to be empty")  # type: ignore[misc]

    def _runs(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError("it ended")
        return self.run("systemctl", "--user", "is-system-running").stdout.strip() in ("running", "degraded")


def _gone(group: Path) -> bool:
    try:
        for folder, _, _ in os.walk(group, topdown=False):
            Path(folder).rmdir()
    except OSError:
        return False
    return True
