"""Processes on this machine: who belongs to whom, who is still there, and ending exactly those that were named.

A process is its id together with its start time: ids are reused. Nothing is ever ended by its name. On Linux everything
is read from /proc without forking; elsewhere one `ps` tells what it can (no environment, no directory).
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_S = 0.02
_KILLED_S = 1.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it was when it was looked at.

    `start` tells it from a later one of the same id (Linux: clock ticks since boot; elsewhere Unix seconds). `group` and
    `session` are its process group and session. `cwd` is None where it cannot be read.
    """

    pid: int
    ppid: int
    argv: tuple[str, ...]
    start: int
    cwd: str | None = None
    group: int = 0
    session: int = 0


@dataclass(frozen=True, slots=True)
class _Stat:
    """A line of the process table. `live` is false for a zombie."""

    pid: int
    ppid: int
    group: int
    session: int
    start: int
    live: bool
    command: str = ""
    tty: int = 0


def tree(pid: int) -> tuple[Process, ...]:
    """The process, everything that descends from it, and all of its session if it leads one, also what lost its parents.

    Empty where it does not exist. The root comes first, then in the order of their start.
    """
    table = {stat.pid: stat for stat in _table()}
    if pid <= 1 or pid not in table:
        return ()
    members = {pid} | {stat.pid for stat in table.values() if stat.session == pid}
    children: dict[int, list[int]] = {}
    for stat in table.values():
        children.setdefault(stat.ppid, []).append(stat.pid)
    queue = list(members)
    while queue:
        fresh = [child for child in children.get(queue.pop(), ()) if child not in members]
        members.update(fresh)
        queue.extend(fresh)
    found = sorted((table[each] for each in members), key=lambda stat: (stat.pid != pid, stat.start, stat.pid))
    return tuple(_process(stat) for stat in found if stat.live)


def lineage(pid: int) -> tuple[int, ...]:
    """The ids of the process and of those above it, nearest first, without init; empty where it does not exist."""
    found: list[int] = []
    while pid > 1 and pid not in found and (stat := _stat(pid)) is not None:
        found.append(pid)
        pid = stat.ppid
    return tuple(found)


def beneath(root: int, pid: int) -> bool:
    """Whether a process that has that id where it runs (in a namespace of its own, too) is `root` or descends from it."""
    return any(_own_id(process.pid) == pid for process in tree(root))


def held(root: int, name: re.Pattern[str]) -> Path | None:
    """The file whose path matches and that a process of `root`'s tree holds open, the oldest one's; None where there is none.

    Only Linux tells.
    """
    for process in tree(root) if sys.platform == "linux" else ():
        try:
            handles = sorted((_PROC / str(process.pid) / "fd").iterdir())
        except OSError:
            continue
        for handle in handles:
            try:
                path = handle.readlink()
            except OSError:
                continue
            if name.search(str(path)):
                return path
    return None


def carrying(generation: str) -> tuple[Process, ...]:
    """Processes of ours that carry this token in OUTRIDER_GENERATION: what an agent started, wherever it is now.

    Only Linux tells; elsewhere, and for an empty token, there are none.
    """
    if not generation or sys.platform != "linux":
        return ()
    mark = f"OUTRIDER_GENERATION={generation}".encode()
    return tuple(_process(stat) for stat in _table() if stat.live and mark in _environment(stat.pid))


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a process stands among the others; `tty` is the number of its terminal, 0 for none."""

    ppid: int
    session: int
    tty: int


def relations() -> Mapping[int, Relation]:
    """Every process there is, by its id."""
    return {stat.pid: Relation(stat.ppid, stat.session, stat.tty) for stat in _table()}


def generation(pid: int) -> str:
    """The token that the process carries in OUTRIDER_GENERATION; empty without one, or where it cannot be read."""
    return variable(pid, "OUTRIDER_GENERATION")


def variable(pid: int, name: str) -> str:
    """What that variable was in the environment the process was started with; empty without one, or where it cannot be read."""
    mark = f"{name}=".encode()
    found = next((entry for entry in _environment(pid) if entry.startswith(mark)), mark)
    return found[len(mark) :].decode("utf-8", "replace")


def argv(pid: int) -> tuple[str, ...]:
    """The words it was started with; empty where they cannot be read."""
    stat = _stat(pid)
    return _process(stat).argv if stat is not None else ()


def holds(pid: int, inode: int) -> bool | None:
    """Whether the process holds the socket of that number (Linux); None where it does not let itself be looked at."""
    wanted = f"socket:[{inode}]"
    try:
        for entry in os.scandir(f"{_PROC}/{pid}/fd"):
            with suppress(FileNotFoundError):
                if os.readlink(entry) == wanted:  # noqa: PTH115 - there are thousands
                    return True
    except PermissionError:
        return None
    except OSError:
        return False  # it has ended
    return False


def alive(process: Process) -> bool:
    """Whether that very process still runs; a zombie does not."""
    stat = _stat(process.pid)
    return stat is not None and stat.live and stat.start == process.start


def age_s(process: Process) -> float | None:
    """For how many seconds the process has run; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - process.start / os.sysconf("SC_CLK_TCK"))


