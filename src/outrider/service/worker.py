"""One run of the daemon, as its keeper sees it: started with what it inherits, heard, measured, ended by its process id."""

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Unavailable
from outrider.service.inheritance import FIRST, LIFELINE, STANDBY, handing_over

# Only the process that takes the descriptors over knows its id; the words that follow are arguments, never part of the script.
SCRIPT = 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"'
ABOVE = 64
"""Descriptors from here on cannot be among those that the daemon is given its own at."""


@dataclass(frozen=True, slots=True)
class Legacy:
    """What every run of the daemon is started with. `number` tells its runs apart."""

    argv: Sequence[str]
    environ: Mapping[str, str]
    sockets: Sequence[socket.socket]
    folder: Path
    number: int
    watchdog_s: float


class Worker:
    """Use `start`. `standby`, `ready` and `ended` are set as the daemon says so, or is gone."""

    def __init__(self, pid: int, mailbox: socket.socket, lifeline: int, output: int) -> None:
        self.pid = pid
        self.started_s = self.heard_s = time.monotonic()
        self.standby, self.ready, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.status: int | None = None
        """Its exit status, negative for the signal that ended it; None while it runs."""
        self.why = ""
        """Why it was told to end; empty where it was not."""
        self.output = output
        """Where its log can be read."""
        self._mailbox = mailbox
        self._lifeline = lifeline
        self._address = Path(mailbox.getsockname())
        asyncio.get_running_loop().add_reader(mailbox, self._hear)

    @classmethod
    def start(cls, legacy: Legacy) -> "Worker":
        """Starts the daemon in a process group of its own; Unavailable where that cannot be done."""
        mailbox, alive, lifeline = _mailbox(legacy), *os.pipe()
        output, log = os.pipe()
        given = [*(sock.fileno() for sock in legacy.sockets), alive]
        names = [*("listening" for _ in legacy.sockets), LIFELINE]
        environ = {
            **legacy.environ,
            **handing_over(names, notify=mailbox.getsockname(), watchdog_s=legacy.watchdog_s),
        }
        moved = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, ABOVE) for each in (*given, log)]
        places = [*((each, FIRST + place) for place, each in enumerate(moved[:-1])), (moved[-1], 1), (moved[-1], 2)]
        try:
            pid = os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", SCRIPT, "outrider", *legacy.argv],
                environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    *((os.POSIX_SPAWN_DUP2, each, place) for each, place in places),
                ],
                setpgroup=0,
                setsigdef=[signal.SIGPIPE],
            )
        except OSError as error:
            for each in (lifeline, output):
                os.close(each)
            mailbox.close()
            raise Unavailable(f"The daemon cannot be started: {error.strerror}.") from error
        finally:
            for each in (*moved, alive, log):
                os.close(each)
        return cls(pid, mailbox, lifeline, output)

    def send(self, number: signal.Signals, why: str) -> None:
        """Signals it, unless it has ended. `why` is kept for who asks what became of it."""
        if self.status is None:
            self.why = self.why or why
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def reap(self) -> None:
        """Looks whether it has ended; its process id is nobody else's before that."""
        if self.status is not None:
            return
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.status = os.waitstatus_to_exitcode(status)
            self._hear()
            asyncio.get_running_loop().remove_reader(self._mailbox)
            self._mailbox.close()
            os.close(self._lifeline)
            self._address.unlink(missing_ok=True)
            self.ended.set()

    def memory_mb(self) -> float | None:
        """What it takes of the machine's memory now; None where that cannot be told."""
        return resident_mb(self.pid) if self.status is None else None

    async def either(self, event: asyncio.Event, limit_s: float) -> bool:
        """Waits until the event, or its end; whether it was the event that came, in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s), asyncio.TaskGroup() as group:
                waits = [group.create_task(each.wait()) for each in (event, self.ended)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for each in waits:
                    each.cancel()
        return event.is_set()

    def _hear(self) -> None:
        with suppress(BlockingIOError, OSError):
            while True:
                said = self._mailbox.recv(4096).decode("utf-8", "replace").split("\n")
                self.heard_s = time.monotonic()
                if STANDBY in said:
                    self.standby.set()
                if "READY=1" in said:
                    self.ready.set()


def _mailbox(legacy: Legacy) -> socket.socket:
    path = legacy.folder / f"notify-{legacy.number}.sock"
    path.unlink(missing_ok=True)
    mailbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    mailbox.setblocking(False)
    mailbox.bind(str(path))
    path.chmod(0o600)
    return mailbox


def resident_mb(pid: int, proc: Path = Path("/proc")) -> float | None:
    """The resident memory of a process in MB (10**6 bytes); None where there is no such process."""
    try:
        if sys.platform == "linux":
            pages = int((proc / str(pid) / "statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return int(told.stdout) * 1024 / 1e6
    except (OSError, ValueError, IndexError):
        return None
