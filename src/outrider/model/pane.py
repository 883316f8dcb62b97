"""What a terminal shows: panes, their screens, and what a look at a whole tmux server found."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PaneRef:
    """A pane's identity. Names change and ids are reused by the next server, so all three are needed.

    `server` is the tmux socket's name (as for `tmux -L`) or its absolute path; `started` tells one run of the
    tmux server from the next, 0 where none is known yet, and `pane` is tmux's pane id (`%3`).
    """

    server: str
    started: int
    pane: str


@dataclass(frozen=True, slots=True)
class Pane:
    """One pane as `list-panes` tells it, sizes in cells.

    `pid` is the process tmux started in it; `command` the foreground program's name; `generation` the token of the spawn
    that made it, empty for a pane we did not make. `dead` panes stay because of remain-on-exit: `exit_status` is then the
    program's exit code, or 128 + the signal that ended it. `in_mode` is copy mode or another tmux mode.
    """

    ref: PaneRef
    session: str
    pid: int
    command: str
    title: str
    path: str
    width: int
    height: int
    cursor_x: int
    cursor_y: int
    alternate: bool = False
    in_mode: bool = False
    dead: bool = False
    exit_status: int | None = None
    generation: str = ""
    clients: int = 0
    """How many clients are attached to its session, ours not counted."""
    touched_s: int = 0
    """When a key was last pressed at a client of its session, or one was attached: Unix s of the tmux server's machine, 0 where unknown."""
    piped: bool = False
    """Whether tmux gives its output to a program, as `pipe-pane` has it; there is one such program a pane."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The visible rows of a pane, top to bottom, trailing blanks cut, exactly `pane.height` of them.

    `styled` holds the same rows with their SGR escape sequences where the look asked for them, else it is empty.
    `taken_ms` is when tmux was asked.
    """

    pane: Pane
    rows: tuple[str, ...]
    taken_ms: int
    styled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look at one tmux server: every pane there is, and the screens of those captured that changed.

    `looked` names every pane whose screen was captured, changed or not: what is in `looked` and not in `screens` stands
    as it stood. A pane missing from `panes` is gone.
    """

    server: str
    at_ms: int
    panes: tuple[Pane, ...]
    screens: tuple[Screen, ...] = ()
    looked: frozenset[PaneRef] = frozenset()


@dataclass(frozen=True, slots=True)
class Away:
    """A tmux server could not be looked at: unknown, not dead. `gone` is true where its socket has no server at all."""

    server: str
    at_ms: int
    why: str
    gone: bool = False


Sight = Sweep | Away


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start in a new tmux session: `argv` as a list, never a shell string.

    `env` is set on top of the tmux server's own environment, then the names in `unset` are removed from it.
    """

    session: str
    argv: tuple[str, ...]
    workdir: str
    generation: str
    env: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    width: int = 120
    height: int = 40


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms something is typed; looking whether they hold, and typing, is one step of tmux.

    Only while `program` is in front, where one is named, and no person has pressed a key in a later second than `touched_s` (as of
    Pane). `trace`, if there is one, is left with the pane in the same step. `modeless` says of keys that they are for the program, so that
    they are not pressed in copy mode either; texts never are. `before` are keys that are pressed right in front, in the same step.
    """

    program: str = ""
    touched_s: int | None = None
    trace: str = ""
    modeless: bool = False
    before: tuple[str, ...] = ()


ANY = Terms()


@dataclass(frozen=True, slots=True)
class Picture:
    """A pane as it is at one moment, for a terminal of `width` by `height` cells that was reset: `data` draws it, history first.

    Behind it come the bytes that the pane's program has written since, none missing and none twice.
    """

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing more will be seen of the pane, and why: a sentence. `lagged` where its reader was too slow."""

    why: str
    lagged: bool = False


Glimpse = Picture | bytes | Over
"""What a viewer of a pane gets, in order; Over comes last."""
