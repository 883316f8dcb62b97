"""What Outrider needs on this machine: each check looks, changes nothing, and says what to do."""

import asyncio
import os
import re
import shutil
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from outrider import __version__
from outrider.client import Client
from outrider.errors import BadSetting, NoDaemon, OutriderError
from outrider.kinds.load import catalogue
from outrider.logic.sandbox import ALLOW, INSTALL
from outrider.notify.catalogue import Surroundings
from outrider.notify.file import load as load_notify
from outrider.service.installed import Service
from outrider.settings import load
from outrider.store import migration
from outrider.supervisor.trial import Trial

if TYPE_CHECKING:
    from outrider.settings import Loaded, Settings

OLDEST_TMUX = (3, 2)
EARLIEST_S = 1_735_689_600  # 2025-01-01: a clock before this was never set
SKEW_S = 120
LONGEST_SOCKET = 103  # bytes; macOS allows least
LEAST_FREE = 200 * 2**20
PLACES = ("OUTRIDER_DATA", "OUTRIDER_RUNTIME")
"""Settings of the environment that no value can make unusable."""
Grade = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `do` says what would mend it. A `note` is worth knowing and stops nothing."""

    check: str
    grade: Grade
    found: str
    do: str = ""


def settled(flags: Mapping[str, object], environ: Mapping[str, str]) -> tuple["Loaded", list[Finding]]:
    """The settings, and what is wrong with them; where they cannot be used, the defaults, so that all else can still be looked at."""
    try:
        return load(flags, environ), []
    except BadSetting as error:
        plain = {name: text for name, text in environ.items() if not name.startswith("OUTRIDER_") or name in PLACES}
        usual = load({"data": flags.get("data")}, plain, with_file=False)
        advice = "Correct it. Until then no daemon starts, and the checks below took the defaults."
        return usual, [Finding("settings", "wrong", error.message, advice)]


async def examine(loaded: "Loaded", environ: Mapping[str, str], client: Client) -> list[Finding]:
    """All checks, in the order in which one would mend things."""
    settings = loaded.settings
    findings = [Finding("settings", "note", warning, "Correct the name.") for warning in loaded.warnings]
    findings.append(await _tmux(environ))
    if findings[-1].grade != "wrong":
        findings += [await _server(name, settings, environ) for name in (settings.tmux_socket, *settings.watch)]
    findings.append(await _sandbox(environ))
    findings += _agents(settings, environ)
    findings += [_folder("data directory", settings.data), _folder("runtime directory", settings.runtime)]
    findings += [_socket_path(settings), _space(settings.data), _clock(settings.data / "outrider.db", time.time())]
    findings.append(await asyncio.to_thread(_database, settings.data / "outrider.db"))
    findings += await asyncio.to_thread(lambda: list(_notify(settings.notify, environ)))
    findings += [_unit(path) for path in Service.of(loaded, environ).changed()]
    findings += await _daemon(client)
    return findings


def address_of(settings: "Settings") -> str:
    """Where a daemon with these settings answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # not bound to, asked
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


