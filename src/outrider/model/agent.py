"""An agent: a program in one tmux pane that Outrider spawned or adopted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from outrider.model.pane import PaneRef
from outrider.model.progress import Todo, TranscriptMark
from outrider.model.state import Verdict


@dataclass(frozen=True, slots=True)
class Counters:
    """What an agent has done since it was spawned or adopted; from its own channels where it tells, never from scrollback."""

    files_read: int = 0
    files_written: int = 0
    files_edited: int = 0
    commands: int = 0
    tests: int = 0
    errors: int = 0
    thinking_ms: int = 0
    tokens: int = 0
    cost_usd: float = 0.0


NO_COUNTERS = Counters()


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as it is known now; `id` is its own for ever, `session` is its address on this node.

    `generation` is the token of the spawn, checked on every hook event; adopted agents have an empty one. `argv` is what was
    started; `extra` and `env` are what the request added to the kind's own, as `restart` does again. `progress` is 0–100, or
    None where nothing says so (`progress_source` is then `none`).
    """

    id: str
    session: str
    node: str
    kind: str
    ref: PaneRef
    workdir: str
    verdict: Verdict
    spawned: bool
    created_ms: int
    changed_ms: int
    generation: str = ""
    model: str | None = None
    auto: str | None = None
    spec: str | None = None
    policy: str | None = None
    """The policy that decides for it: a preset's name, or the absolute path of a file."""
    argv: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    pid: int | None = None
    agent_session: str | None = None
    """The agent's own id of its conversation, where it told one."""
    speaker: int | None = None
    """The process (its id where it runs) whose hook calls are its word, where others may have the same hooks."""
    version: str | None = None
    worktree: str | None = None
    branch: str | None = None
    sandbox: str | None = None
    """`network` or `no-network` where it runs in a sandbox."""
    unapplied: tuple[str, ...] = ()
    """What was asked of its isolation and could not be applied, in sentences."""
    progress: float | None = None
    progress_source: str = "none"
    counters: Counters = NO_COUNTERS
    ended_ms: int | None = None
    heard: tuple[int, str] | None = None
    """The last prompt it said that it took in, and when (ms): proof for a command whose daemon ended before it was kept."""
    done: int = 0
    total: int = 0
    """How many items the progress is read from, and how many of them are done; 0 of 0 where nothing says so."""
    list_seen: tuple[str, int, int] | None = None
    """The list of tasks that was found when it joined: its name, empty for none, items done and items in all."""
    list_live: bool = False
    """Whether a list that was found has changed since: only then its open items are the agent's."""
    stuck: Mapping[str, float] = field(default_factory=dict)
    """Thresholds of its own, as `logic.stuck.Thresholds` names them, that go before those of its kind."""
    spec_problem: str | None = None
    """Why the spec cannot be read now, a sentence; the progress is then the last good one."""
    todo: tuple[Todo, ...] = ()
    """The agent's own list of what it has to do, where it tells one."""
    transcript: TranscriptMark | None = None
    port: int | None = None
    """The first port of its own block."""
    files: int = 0
    insertions: int = 0
    deletions: int = 0
    """What was changed in its worktree when it last came to rest: files and lines."""
    keep: bool = False
    """Held back from every cleanup, by a person."""
    cleanup_ms: int | None = None
    """When it will be ended and archived by itself, as was announced."""
    nudges: int = 0
    nudged_done: int = 0
    """How often it was told to go on since it had so many items done."""
    restarts: tuple[int, ...] = ()
    """When (ms) it, or the one in whose place it stands, was started again by itself."""
    recording: bool = False
    """Whether what its pane shows is to be recorded."""
    taken: tuple[str, ...] = ()
    """Hook calls that are in the counters and may still lie in the spool: told again, they are not counted again."""


@dataclass(frozen=True, slots=True)
class SpawnRequest:
    """What a person asks for when an agent is to be started; everything unset takes the kind's or the settings' default.

    `auto` is a policy preset's name or `yolo`; `policy` is a preset's name or a file, and implies `auto`. `prompt` is delivered as
    the first command. `worktree` is a branch name, or empty for one made from the session's name; None for none;
    `base` is the commit that a new branch begins at. `sandbox` is
    `network`, `no-network` or `off`; None for the setting's; so for `recording`. `conversation` is
    the id of a conversation of the agent's own that it goes on with. `extra` are arguments for the agent itself.
    """

    session: str
    workdir: str
    kind: str = "claude"
    model: str | None = None
    auto: str | None = None
    prompt: str | None = None
    worktree: str | None = None
    base: str | None = None
    sandbox: str | None = None
    conversation: str | None = None
    spec: str | None = None
    policy: str | None = None
    stuck: Mapping[str, float] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    recording: bool | None = None
    width: int = 120
    height: int = 40