async def end(processes: Iterable[Process], grace_s: float) -> tuple[Process, ...]:
    """Ends exactly these: SIGTERM, and SIGKILL for those that are there after `grace_s`. What is left is returned.

    This process is never ended, and neither is init.
    """
    wanted = [process for process in processes if process.pid > 1 and process.pid != os.getpid()]
    left = await _signalled(wanted, signal.SIGTERM, grace_s)
    return tuple(await _signalled(left, signal.SIGKILL, _KILLED_S))


async def _signalled(processes: list[Process], number: signal.Signals, limit_s: float) -> list[Process]:
    """Sends the signal, waits until all are gone or the time is over; those still there."""
    for process in processes:
        _send(process, number)
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    while True:
        left = [process for process in processes if alive(process)]
        if not left or loop.time() >= until:
            return left
        await asyncio.sleep(_POLL_S)


def _send(process: Process, number: signal.Signals) -> None:
    try:
        if sys.platform == "linux":
            # The descriptor holds on to one process: between looking and sending its id cannot pass to another.
            handle = os.pidfd_open(process.pid)
            try:
                if alive(process):
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)
        elif alive(process):
            os.kill(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _table() -> Iterator[_Stat]:
    if sys.platform != "linux":
        yield from _ps()
        return
    for entry in os.scandir(_PROC):
        if entry.name.isdigit() and (stat := _stat(int(entry.name))) is not None:
            yield stat


def _stat(pid: int) -> _Stat | None:
    if sys.platform != "linux":
        return next(_ps("-p", str(pid)), None)
    raw = _read(pid, "stat")
    # The name stands in brackets and may hold anything, brackets and blanks too: what follows the last one counts.
    fields = raw[raw.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    ppid, group, session = (int(field) for field in fields[1:4])
    return _Stat(pid, ppid, group, session, int(fields[19]), fields[0] not in (b"Z", b"X"), tty=int(fields[4]))


def _process(stat: _Stat) -> Process:
    if sys.platform != "linux":
        return Process(stat.pid, stat.ppid, tuple(stat.command.split()), stat.start, None, stat.group, stat.session)
    words = _read(stat.pid, "cmdline").split(b"\0")[:-1]
    argv = tuple(word.decode("utf-8", "replace") for word in words)
    try:
        cwd = str((_PROC / str(stat.pid) / "cwd").readlink())
    except OSError:
        cwd = None
    return Process(stat.pid, stat.ppid, argv, stat.start, cwd, stat.group, stat.session)


def _own_id(pid: int) -> int:
    """The id that a process has in its own, innermost namespace."""
    if sys.platform == "linux":
        for line in _read(pid, "status").splitlines():
            if line.startswith(b"NSpid:"):
                return int(line.split()[-1])
    return pid


def _environment(pid: int) -> list[bytes]:
    return _read(pid, "environ").split(b"\0")


def _read(pid: int, name: str) -> bytes:
    """A file of a process; empty where it has gone or is somebody else's."""
    try:
        with open(f"{_PROC}/{pid}/{name}", "rb") as file:  # noqa: PTH123 - there are thousands, and a Path interns its parts
            return file.read()
    except OSError:
        return b""


def _ps(*choice: str) -> Iterator[_Stat]:
    """The process table without /proc. `ps` prints the start as five words, taken here as one number that tells it apart."""
    columns = "pid=,ppid=,pgid=,sess=,stat=,lstart=,command="
    listed = subprocess.run(
        ["ps", *(choice or ("-A",)), "-ww", "-o", columns],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={"PATH": "/bin:/usr/bin", "LC_ALL": "C"},
    )
    for line in listed.stdout.splitlines():
        words = line.split(None, 10)
        if len(words) < 11 or not words[0].isdigit():
            continue
        pid, ppid, group = (int(word) for word in words[:3])
        yield _Stat(pid, ppid, group, _session(words[3]), _moment(words[5:10]), "Z" not in words[4], words[10])


def _session(word: str) -> int:
    return int(word) if word.isdigit() else 0


def _moment(words: list[str]) -> int:
    """`Tue Nov 24 02:53:11 2026` as a number that grows with time."""
    months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    hours, minutes, seconds = (int(part) for part in words[3].split(":"))
    days = (int(words[4]) * 12 + months.find(words[1]) // 3) * 31 + int(words[2])
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
