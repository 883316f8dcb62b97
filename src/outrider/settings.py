"""Every setting is a row: name, default, help. The file, the environment and the flags are laid over it; later wins.

This is the only reader of the process's environment (`environment`), and it reads it only when asked: `load` takes what it
is given, so that two daemons, or two tests, in one process do not see each other's. Paths follow the XDG rules on every system.
A row is found by its dotted name (`monitor.cpu_budget`), in the file under `[monitor]`, in the environment as
`OUTRIDER_MONITOR__CPU_BUDGET`.
"""

import difflib
import hashlib
import os
import platform
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from outrider.errors import BadSetting

DEFAULT_URL = "http://127.0.0.1:3848"
PREFIX = "OUTRIDER_"
# Names that belong to the other verbs, or to the agents we start, and are no settings of the daemon.
OTHER_NAMES = frozenset({"OUTRIDER_CONFIG", "OUTRIDER_URL", "OUTRIDER_TOKEN"})


def _socket(value: str) -> str:
    if not value or "\0" in value or ("/" in value and not value.startswith("/")):
        raise ValueError("should be a tmux socket name as for tmux -L, or an absolute path as for tmux -S")
    return value


def _node(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", value):
        raise ValueError(
            "should be letters, digits, dots, dashes and underscores, at most 63, as it stands before /session"
        )
    return value


def _bus(value: str) -> str:
    if value != "local" and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("should be local, or the address of a Redis: redis://host:6379/0")
    return value


def _folder(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("should be a path")
    return value


Socket = Annotated[str, AfterValidator(_socket)]
Folder = Annotated[Path, AfterValidator(_folder)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A group of rows; unchangeable, and a name it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Monitor(Section):
    """How often agents' screens are looked at."""

    cpu_budget: float = Field(default=0.05, gt=0, le=1, description="Share of one core that watching screens may cost.")
    busy_ms: int = Field(default=100, ge=10, le=60_000, description="Milliseconds between looks at a pane that moves.")
    quiet_ms: int = Field(
        default=1000, ge=10, le=60_000, description="Milliseconds between looks at a pane that stands still."
    )


class Commands(Section):
    """How commands are typed into agents."""

    per_agent_per_s: Positive = Field(default=2, description="Commands a second that one agent is given at most.")
    per_node_per_s: Positive = Field(default=10, description="Commands a second that are typed on this node at most.")
    max_bytes: Count = Field(default=131_072, description="Longest text of one command, in bytes of UTF-8.")
    attempts: Count = Field(default=3, description="Tries of a command that failed before its first key.")
    backoff_s: Seconds = Field(default=2.0, description="Seconds before the second try; doubled for each further one.")
    depth: Count = Field(default=1000, description="Commands that may wait for one agent; more are refused.")


class Http(Section):
    """The API's limits and who may address it."""

    max_body_bytes: Count = Field(default=1_048_576, description="Longest request body, in bytes.")
    hosts: tuple[str, ...] = Field(
        default=(), description="Names besides this machine's own that a Host header may carry."
    )
    origins: tuple[str, ...] = Field(
        default=(), description="Web origins besides our own that may use the API from a browser."
    )
    buffer: Count = Field(
        default=1000, description="Events that a slow WebSocket client may fall behind before it is cut off."
    )


class Retention(Section):
    """How long the records are kept."""

    events_days: Positive = Field(default=30, description="Days that events are kept.")
    events_max: Count = Field(default=1_000_000, description="Events that are kept at most.")
    commands_days: Positive = Field(default=90, description="Days that finished commands and their audit are kept.")


class Stuck(Section):
    """When an agent that should move counts as stuck."""

    frozen_s: Positive = Field(
        default=300, description="Seconds that an agent may say it is busy while nothing changes."
    )
    idle_unfinished_s: Positive = Field(
        default=300, description="Seconds that an agent may be idle while its spec has open items."
    )
    unanswered_s: Positive = Field(default=600, description="Seconds that a question may wait for a person.")


class Spawn(Section):
    """How new agents are started."""

    width: int = Field(default=120, ge=20, le=1000, description="Columns of a new agent's pane.")
    height: int = Field(default=40, ge=5, le=1000, description="Rows of a new agent's pane.")
    worktrees: Folder = Field(description="Folder for git work trees that are made for agents.")


class Settings(Section):
    """Everything that can be set. `load` makes it; the four paths have no default here because they depend on who runs it."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address the API listens on.")
    port: int = Field(default=3848, ge=0, le=65_535, description="Port the API listens on; 0 takes any free one.")
    data: Folder = Field(description="Folder of the database; one daemon a folder.")
    runtime: Folder = Field(description="Folder of the Unix socket and the hook spool.")
    kinds: Folder = Field(description="Folder of your own kinds of agents, one TOML file each.")
    node: Annotated[str, AfterValidator(_node)] = Field(
        default="localhost", description="Name of this machine among several."
    )
    bus: Annotated[str, AfterValidator(_bus)] = Field(
        default="local", description="local, or the Redis that joins several nodes."
    )
    tmux_socket: Socket = Field(
        default="outrider", description="tmux server for new agents: a name as for tmux -L, or a path."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least grave log line written."
    )
    watch: tuple[Socket, ...] = Field(
        (), description="Other tmux servers whose sessions may be adopted, such as default."
    )
    watch_sessions: tuple[str, ...] = Field(
        default=("*",), description="Patterns of session names looked at on those servers."
    )
    watch_adopt: bool = Field(default=True, description="Adopt agents recognised there without being asked.")
    monitor: Monitor = Monitor()
    commands: Commands = Commands()
    http: Http = Http()
    retention: Retention = Retention()
    stuck: Stuck = Stuck()
    spawn: Spawn


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as it is documented: dotted `name`, its default as text, its help, the variable that sets it."""

    name: str
    default: str
    help: str
    variable: str
    is_list: bool
    is_path: bool


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


# Defaults that depend on the environment, as the documentation shows them.
PLACES: Mapping[str, str] = {
    "data": "~/.local/share/outrider",
    "runtime": "$XDG_RUNTIME_DIR/outrider/<hash of data>, else <data>/run",
    "kinds": "~/.config/outrider/agents",
    "node": "this machine's host name",
    "spawn.worktrees": "<data>/worktrees",
}


def environment() -> dict[str, str]:
    """A copy of this process's environment."""
    return dict(os.environ)


def rows(section: type[BaseModel] = Settings, prefix: str = "") -> Iterator[Row]:
    """Every setting, in the order of the documentation."""
    for name, info in section.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from rows(inner, f"{prefix}{name}.")
        else:
            yield _row(prefix + name, info)


def _row(name: str, info: FieldInfo) -> Row:
    is_list = isinstance(info.default, tuple)
    default = PLACES.get(name) or (", ".join(info.default) if is_list else str(info.default).lower())
    variable = PREFIX + name.replace(".", "__").upper()
    return Row(name, default, info.description or "", variable, is_list, info.annotation is Path)


def load(flags: Mapping[str, object], environ: Mapping[str, str]) -> Loaded:
    """Defaults, then the file, then the environment, then the flags (by dotted row name, or `config`; None is unset).

    BadSetting names the place, the key and what would be right.
    """
    table = {row.name: row for row in rows()}
    home = Path(environ.get("HOME") or Path.home())
    config = _config_path(flags, environ, home)
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
        for name, value, line in _from_file(config, table):
            yield name, value, f"{config}:{line}" if line else str(config), config.parent
    for row in table.values():
        text = environ.get(row.variable)
        if text or (text is not None and row.is_list):
            items: object = [item.strip() for item in text.split(",") if item.strip()] if row.is_list else text
            yield row.name, items, f"environment {row.variable}", Path.cwd()
    for name, value in flags.items():
        if name != "config" and value is not None:
            if name not in table:
                raise BadSetting(f"There is no setting {name!r}.{_nearest(name, table)}")
            yield name, value, f"flag --{name.replace('_', '-')}", Path.cwd()


def _config_path(flags: Mapping[str, object], environ: Mapping[str, str], home: Path) -> Path | None:
    asked = flags.get("config") or environ.get("OUTRIDER_CONFIG")
    if asked is None or asked == "":
        usual = _xdg(environ, "XDG_CONFIG_HOME", home / ".config") / "outrider" / "config.toml"
        return usual if usual.is_file() else None
    path = Path(str(_paths(str(asked), home, Path.cwd())))
    if not path.is_file():
        raise BadSetting(f"There is no config file {path}; make it, or leave out --config and OUTRIDER_CONFIG.")
    return path


def _from_file(path: Path, table: Mapping[str, Row]) -> Iterator[tuple[str, object, int]]:
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is not TOML: {error}.") from error
    for name, value in _leaves(tree, table, ""):
        line = _line(text, name)
        if name not in table:
            where = f"{path}:{line}" if line else str(path)
            raise BadSetting(f"{where}: there is no setting {name!r}.{_nearest(name, table)}")
        yield name, value, line


def _leaves(tree: Mapping[str, object], table: Mapping[str, Row], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in tree.items():
        name = prefix + key
        if isinstance(value, dict) and any(row.startswith(f"{name}.") for row in table):
            yield from _leaves(value, table, f"{name}.")
        else:
            yield name, value


def _line(text: str, name: str) -> int:
    """The line where a key is set, 0 where it is written in a way that this does not follow."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            section = header[1].replace(" ", "") + "."
            if section == f"{name}.":
                return number
        elif (key := re.match(r"""\s*([\w."'-]+)\s*=""", line)) and section + re.sub(r"[\"']", "", key[1]) == name:
            return number
    return 0


def _nearest(name: str, table: Mapping[str, Row]) -> str:
    close = difflib.get_close_matches(name, table, 1, 0.5)
    if not close:
        last = {row.rpartition(".")[2]: row for row in table}
        close = [last[key] for key in difflib.get_close_matches(name.rpartition(".")[2], last, 1, 0.6)]
    return f" Did you mean {close[0]!r}?" if close else " outrider config lists them all."


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
        ("node", re.sub(r"[^A-Za-z0-9._-]", "-", platform.node())[:63].strip("-._") or "localhost"),
        ("spawn.worktrees", data / "worktrees"),
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
    return f"{origins.get(name, 'settings')}: {name} = {first['input']!r} {why}."
