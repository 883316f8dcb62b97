"""Control groups: how the limits of one agent are held on this machine, and which of them cannot be.

By the user's own systemd where there is one, else by groups of our own where the kernel lets us make them (a container's root, as a
rule). A limit counts as applied only where its controller is there. `ulimit` holds none of them: it counts addresses that a program
reserved, not memory that it uses, and processes by user, not by agent.
"""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from outrider.logic import sandbox
from outrider.logic.sandbox import Limits
from outrider.worktrees.process import finish, printed

PREFIX = "outrider-"
SWEEP_S = 60.0
ANSWER_S = 5.0
PERIOD_US = 100_000
# What a shell does before the agent: it goes into each group, or ends where it cannot.
_ENTER = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"'


@dataclass(frozen=True, slots=True)
class Controller:
    """What holds one limit: `old` and `new` are its file and value in the first and the second version of control groups."""

    name: str
    what: str
    new: tuple[str, str]
    old: tuple[str, str]


def controllers(limits: Limits) -> list[Controller]:
    """Those that the limits need."""
    memory, quota = limits.memory_mb << 20, limits.cpu_percent * PERIOD_US // 100
    found = {
        Controller(
            "memory", "memory", ("memory.max", str(memory)), ("memory.limit_in_bytes", str(memory))
        ): limits.memory_mb,
        Controller(
            "cpu", "CPU", ("cpu.max", f"{quota} {PERIOD_US}"), ("cpu.cfs_quota_us", str(quota))
        ): limits.cpu_percent,
        Controller(
            "pids", "processes", ("pids.max", str(limits.processes)), ("pids.max", str(limits.processes))
        ): limits.processes,
    }
    return [controller for controller, given in found.items() if given]


@dataclass(frozen=True, slots=True)
class Held:
    """What goes before the agent's words, and a sentence on what cannot be held."""

    words: tuple[str, ...] = ()
    unapplied: tuple[str, ...] = ()


class Groups:
    """Makes what holds an agent. `process` is where the kernel tells of this process, `root` where control groups are mounted."""

    def __init__(self, process: Path = Path("/proc/self"), root: Path = Path("/sys/fs/cgroup")) -> None:
        self._process = process
        self._root = root

    async def hold(self, limits: Limits, generation: str, environ: Mapping[str, str]) -> Held:
        """By systemd, else by a group for that spawn; what is held by neither is told."""
        wanted = controllers(limits)
        if not wanted:
            return Held()
        words: tuple[str, ...] = ()
        lacking = [each.name for each in wanted]
        held = await self._delegated(environ) & set(lacking)
        if held:
            words = sandbox.scope(limits.only(held))
        else:
            held, words = await asyncio.to_thread(self._own, wanted, generation)
        missing = [each.what for each in wanted if each.name not in held]
        return Held(words, (_sentence(missing),) if missing else ())

    async def _delegated(self, environ: Mapping[str, str]) -> set[str]:
        """The controllers that the user's systemd may use; it takes limits of others without a word, and does not hold them."""
        asked = _manager(environ)
        path = asked and await _said((asked, "--user", "show", "--property=ControlGroup", "--value"), environ)
        if not path:
            return set()
        return await asyncio.to_thread(_listed, self._root / path.lstrip("/") / "cgroup.controllers")

    def _own(self, wanted: list[Controller], generation: str) -> tuple[set[str], tuple[str, ...]]:
        self.sweep()
        held: set[str] = set()
        groups: list[str] = []
        places = dict(self._places())
        for each in wanted:
            for place, (file, value) in ((places.get(each.name), each.old), (places.get(""), each.new)):
                if place is not None and _made(place / f"{PREFIX}{generation}", file, value):
                    held.add(each.name)
                    groups.append(str(place / f"{PREFIX}{generation}"))
                    break
        groups = list(dict.fromkeys(groups))
        return held, ("sh", "-c", _ENTER, "limits", *groups, "--") if groups else ()

    def sweep(self, ended: Collection[str] = ()) -> None:
        """Removes the empty groups of spawns that have ended, and of any that nobody has entered for SWEEP_S; one that is in use, the
        kernel keeps. Blocks for a moment."""
        for place in {place for _, place in self._places()}:
            for group in place.glob(f"{PREFIX}*"):
                with contextlib.suppress(OSError):
                    if group.name.removeprefix(PREFIX) in ended or time.time() - group.stat().st_mtime > SWEEP_S:
                        group.rmdir()

    def _places(self) -> Iterator[tuple[str, Path]]:
        """Where this process stands in each hierarchy, by controller; the second version's by no name."""
        try:
            mounts = (self._process / "mountinfo").read_text(encoding="utf-8").splitlines()
            mine = (self._process / "cgroup").read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        at = {name: path for _, names, path in (line.split(":", 2) for line in mine) for name in names.split(",")}
        for line in mounts:
            fields, _, rest = line.partition(" - ")
            kind, _, options = rest.partition(" ")
            root, point = fields.split(" ")[3:5]
            names = [""] if kind == "cgroup2" else options.rpartition(" ")[2].split(",") if kind == "cgroup" else []
            for name in names:
                below = os.path.relpath(at.get(name, ""), root) if name in at else ".."
                place = Path(point, below)
                if not below.startswith("..") and place.is_dir():
                    yield name, place


def _made(group: Path, file: str, value: str) -> bool:
    """Whether the group is there and holds that value; nothing new is left where it does not."""
    try:
        group.mkdir(exist_ok=True)
        if (group / file).exists():
            (group / file).write_text(value, encoding="ascii")
            return True
    except OSError:
        pass
    with contextlib.suppress(OSError):
        group.rmdir()
    return False


def _manager(environ: Mapping[str, str]) -> str | None:
    """The program that asks the user's systemd; None where there is no such systemd."""
    private = Path(environ.get("XDG_RUNTIME_DIR") or "/nonexistent", "systemd", "private")
    if shutil.which("systemd-run", path=environ.get("PATH")) is None or not private.exists():
        return None
    return shutil.which("systemctl", path=environ.get("PATH"))


async def _said(argv: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """What a program prints; None where it fails, or does not end soon."""
    with printed() as out:
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await finish(process, ANSWER_S)
        except TimeoutError:
            return None
        out.seek(0)
        return out.read().decode(errors="replace").strip() if process.returncode == 0 else None


def _listed(path: Path) -> set[str]:
    try:
        return set(path.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return set()


def _sentence(missing: list[str]) -> str:
    what = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
    limits = "limits" if len(missing) > 1 else "limit"
    verb = "are" if len(missing) > 1 else "is"
    return (
        f"The {limits} on {what} {verb} not applied: neither this user's systemd nor a control group of our own can hold "
        f"{'them' if len(missing) > 1 else 'it'} here."
    )