async def _run(environ: Mapping[str, str], *argv: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode(errors="replace").strip()


async def _tmux(environ: Mapping[str, str]) -> Finding:
    how = "Install it: brew install tmux" if sys.platform == "darwin" else "Install it: sudo apt install tmux"
    program = shutil.which("tmux", path=environ.get("PATH"))
    if program is None:
        return Finding("tmux", "wrong", "not on the PATH", how)
    _, said = await _run(environ, program, "-V")
    number = re.search(r"(\d+)\.(\d+)", said)
    if number is None:
        return Finding("tmux", "note", f"{program} says {said!r}, which is no version", "3.2 or newer is needed.")
    if (int(number[1]), int(number[2])) < OLDEST_TMUX:
        return Finding("tmux", "wrong", f"{said} is too old: 3.2 or newer is needed", how)
    return Finding("tmux", "ok", f"{said} at {program}")


async def _server(name: str, settings: "Settings", environ: Mapping[str, str]) -> Finding:
    check = f"tmux server {name}"
    code, said = await _run(environ, "tmux", "-S" if name.startswith("/") else "-L", name, "list-sessions", "-F", "x")
    if code == 0:
        return Finding(check, "ok", f"runs, {len(said.splitlines())} sessions")
    if "no server running" in said or "No such file" in said or "Connection refused" in said:
        begins = "the first spawn starts it" if name == settings.tmux_socket else "it is watched once it runs"
        return Finding(check, "ok", f"does not run; {begins}")
    return Finding(check, "wrong", said, "See who owns its socket; TMUX_TMPDIR says where sockets are.")


def _agents(settings: "Settings", environ: Mapping[str, str]) -> Iterator[Finding]:
    kinds = catalogue(settings.kinds)
    for problem in kinds.problems:
        yield Finding("kinds of agents", "wrong", problem, "Correct that file, or take it away.")
    for kind in kinds.all():
        if not kind.launch.argv:  # can be adopted, never started
            continue
        program = kind.launch.argv[0]
        found = shutil.which(program, path=environ.get("PATH"))
        if found:
            yield Finding(f"agent {kind.name}", "ok", found)
        else:
            how = f"To use it: {kind.launch.install}" if kind.launch.install else ""
            yield Finding(f"agent {kind.name}", "note", f"{program} is not on the PATH", how)


async def _sandbox(environ: Mapping[str, str]) -> Finding:
    found = shutil.which("bwrap", path=environ.get("PATH"))
    if found is None:
        return Finding("sandbox", "note", "bwrap is not on the PATH", f"To use --sandbox: {INSTALL}")
    why = await Trial().refused(found, environ)
    if why:
        return Finding(
            "sandbox", "note", f"{found} cannot make one here. It says: {why}", f"To use --sandbox: {ALLOW}."
        )
    return Finding("sandbox", "ok", found)


def _folder(check: str, path: Path) -> Finding:
    try:
        found = path.stat()
    except FileNotFoundError:
        return Finding(check, "ok", f"{path} is not there yet; outrider up makes it")
    except OSError as error:
        return Finding(check, "wrong", f"{path} cannot be looked at: {error.strerror}", "Choose another with --data.")
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISDIR(found.st_mode):
        return Finding(check, "wrong", f"{path} is not a directory", "Move it away, or choose another place.")
    if found.st_uid != os.geteuid():
        return Finding(
            check, "wrong", f"{path} belongs to user {found.st_uid}, not to you", f"sudo chown -R $(id -u) {path}"
        )
    if mode & 0o077:
        return Finding(check, "wrong", f"{path} is open to others (mode {mode:04o})", f"chmod 700 {path}")
    if not os.access(path, os.W_OK | os.X_OK):
        return Finding(check, "wrong", f"{path} cannot be written (mode {mode:04o})", f"chmod 700 {path}")
    return Finding(check, "ok", str(path))


def _socket_path(settings: "Settings") -> Finding:
    path = settings.runtime / "outrider.sock"
    size = len(os.fsencode(path))
    if size > LONGEST_SOCKET:
        return Finding(
            "socket",
            "wrong",
            f"{path} is too long a path for a socket ({size} bytes)",
            'Set runtime = "…" in the config file to a shorter one.',
        )
    return Finding("socket", "ok", str(path))


def _space(path: Path) -> Finding:
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    grade: Grade = "ok" if free >= LEAST_FREE else "wrong"
    return Finding(
        "disk",
        grade,
        f"{free // 2**20:,} MB free at {there}",
        "" if grade == "ok" else "Make room, or choose another data directory.",
    )


def _clock(database: Path, now_s: float) -> Finding:
    today = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(now_s))
    if now_s < EARLIEST_S:
        return Finding("clock", "wrong", f"it says {today}", "Set the clock: times of events would be wrong.")
    if database.exists() and database.stat().st_mtime > now_s + SKEW_S:
        return Finding(
            "clock", "wrong", f"it says {today}, and the database was written later than that", "Set the clock."
        )
    return Finding("clock", "ok", today)


