"""The settings of one daemon: defaults, the file, the environment and the flags laid over one another; later wins.

`load` reads nothing but what it is given and the file, so that two daemons, or two tests, in one process do not see each
other's. Paths follow the XDG rules on every system.
"""

import difflib
import hashlib
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from outrider.errors import BadSetting
from outrider.settings import file
from outrider.settings.schema import PREFIX, Row, Settings, rows

# Names that belong to the other verbs, or to the agents we start, and are no settings of the daemon.
OTHER_NAMES = frozenset({"OUTRIDER_CONFIG", "OUTRIDER_URL", "OUTRIDER_TOKEN"})


# What the checking library says, as a person would who has not read its manual.
PLAINER: Mapping[str, str] = {
    r"is not a valid path for .*": "should be a path",
    r"should be a valid tuple": "should be a list",
    r"should be a valid integer, unable to parse.*": "should be a whole number",
    r"should be a valid (boolean|number), unable to.*": r"should be a \1",
    r"should be a valid ": "should be a ",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and for each row (by dotted name) where its value came from. `warnings` are sentences for whoever started it."""

    settings: Settings
    origins: Mapping[str, str]
    config: Path | None = None
    warnings: tuple[str, ...] = field(default=())

    def value(self, name: str) -> object:
        """The value of the row of that dotted name."""
        found: object = self.settings
        for part in name.split("."):
            found = getattr(found, part)
        return found


def load(flags: Mapping[str, object], environ: Mapping[str, str], *, with_file: bool = True) -> Loaded:
    """Defaults, then the file, then the environment, then the flags (by dotted row name, or `config`; None is unset).

    BadSetting names the place, the key and what would be right. `with_file=False`: as if there were no file.
    """
    table = {row.name: row for row in rows()}
    home = Path(environ.get("HOME") or Path.home())
    config = _config_path(flags, environ, home) if with_file else None
    values: dict[str, object] = {}
    origins = dict.fromkeys(table, "default")
    for name, value, origin, base in _laid(config, environ, flags, table):
        values[name] = _paths(value, home, base) if table[name].is_path else value
        origins[name] = origin
    for name, place in _places(values, environ, home):
        values.setdefault(name, place)
    settings = _validated(values, origins)
    return Loaded(settings, origins, config, tuple(_misspelt(environ, table)))


def _laid(
    config: Path | None, environ: Mapping[str, str], flags: Mapping[str, object], table: Mapping[str, Row]
) -> Iterator[tuple[str, object, str, Path]]:
    """(row, value, where from, folder that relative paths start at), weakest source first."""
    if config is not None:
        for name, value, line in file.read(config, table):
            yield name, value, f"{config}:{line}" if line else str(config), config.parent
    for row in table.values():
        text = environ.get(row.variable)
        if text or (text is not None and row.is_list):
            items: object = [item.strip() for item in text.split(",") if item.strip()] if row.is_list else text
            yield row.name, items, f"environment {row.variable}", Path.cwd()
    for name, value in flags.items():
        if name != "config" and value is not None:
            if name not in table:
                raise BadSetting(f"There is no setting {name!r}.{file.nearest(name, table)}")
            yield name, value, f"flag --{name.replace('_', '-')}", Path.cwd()


def usual_config(environ: Mapping[str, str]) -> Path:
    """The config file of who names none, whether it is there or not."""
    home = Path(environ.get("HOME") or Path.home())
    return _xdg(environ, "XDG_CONFIG_HOME", home / ".config") / "outrider" / "config.toml"


def _config_path(flags: Mapping[str, object], environ: Mapping[str, str], home: Path) -> Path | None:
    asked = flags.get("config") or environ.get("OUTRIDER_CONFIG")
    if asked is None or asked == "":
        usual = usual_config(environ)
        return usual if usual.is_file() else None
    path = Path(str(_paths(str(asked), home, Path.cwd())))
    if not path.is_file():
        raise BadSetting(f"There is no config file {path}; make it, or leave out --config and OUTRIDER_CONFIG.")
    return path


def _misspelt(environ: Mapping[str, str], table: Mapping[str, Row]) -> Iterator[str]:
    known = {row.variable for row in table.values()} | OTHER_NAMES
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known and (near := difflib.get_close_matches(name, known, 1, 0.85)):
            yield f"{name} is not read; did you mean {near[0]}?"


def _paths(value: object, home: Path, base: Path) -> object:
    if not isinstance(value, str | Path):
        return value
    text = str(value)
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return Path(os.path.normpath(base / text)) if text else text


def _xdg(environ: Mapping[str, str], name: str, otherwise: Path) -> Path:
    """A relative path there is to be ignored, says the XDG specification."""
    value = environ.get(name, "")
    return Path(value) if value.startswith("/") else otherwise


def _places(values: Mapping[str, object], environ: Mapping[str, str], home: Path) -> Sequence[tuple[str, object]]:
    data = Path(str(values.get("data") or _xdg(environ, "XDG_DATA_HOME", home / ".local" / "share") / "outrider"))
    run = _xdg(environ, "XDG_RUNTIME_DIR", Path())
    return (
        ("data", data),
        (
            "runtime",
            run / "outrider" / hashlib.sha256(str(data).encode()).hexdigest()[:8]
            if run.is_absolute() and run.is_dir()
            else data / "run",
        ),
        ("kinds", _xdg(environ, "XDG_CONFIG_HOME", home / ".config") / "outrider" / "agents"),
        ("notify", _xdg(environ, "XDG_CONFIG_HOME", home / ".config") / "outrider" / "notify.toml"),
        ("node", re.sub(r"[^A-Za-z0-9._-]", "-", platform.node())[:63].strip("-._") or "localhost"),
        ("spawn.worktrees", data / "worktrees"),
        ("fleet.key_file", data / "fleet.key"),
    )


def _validated(values: Mapping[str, object], origins: Mapping[str, str]) -> Settings:
    tree: dict[str, object] = {}
    for name, value in values.items():
        section, _, key = name.rpartition(".")
        inner = tree.setdefault(section, {}) if section else tree
        assert isinstance(inner, dict)
        inner[key] = value
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise BadSetting(_sentence(error, origins)) from error


def _sentence(error: ValidationError, origins: Mapping[str, str]) -> str:
    first = error.errors(include_url=False)[0]
    name = next(
        (".".join(map(str, first["loc"][:n])) for n in (2, 1) if ".".join(map(str, first["loc"][:n])) in origins), ""
    )
    why = re.sub(r"^(Value error, |Input )", "", first["msg"])
    for said, plain in PLAINER.items():
        why = re.sub(said, plain, why)
    return f"{origins.get(name, 'settings')}: {name} = {first['input']!r} {why}."
