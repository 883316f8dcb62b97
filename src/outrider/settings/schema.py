"""Every setting as a row: its name, its default, its help, and what its value may be.

A row is found by its dotted name (`monitor.cpu_budget`), in the file under `[monitor]`, in the environment as
`OUTRIDER_MONITOR__CPU_BUDGET`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic.fields import FieldInfo

from outrider.settings.fleet import Fleet, Redis
from outrider.settings.keeping import Recordings, Retention
from outrider.settings.lifecycle import Cleanup, Ending, Recovery, Service
from outrider.settings.section import Count, Positive, Seconds, Section

PREFIX = "OUTRIDER_"


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
        raise ValueError(
            "should be local, or the address of one Redis: redis://host:6379/0, rediss://… or unix:///path; "
            "those of Sentinels and Clusters are not supported"
        )
    return value


def _below(value: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in value:
        if not pattern or pattern.startswith("/") or ".." in Path(pattern).parts:
            raise ValueError("should be paths or patterns below the checkout's root")
        if not Path(pattern).parts:
            raise ValueError("should name files in the checkout, not the whole of it")
        if any("**" in part and part != "**" for part in Path(pattern).parts):
            raise ValueError(f"{pattern!r} should have ** between slashes only, as in **/*.env")
    return value


def _folder(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("should be a path")
    return value


Socket = Annotated[str, AfterValidator(_socket)]
Folder = Annotated[Path, AfterValidator(_folder)]


class Monitor(Section):
    """How often agents' screens are looked at."""

    cpu_budget: float = Field(
        default=0.07,
        gt=0,
        le=1,
        description="Share of one core that watching may cost; what moves is looked at every 300 ms even so.",
    )
    busy_ms: int = Field(default=100, ge=10, le=60_000, description="Milliseconds between looks at a pane that moves.")
    quiet_ms: int = Field(
        default=1000, ge=10, le=60_000, description="Milliseconds between looks at a pane that stands still."
    )
    tap: bool = Field(
        default=True,
        description="Read what Codex announces in its raw output, by a tmux pipe of each of its panes that has none.",
    )
    doubt_s: Seconds = Field(
        default=180.0,
        description="Seconds that agents of a new version are read before it may be told that they are hard to read.",
    )


class Commands(Section):
    """How commands are typed into agents."""

    per_agent_per_s: Positive = Field(default=2, description="Commands a second that one agent is given at most.")
    per_node_per_s: Positive = Field(default=10, description="Commands a second that are typed on this node at most.")
    max_bytes: Count = Field(default=131_072, description="Longest text of one command, in bytes of UTF-8.")
    attempts: Count = Field(default=3, description="Tries of a command that failed before its first key.")
    draft_wait_s: Seconds = Field(
        default=600.0,
        description="Seconds that a command waits for a person's draft to go, or for a hidden composer; then it fails.",
    )
    backoff_s: Seconds = Field(default=2.0, description="Seconds before the second try; doubled for each further one.")
    blank_secrets: bool = Field(
        default=False,
        description="Blank what looks like a key or password in the journal, and in the stored command once it has ended.",
    )
    depth: Count = Field(default=1000, description="Commands that may wait for one agent; more are refused.")


class Approvals(Section):
    """How dialogs of agents are answered."""

    hook_wait_s: float = Field(
        default=8.0,
        ge=0,
        le=300,
        description="Seconds that a permission hook waits for an answer before only keys can give it; 0 for never.",
    )


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


def _quiet(value: str) -> str:
    if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("should be two times of day such as 22:00-07:00, or empty")
    return value


class Alerts(Section):
    """When people are told; 0 for never. Rules that were edited in the dashboard or over the API stand in place of these."""

    stuck_minutes: Seconds = Field(default=10, description="Minutes that an agent may be stuck.")
    waiting_minutes: Seconds = Field(default=15, description="Minutes that a question may wait for a person.")
    errors_per_hour: Seconds = Field(default=5, description="Times an hour that an agent may come to be in error.")
    stalled_minutes: Seconds = Field(default=60, description="Minutes that an agent's progress may stand still.")
    cost_usd: Seconds = Field(default=0, description="US dollars that an agent may cost.")
    node_away_minutes: Seconds = Field(default=2, description="Minutes that a tmux server or another node may be away.")
    low_disk_mb: Seconds = Field(default=500, description="Megabytes that should be free on the disk of the database.")
    quiet: Annotated[str, AfterValidator(_quiet)] = Field(
        default="", description="Hours in which no alert fires, such as 22:00-07:00; empty for none."
    )


class Progress(Section):
    """How it is known how far an agent is."""

    find: bool = Field(
        default=True, description="Look for a file of tasks where an agent works, if none was named by --spec."
    )


