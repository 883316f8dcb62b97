"""The verbs of service: keep the daemon running, look at it, put another in its place."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from outrider.cli.connection import Environ, Json
from outrider.cli.flags import USUAL, Flags
from outrider.cli.words import as_json, clock, fields, table

if TYPE_CHECKING:
    from outrider.settings import Loaded

ConfigFile = Annotated[str | None, Parameter(help="Config file, instead of the usual one.")]
DataFolder = Annotated[str | None, Parameter(help="Data directory, instead of the one that is set.")]
FOLLOW_S = 0.2

app = App(
    name="service", help="Keep the daemon running, also after a crash.", help_format="plaintext", help_epilogue=""
)


@app.command
async def run(*, flags: Flags = USUAL, environ: Environ) -> None:
    """Keeps a daemon running, in the foreground: our own small supervisor, for where there is no systemd."""
    from outrider.service import control
    from outrider.service.keeper import Keeper
    from outrider.service.logfile import LogFile
    from outrider.store import Lease, check_directory

    loaded = _load(flags, environ)
    settings = loaded.settings
    for folder in (settings.data, settings.runtime):
        check_directory(folder)
    lease = Lease.acquire(settings.data / "service.lock", f"the service of {settings.data}")
    log = LogFile(_log(loaded), size=int(settings.service.log_mb * 1_000_000), files=settings.service.log_files)
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
    _told(await _ask("status", config, data, environ), json=json)


@app.command
async def reload(*, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ) -> None:
    """Puts a new daemon in the place of the running one, with new settings or a new version; no request is lost."""
    _told(await _ask("reload", config, data, environ), json=json)


@app.command
async def restart(*, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ) -> None:
    """Ends the daemon and starts it again; who asks meanwhile waits."""
    _told(await _ask("restart", config, data, environ), json=json)


@app.command
async def stop(*, config: ConfigFile = None, data: DataFolder = None, environ: Environ) -> None:
    """Ends the daemon and what keeps it running; every agent goes on."""
    await _ask("stop", config, data, environ)
    print("The service ends; every agent goes on.")


@app.command
async def logs(
    *,
    lines: Annotated[int, Parameter(name=["--lines", "-n"], help="How many of the last lines.")] = 50,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=(), help="Go on with what comes.")] = False,
    config: ConfigFile = None,
    data: DataFolder = None,
    environ: Environ,
) -> None:
    """Prints the end of the log: JSON, one line an event."""
    from outrider.errors import NoSuchThing
    from outrider.service.logfile import Follower, last

    path = _log(_load(Flags(config=config, data=data), environ))
    if not path.exists():
        raise NoSuchThing(f"There is no log {path}: no service has run for this data directory.")
    follower = Follower(path)
    for line in last(path, lines):
        print(line)
    while follow:
        for line in follower.fresh():
            print(line, flush=True)
        await asyncio.sleep(FOLLOW_S)


async def _ask(deed: str, config: str | None, data: str | None, environ: Environ) -> Mapping[str, object]:
    from outrider.service import control

    settings = _load(Flags(config=config, data=data), environ).settings
    return await control.ask(settings.runtime / control.NAME, deed)


def _told(told: Mapping[str, object], *, json: bool) -> None:
    if json:
        print(as_json(told))
        return
    plain = {name: value for name, value in told.items() if name not in ("ends", "since")}
    print(fields([*plain.items(), ("since", clock(told.get("since")))]))
    ends = told.get("ends")
    if isinstance(ends, list) and ends:
        rows = [(clock(end["at"]), str(end["pid"]), str(end["status"]), end["why"]) for end in ends]
        print(f"\n{table(('ENDED', 'PID', 'STATUS', 'WHY'), rows)}")


def _load(flags: Flags, environ: Environ) -> "Loaded":
    from outrider.settings import load

    return load(flags.given(), environ)


def _log(loaded: "Loaded") -> Path:
    return loaded.settings.data / "logs" / "outrider.log"