def _database(path: Path) -> Finding:
    if not path.exists():
        return Finding("database", "ok", f"{path} is not there yet; outrider up makes it")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            rows = connection.execute("PRAGMA quick_check(5)").fetchall()
            have = migration.version(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        return Finding(
            "database", "wrong", f"{path}: {error}", "outrider up keeps a damaged file aside and starts a fresh one."
        )
    said = "; ".join(str(row[0]) for row in rows)
    if said != "ok":
        return Finding(
            "database",
            "wrong",
            f"{path} is damaged: {said}",
            "Stop the daemon and start it: it keeps the file aside and starts a fresh one.",
        )
    if have > (ours := len(migration.scripts())):
        return Finding(
            "database",
            "wrong",
            f"{path} has version {have}, made by a newer Outrider; this one knows version {ours}",
            "Install the newer Outrider, or choose another data directory with --data.",
        )
    return Finding("database", "ok", f"{path} is sound, {path.stat().st_size // 1024:,} kB")


def _notify(path: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether people can be told; what the ways themselves say to it is known to the daemon alone."""
    check = "notifications"
    if not path.exists():
        yield Finding(check, "ok", f"nobody is told anything: there is no {path}")
        return
    try:
        found = load_notify(path, Surroundings(environ, lambda: int(time.time()), elsewhere=True))
    except OutriderError as error:
        yield Finding(check, "wrong", error.message, "Correct that file; the daemon keeps to what it said before.")
        return
    if found.inline and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding(check, "wrong", f"{path} holds secrets and is open to others", f"chmod 600 {path}")
    for name, way in found.ways.items():
        grade: Grade = "wrong" if way.out.why else "ok"
        yield Finding(f"way out {name}", grade, way.out.why or f"{way.type} to {way.out.about}")
    if not found.rules:
        yield Finding(check, "note", f"{path} has no [[rules]]", "Only alerts and tests are told: write a rule.")


def _unit(path: Path) -> Finding:
    first = "" if path.suffix == ".plist" else f"Put your changes into a file in {path.name}.d beside it, then: "
    return Finding(
        "service",
        "note",
        f"{path} was changed by hand: outrider service install leaves it alone",
        f"{first}outrider service install --force",
    )


async def _daemon(client: Client) -> list[Finding]:
    found = await _running(client)
    if not isinstance(found, Finding):
        notify = found.get("notify")
        why, note = (notify.get("why"), notify.get("note")) if isinstance(notify, Mapping) else (None, None)
        said = Finding("daemon", "ok", f"{client.address.url} runs version {__version__}")
        told = [Finding("daemon", "wrong", str(why), "See: outrider notify ways")] if why else []
        if note:
            told.append(Finding("notifications", "note", str(note)))
        return [said, *told, *_policies(found.get("policies"))]
    return [found]


def _policies(told: object) -> Iterator[Finding]:
    agents = told.get("agents", ()) if isinstance(told, Mapping) else ()
    for each in agents:
        do = f"Correct it. Till then {each['then']}. See: outrider policy check {each['policy']}"
        yield Finding(f"policy of {each['session']}", "wrong", each["why"], do)


async def _running(client: Client) -> Finding | Mapping[str, object]:
    """What the daemon says of itself; a finding where it does not, or not well."""
    url = client.address.url
    try:
        health = await client.health()
    except NoDaemon as error:
        if error.detail.get("sent") is False:
            return Finding("daemon", "note", f"none answers at {url}", "Start it: outrider up")
        return Finding(
            "daemon", "wrong", error.message, "Another program has that address: choose a port with outrider up --port."
        )
    except OutriderError as error:
        return Finding("daemon", "wrong", f"{url}: {error.message}", "See what listens there, or choose another --url.")
    if health.get("version") != __version__:
        found = f"{url} runs version {health.get('version')}, this is {__version__}"
        return Finding("daemon", "wrong", found, "Start the daemon again.")
    if health.get("status") != "ok":
        return Finding("daemon", "wrong", f"{url} is {health.get('status')}: {health.get('reason')}", "See its log.")
    return health