class Stuck(Section):
    """When an agent that should move counts as stuck; a kind's file may have thresholds of its own."""

    frozen_s: Positive = Field(
        default=300, description="Seconds that an agent may say it is busy while nothing changes."
    )
    testing_s: Positive = Field(default=3600, description="Seconds that a test run may be silent while it runs.")
    command_s: Positive = Field(default=1800, description="Seconds that another command may be silent while it runs.")
    compaction_s: Positive = Field(default=900, description="Seconds that a compaction may take in silence.")
    idle_unfinished_s: Positive = Field(
        default=300, description="Seconds that an agent may be idle while its spec has open items."
    )
    unanswered_s: Positive = Field(default=600, description="Seconds that a question may wait for a person.")
    unsubmitted_s: Positive = Field(
        default=120, description="Seconds that a text which no person types may stand in the composer."
    )
    limited_s: Positive = Field(default=60, description="Seconds after which a limit that was reached counts.")
    auth_s: Positive = Field(default=60, description="Seconds after which a failed login counts.")
    shell_s: Positive = Field(default=5, description="Seconds that a shell may stand in an agent's place.")
    looping: int = Field(
        default=5, ge=2, description="Repetitions of the same deed, one after the other, that count as going round."
    )


class Spawn(Section):
    """How new agents are started."""

    width: int = Field(default=120, ge=20, le=1000, description="Columns of a new agent's pane.")
    height: int = Field(default=40, ge=5, le=1000, description="Rows of a new agent's pane.")
    worktrees: Folder = Field(description="Folder for git work trees that are made for agents.")
    copy_files: Annotated[tuple[str, ...], AfterValidator(_below)] = Field(
        default=(),
        description="Patterns of files that a new worktree gets from the checkout besides git's, such as .env.",
    )
    setup: tuple[str, ...] = Field(
        default=(), description="Lines that sh runs in a new worktree before its agent starts."
    )
    setup_s: Positive = Field(default=300, description="Seconds that one of these lines may take.")
    ports_from: int = Field(
        default=42_000,
        ge=0,
        le=65_000,
        description="First port of the blocks that agents get of their own; 0 for none.",
    )
    ports_each: int = Field(default=10, ge=1, le=1000, description="Ports of one agent's block.")


class Sandbox(Section):
    """What an agent in a sandbox is held to."""

    default: Literal["off", "network", "no-network"] = Field(
        default="off",
        description="Whether agents run in a sandbox that do not say so at spawn, and with the network or without.",
    )
    memory_mb: int = Field(default=0, ge=0, description="MB of memory that one may use; 0 for no limit.")
    cpu_percent: int = Field(default=0, ge=0, description="Percent of one core that one may use; 0 for no limit.")
    processes: int = Field(default=0, ge=0, description="Processes and threads that one may have; 0 for no limit.")


class Settings(Section):
    """Everything that can be set. `load` makes it; the paths have no default here because they depend on who runs it."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address the API listens on.")
    port: int = Field(default=3848, ge=0, le=65_535, description="Port the API listens on; 0 takes any free one.")
    data: Folder = Field(description="Folder of the database; one daemon a folder.")
    runtime: Folder = Field(description="Folder of the Unix socket and the hook spool.")
    kinds: Folder = Field(description="Folder of your own kinds of agents, one TOML file each.")
    notify: Folder = Field(description="File that says who is told what, and by which ways out.")
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
    approvals: Approvals = Approvals()
    http: Http = Http()
    retention: Retention = Retention()
    recordings: Recordings = Recordings()
    alerts: Alerts = Alerts()
    progress: Progress = Progress()
    stuck: Stuck = Stuck()
    spawn: Spawn
    ending: Ending = Ending()
    cleanup: Cleanup = Cleanup()
    recovery: Recovery = Recovery()
    sandbox: Sandbox = Sandbox()
    fleet: Fleet
    redis: Redis = Redis()
    service: Service = Service()


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as it is documented: dotted `name`, its default as text, its help, the variable that sets it."""

    name: str
    default: str
    help: str
    variable: str
    is_list: bool
    is_path: bool


# Defaults that depend on the environment, as the documentation shows them.
PLACES: Mapping[str, str] = {
    "data": "~/.local/share/outrider",
    "runtime": "$XDG_RUNTIME_DIR/outrider/<hash of data>, else <data>/run",
    "kinds": "~/.config/outrider/agents",
    "notify": "~/.config/outrider/notify.toml",
    "node": "this machine's host name",
    "spawn.worktrees": "<data>/worktrees",
    "fleet.key_file": "<data>/fleet.key",
}


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
