"""The verbs of service: keep the daemon running, look at it, put another in its place."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from outrider.cli.connection import Environ, Json, Usage
from outrider.cli.flags import USUAL, Flags
from outrider.cli.words import as_json, clock, fields, table

if TYPE_CHECKING:
    from outrider.service.installed import Service
    from outrider.settings import Loaded

ConfigFile = Annotated[str | None, Parameter(help="Config file, instead of the usual one.")]
DataFolder = Annotated[str | None, Parameter(help="Data directory, instead of the one that is set.")]
Force = Annotated[
    bool, Parameter(negative=(), help="Also where a file was changed by hand; that one is kept as .before.")
]
FOLLOW_S = 0.2

app = App(
    name="service", help="Keep the daemon running, also after a crash.", help_format="plaintext", help_epilogue=""
)


@app.command
def install(*, flags: Flags = USUAL, force: Force = False, environ: Environ) -> None:
    """Has systemd (or launchd) run the daemon with these flags, now and from each login on."""
    from dataclasses import replace

    from outrider.service.systemd import Systemd

    service = _service(flags, environ)
    loaded = service.loaded
    here = replace(
        flags,
        config=str(loaded.config) if loaded.config is not None else None,
        data=str(loaded.settings.data) if flags.data is not None else None,
    )
    for path in service.install(here.words(), force=force):
        print(f"{path} is written.")
    print(f"The daemon runs as {service.name}, also after a crash, and from each login on.")
    if service.platform != "darwin" and Systemd(environ).lingers() is not True:
        print("To have it run from boot on, and after you log out: loginctl enable-linger")


@app.command
def uninstall(*, config: ConfigFile = None, data: DataFolder = None, force: Force = False, environ: Environ) -> None:
    """Stops the installed service and takes its files away; agents go on, data stays."""
    for path in _service(Flags(config=config, data=data), environ).uninstall(force=force):
        print(f"{path} is removed.")


@app.command
async def run(*, flags: Flags = USUAL, environ: Environ) -> None:
    """Keeps a daemon running, in the foreground: our own small supervisor, for where there is no systemd."""
    from outrider.service import control
    from outrider.service.keeper import Keeper
    from outrider.service.logfile import LogFile
    from outrider.store import Lease, check_directory

    settings = _load(flags, environ).settings
    for folder in (settings.data, settings.runtime):
        check_directory(folder)
    lease = Lease.acquire(settings.data / "service.lock", f"the service of {settings.data}")
    log = LogFile(
        settings.data / "logs" / "outrider.log",
        size=int(settings.service.log_mb * 1_000_000),
        files=settings.service.log_files,
    )
    keeper = Keeper(flags.words(), environ, lambda: _load(flags, environ), log)
    server = await control.serve(keeper, settings.runtime / control.NAME)
    print(
        f"The daemon is kept running; its log is {log.path}. Ctrl-C ends it and leaves every agent running.", flush=True
    )
    try:
        await keeper.run()
    finally:
        server.close()
        (settings.runtime / control.NAME).unlink(missing_ok=True)
        log.close()
        lease.release()


@app.command
async def status(*, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ) -> None:
    """Shows whether the daemon is kept running, and how it ended lately."""
    _told(await _service(Flags(config=config, data=data), environ).ask("status"), json=json)


@app.command
async def reload(*, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ) -> None:
    """Puts a new daemon in the place of the running one, with new settings or a new version; no request is lost."""
    _told(await _service(Flags(config=config, data=data), environ).ask("reload"), json=json)


@app.command
async def restart(*, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ) -> None:
    """Ends the daemon and starts it again; who asks meanwhile waits."""
    _told(await _service(Flags(config=config, data=data), environ).ask("restart"), json=json)


@app.command
async def stop(*, config: ConfigFile = None, data: DataFolder = None, environ: Environ) -> None:
    """Ends the daemon and what keeps it running; every agent goes on."""
    await _service(Flags(config=config, data=data), environ).ask("stop")
    print("The service ends; every agent goes on.")


@app.command
async def logs(
    *,
    lines: Annotated[int, Parameter(name=["--lines", "-n"], help="How many of the last lines.")] = 50,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=(), help="Go on with what comes.")] = False,
    config: ConfigFile = None,
    data: DataFolder = None,
    environ: Environ,
) -> int:
    """Prints the end of the log: JSON, one line an event."""
    from outrider.errors import NoSuchThing
    from outrider.service.logfile import Follower

    if lines < 0:
        raise Usage(f"--lines is {lines}: it counts lines from the end, so give 0 or more.")
    service = _service(Flags(config=config, data=data), environ)
    if service.systemd is not None:
        words = service.systemd.journal(service.name, lines, follow=follow)
        process = await asyncio.create_subprocess_exec(*words, env=dict(environ))
        return await process.wait()
    if not service.log.exists():
        raise NoSuchThing(f"There is no log {service.log}: no service has run for this data directory.")
    follower = Follower(service.log)
    for line in follower.last(lines):
        print(line, flush=follow)
    while follow:
        for line in follower.fresh():
            print(line, flush=True)
        await asyncio.sleep(FOLLOW_S)
    return 0


def _told(told: Mapping[str, object], *, json: bool) -> None:
    if json:
        print(as_json(told))
        return
    plain = {name: value for name, value in told.items() if name not in ("ends", "since")}
    if isinstance(memory := plain.get("memory_mb"), float):
        plain["memory_mb"] = round(memory)
    print(fields([*plain.items(), ("since", clock(told.get("since")))]))
    ends = told.get("ends")
    if isinstance(ends, list) and ends:
        rows = [(clock(end["at"]), str(end["pid"]), str(end["status"]), end["why"]) for end in ends]
        print(f"\n{table(('ENDED', 'PID', 'STATUS', 'WHY'), rows)}")


def _load(flags: Flags, environ: Environ) -> "Loaded":
    from outrider.settings import load

    return load(flags.given(), environ)


def _service(flags: Flags, environ: Environ) -> "Service":
    from outrider.service.installed import Service

    return Service.of(_load(flags, environ), environ)
