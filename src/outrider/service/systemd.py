"""The units of systemd for its user: what stands in them, and what is asked of `systemctl --user`.

The socket unit holds the sockets while there is no daemon. The unit kills the daemon's process alone: the agents' tmux server
is started in a scope of its own (inheritance.SCOPE), and lives on where that failed too.
"""

import re
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Conflict, NoDaemon, Unavailable
from outrider.service.plan import Plan, sealed
from outrider.settings import Settings

GRADUAL = 254
"""The version from which on systemd lets the pause before a restart grow."""
DOUBLINGS = 6
GONE_S = 10.0
"""How long a daemon that was told to go may take, besides sending its clients away."""
SHOWN = ("ActiveState", "SubState", "MainPID", "NRestarts", "Result", "MemoryCurrent", "UnitFileState", "LoadState")
LIMIT_S = 120.0


def units(plan: Plan, version: int) -> dict[str, str]:
    """The files by their names, for systemd of that version."""
    return {
        f"{plan.name}.socket": sealed(_socket(plan)),
        f"{plan.name}.service": sealed(_service(plan, version)),
    }


def _socket(plan: Plan) -> str:
    streams = "\n".join(f"ListenStream={_literal(each)}" for each in _streams(plan.settings))
    return f"""\
[Unit]
Description=Sockets of Outrider, held while there is no daemon

[Socket]
{streams}
BindIPv6Only=ipv6-only
Backlog=1024
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
"""


def _service(plan: Plan, version: int) -> str:
    held = plan.settings.service
    gradual = f"RestartSteps={DOUBLINGS}\nRestartMaxDelaySec={held.backoff_most_s:g}\n" if version >= GRADUAL else ""
    environment = "\n".join(f"Environment={_quoted(f'{name}={value}')}" for name, value in plan.environ.items())
    return f"""\
[Unit]
Description=Outrider: runs, watches and steers coding agents in tmux
Requires={plan.name}.socket
After={plan.name}.socket
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={" ".join(_quoted(word).replace("$", "$$") for word in plan.argv)}
WorkingDirectory={_literal(str(plan.home))}
{environment}
UMask=0077
Restart=always
RestartSec={held.backoff_s:g}
{gradual}TimeoutStartSec={held.start_s:g}
TimeoutStopSec={GONE_S + 2 * held.lame_s:g}
WatchdogSec={held.watchdog_s:g}
TimeoutAbortSec=5
MemoryHigh={held.memory_soft_mb}M
MemoryMax={held.memory_mb}M
OOMPolicy=continue
# Agents are not the service's: nothing but the daemon's own process is ever signalled.
KillMode=process

[Install]
WantedBy=default.target
"""


def _streams(settings: Settings) -> Sequence[str]:
    host, port = settings.host, settings.port
    local = host in ("localhost", "127.0.0.1")
    first = f"[{host}]:{port}" if ":" in host else f"{'127.0.0.1' if local else host}:{port}"
    both = [f"[::1]:{port}"] if local and has_ipv6() else []
    return [first, *both, str(settings.runtime / "outrider.sock")]


def has_ipv6() -> bool:
    """Whether ::1 is an address of this machine."""
    with suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word in quotes: no specifier and no escape in it is taken for one."""
    text = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_literal(text)}"'


@dataclass(frozen=True, slots=True)
class Systemd:
    """`systemctl --user` with this environment."""

    environ: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where a user's units are."""
        base = self.environ.get("XDG_CONFIG_HOME") or f"{self.environ.get('HOME', '')}/.config"
        return Path(base) / "systemd" / "user"

    def version(self) -> int | None:
        """The version of the systemd that runs for this user; None where none does."""
        try:
            status, said = self._ask("show", "--property=Version", "--value")
        except OSError:
            return None
        found = re.match(r"(\d+)", said)
        return int(found[1]) if status == 0 and found else None

    def installed(self, name: str) -> bool:
        """Whether the unit's file is there."""
        return (self.folder / f"{name}.service").exists()

    def install(self, plan: Plan, files: Mapping[str, str]) -> None:
        """Writes the files, and starts what they say, now and at every login."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        self._do("daemon-reload")
        self._do("enable", f"{plan.name}.socket", f"{plan.name}.service")
        self._do("restart", f"{plan.name}.socket")
        self._do("restart", f"{plan.name}.service")

    def remove(self, name: str) -> None:
        """Stops it for good and takes its files away."""
        self._do("disable", "--now", f"{name}.socket", f"{name}.service")
        for file in (f"{name}.socket", f"{name}.service"):
            (self.folder / file).unlink(missing_ok=True)
        self._do("daemon-reload")

    def restart(self, name: str) -> None:
        """Ends the daemon and starts it again; returns when it is up, Conflict where it does not come up."""
        self._do("restart", f"{name}.service")

    def stop(self, name: str) -> None:
        """Ends the daemon and closes the sockets, until the next login or `restart`."""
        self._do("stop", f"{name}.socket", f"{name}.service")

    def state(self, name: str) -> dict[str, object]:
        """What systemd knows of it."""
        _, said = self._ask("show", f"{name}.service", f"--property={','.join(SHOWN)}")
        found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        if found.get("LoadState") == "not-found":
            raise NoDaemon(f"systemd has no unit {name}.service: outrider service install.")
        memory = found.get("MemoryCurrent", "")
        return {
            "by": "systemd",
            "state": "running" if found.get("SubState") == "running" else found.get("SubState", ""),
            "unit": f"{name}.service",
            "pid": int(found.get("MainPID", "0")) or None,
            "memory_mb": int(memory) / 1e6 if memory.isdigit() else None,
            "restarts": int(found.get("NRestarts", "0")),
            "last": found.get("Result", ""),
            "at_login": found.get("UnitFileState") == "enabled",
            "at_boot": self.lingers(),
        }

    def lingers(self) -> bool | None:
        """Whether this user's services run without a login; None where that cannot be told."""
        try:
            done = self._run(["loginctl", "show-user", "--property=Linger", "--value", self.environ.get("USER", "")])
        except OSError:
            return None
        return {"yes": True, "no": False}.get(done.stdout.strip())

    def journal(self, name: str, lines: int, *, follow: bool) -> list[str]:
        """The words of a command that prints the daemon's log."""
        words = ["journalctl", "--user", f"--user-unit={name}.service", "--output=cat", f"--lines={lines}"]
        return [*words, *(["--follow"] if follow else ["--no-pager"])]

    def _do(self, *words: str) -> None:
        status, said = self._ask(*words)
        if status != 0:
            raise Conflict(f"systemctl --user {' '.join(words)} says: {' '.join(said.split())}")

    def _ask(self, *words: str) -> tuple[int, str]:
        done = self._run(["systemctl", "--user", "--no-pager", *words])
        return done.returncode, done.stdout or done.stderr

    def _run(self, argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(
                argv, env=dict(self.environ), capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{' '.join(argv)} did not answer in {LIMIT_S:g} s.") from error
