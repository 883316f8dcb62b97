"""What a service manager hands to the daemon: listening sockets, where to report, how often to give a sign of life.

The protocol is systemd's (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)); our own supervisor speaks it too. It hands
over one thing more, named `lifeline`: the end of a pipe that is closed when the supervisor is gone, whatever took it.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from shutil import which

from outrider.errors import BadSetting

FIRST = 3
LIFELINE = "lifeline"
STANDBY = "X_OUTRIDER_STANDBY=1"
"""Said by a daemon that could start, and waits for the one before it to give up what only one may have."""

SCOPE = ("systemd-run", "--user", "--scope", "--quiet", "--collect", "--description=Agents of Outrider")

# Meant for the daemon's process alone: nothing that it starts, above all no agent, may take these for its own.
NAMES = frozenset(
    {
        *("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"),
        *("INVOCATION_ID", "JOURNAL_STREAM", "MANAGERPID", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_WATCH"),
        "MEMORY_PRESSURE_WRITE",
    }
)


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What was handed over; nothing where a person started the daemon.

    `scope` are words to put before a program that is to stand outside this daemon's unit, so that neither the unit's end nor its
    memory limit reaches it; empty where there is no unit.
    """

    sockets: Sequence[socket.socket] = ()
    lifeline: int | None = None
    notify: str = ""
    watchdog_s: float | None = None
    scope: Sequence[str] = ()

    @property
    def managed(self) -> bool:
        """Whether a service manager started this daemon, holds its sockets and starts the next one."""
        return bool(self.notify and self.sockets)

    @property
    def tcp(self) -> list[socket.socket]:
        """The sockets of the network."""
        return [sock for sock in self.sockets if sock.family != socket.AF_UNIX]

    @property
    def unix(self) -> list[socket.socket]:
        """The sockets of the file system."""
        return [sock for sock in self.sockets if sock.family == socket.AF_UNIX]

    def say(self, *lines: str) -> None:
        """Reports to the manager; whether it listens is its affair."""
        if self.notify:
            address = f"\0{self.notify[1:]}" if self.notify.startswith("@") else self.notify
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto("\n".join(lines).encode(), address)


def inherited(environ: Mapping[str, str], pid: int) -> Inheritance:
    """What this process (`pid`) was handed. Call it once: it takes the descriptors, which no child of ours then gets."""
    sockets, lifeline = _handed(environ, pid)
    watchdog = environ.get("WATCHDOG_USEC", "")
    meant = environ.get("WATCHDOG_PID") in (None, "", str(pid))
    return Inheritance(
        sockets=sockets,
        lifeline=lifeline,
        notify=environ.get("NOTIFY_SOCKET", ""),
        watchdog_s=int(watchdog) / 1_000_000 if watchdog.isdigit() and int(watchdog) and meant else None,
        scope=SCOPE if "INVOCATION_ID" in environ and which(SCOPE[0], path=environ.get("PATH")) else (),
    )


def apart(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what was meant for this process alone."""
    return {name: value for name, value in environ.items() if name not in NAMES}


def handing_over(names: Sequence[str], *, notify: str, watchdog_s: float) -> dict[str, str]:
    """The environment for a daemon whose descriptors from FIRST on have these names; LISTEN_PID is for it to be told too."""
    return {
        "LISTEN_FDS": str(len(names)),
        "LISTEN_FDNAMES": ":".join(names),
        "NOTIFY_SOCKET": notify,
        "WATCHDOG_USEC": str(int(watchdog_s * 1_000_000)),
    }


def _handed(environ: Mapping[str, str], pid: int) -> tuple[tuple[socket.socket, ...], int | None]:
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(pid) or not count.isdigit():
        return (), None
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    sockets: list[socket.socket] = []
    lifeline: int | None = None
    for place in range(int(count)):
        descriptor = FIRST + place
        try:
            os.set_inheritable(descriptor, False)
            if names[place : place + 1] == [LIFELINE]:
                lifeline = descriptor
                continue
            sockets.append(sock := socket.socket(fileno=descriptor))
            sock.setblocking(False)
        except OSError as error:
            raise BadSetting(
                f"LISTEN_FDS says that descriptor {descriptor} is a listening socket, and it is not: {error.strerror}."
            ) from error
    return tuple(sockets), lifeline
