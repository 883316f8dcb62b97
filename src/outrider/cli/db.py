"""The verbs db check, backup, restore, vacuum: care for the database, without the daemon's help."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from outrider.cli.connection import Environ, Json
from outrider.cli.words import as_json

ConfigFile = Annotated[str | None, Parameter(help="Config file, instead of the usual one.")]
DataFolder = Annotated[str | None, Parameter(help="Data directory, instead of the one that is set.")]

app = App(name="db", help="Look the database over, back it up, put it back.", help_format="plaintext", help_epilogue="")


@app.command
def check(*, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ) -> int:
    """Looks the whole database over; the daemon may run."""
    from outrider.store import care
    from outrider.store.directory import DATABASE

    found = care.check(_data(config, data, environ) / DATABASE)
    if json:
        print(as_json({"ok": found.wrong is None, **asdict(found)}))
    else:
        print(found.wrong or f"{found.path} is sound: version {found.version}, {_mb(found.size)}.")
        for name, count in found.rows.items():
            print(f"  {name:<10} {count:>9}")
    return 1 if found.wrong else 0


@app.command
def backup(
    file: str, *, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ
) -> None:
    """Copies the database to a new file; the daemon may run."""
    from outrider.store import care
    from outrider.store.directory import DATABASE

    size = care.backup(_data(config, data, environ) / DATABASE, Path(file).expanduser())
    print(as_json({"file": file, "size": size}) if json else f"{file}: {_mb(size)}.")


@app.command
def restore(
    file: str, *, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ
) -> None:
    """Puts a backup in the database's place; the daemon must be down. The one before is kept beside it."""
    from outrider.store import care

    folder = _data(config, data, environ)
    aside = care.restore(Path(file).expanduser(), folder, now_ms=time.time_ns() // 1_000_000)
    if json:
        print(as_json({"restored": file, "data": str(folder), "before": aside and str(aside)}))
    else:
        print(f"Restored {file} into {folder}." + (f" The one before is kept as {aside}." if aside else ""))


@app.command
def vacuum(*, config: ConfigFile = None, data: DataFolder = None, json: Json = False, environ: Environ) -> None:
    """Gives unused room back to the disk; the daemon must be down."""
    from outrider.store import care

    before, after = care.vacuum(_data(config, data, environ))
    print(as_json({"before": before, "after": after}) if json else f"{_mb(before)} before, {_mb(after)} now.")


def _data(config: str | None, data: str | None, environ: Environ) -> Path:
    from outrider.settings import load

    return load({"config": config, "data": data}, environ).settings.data


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
