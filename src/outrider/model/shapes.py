"""The shapes of JSON that Outrider shows, named once: for the routes, the OpenAPI document, the client and the command line.

Times are Unix milliseconds (UTC), ages milliseconds, `..._s` seconds.
"""

from typing import NotRequired

# Pydantic accepts only this TypedDict before Python 3.12.
from typing_extensions import TypedDict


class DetailJSON(TypedDict, total=False):
    """What exactly an agent is doing or waiting for; only what a source said is there."""

    tool: str
    command: str
    file: str
    question: str
    options: list[str]
    error: str
    retrying: bool
    resets_at: int
    reason: str
    message: str


class CountersJSON(TypedDict):
    """What an agent has done since it was spawned or adopted."""

    files_read: int
    files_written: int
    files_edited: int
    commands: int
    tests: int
    errors: int
    thinking_s: float
    tokens: int
    cost_usd: float


class PaneJSON(TypedDict):
    """Where an agent lives: the tmux server's socket name (or path), and the pane's id there."""

    server: str
    pane: str


class EvidenceJSON(TypedDict):
    """One source's word on an agent: who spoke, by which rule, the text it was read from, and how old that is."""

    source: str
    state: str
    rule: str
    text: str
    at: int
    age_ms: int


class RejectedJSON(EvidenceJSON):
    """A source's word that did not decide, and why not, in a sentence."""

    why: str


class DiffSizeJSON(TypedDict):
    """How much was changed in an agent's worktree when it last came to rest; uncommitted and untracked files included."""

    files: int
    insertions: int
    deletions: int


class AgentJSON(TypedDict):
    """One agent as it is known now. `progress` is 0–100, or null where nothing says so.

    `away` is there where its node is away: since when (Unix ms) nothing is known of it.
    """

    id: str
    session: str
    node: str
    kind: str
    state: str
    progress: float | None
    progress_source: str
    spec_problem: str | None
    alive: bool
    exit_status: int | None
    since: int
    confidence: str
    detail: DetailJSON
    model: str | None
    workdir: str
    created: int
    changed: int
    ended: int | None
    auto: str | None
    policy: str | None
    branch: str | None
    worktree: str | None
    sandbox: str | None
    unapplied: list[str]
    spawned: bool
    spec: str | None
    pid: int | None
    version: str | None
    agent_session: str | None
    stuck: dict[str, float]
    port: int | None
    diff: DiffSizeJSON | None
    keep: bool
    cleanup: int | None
    recording: bool
    tmux: PaneJSON
    counters: CountersJSON
    away: NotRequired[int]
    evidence: NotRequired[list[EvidenceJSON]]


class ProgressItemJSON(TypedDict):
    """One thing to do. `number` is for ticking it; `line` is where it stands in the spec, 0 on an agent's own list; `depth` is how
    many items it is a part of.
    """

    number: int
    text: str
    done: bool
    line: int
    weight: float
    phase: str | None
    depth: int


class ProgressJSON(TypedDict):
    """How far an agent is. `history` has pairs of a time and the progress then; `eta_ms` is when it will be done at the pace so far."""

    session: str
    progress: float | None
    source: str
    done: int
    total: int
    items: list[ProgressItemJSON]
    history: list[tuple[int, float | None]]
    eta_ms: int | None
    problem: str | None


class WhyJSON(TypedDict):
    """What an agent is doing, what says so, what said otherwise and was not believed, and what cannot be heard of it."""

    session: str
    state: str
    alive: bool
    exit_status: int | None
    since: int
    confidence: str
    detail: DetailJSON
    evidence: list[EvidenceJSON]
    rejected: list[RejectedJSON]
    unheard: list[str]


class AttemptJSON(TypedDict):
    """One try at typing a command. `stage` is how far it got; `proof` says how the outcome is known."""

    number: int
    stage: str
    started: int
    ended: int | None
    outcome: str | None
    proof: str | None
    screen: str | None


class CommandJSON(TypedDict):
    """A text for an agent, on its way to being typed exactly once. `jobId` is `id` under its older name; `waits` says what a queued
    one waits for now, and is null where that is not known or nothing. `as_of` is there where another node has it that cannot be asked
    now: when this was known of it (Unix ms)."""

    id: str
    jobId: str
    session: str
    command: str
    status: str
    actor: str
    when: str
    form: str
    priority: int
    created: int
    changed: int
    not_before: int | None
    expires: int | None
    error: str | None
    waits: str | None
    attempts: list[AttemptJSON]
    as_of: NotRequired[int]


class OptionJSON(TypedDict):
    """One thing that can be answered: by its `label`, or by its `number` in the dialog, from 1. `text` means that it wants words."""

    number: int
    label: str
    key: str | None
    text: bool
    checked: bool | None


class PartRulingJSON(TypedDict):
    """What a policy said to one program of a command; `where` is `file:line` of the rule."""

    verdict: str
    rule: str
    where: str
    part: str
    reason: str


class RulingJSON(TypedDict):
    """What a policy said: allow, ask or deny, by which rule, and to each part of a command."""

    policy: str
    verdict: str
    rule: str
    where: str
    part: str
    reason: str
    parts: list[PartRulingJSON]


class ApprovalJSON(TypedDict):
    """A dialog of an agent that waits, or waited, for an answer. `way` is how the answer reached the agent: hook or keys."""

    id: str
    session: str
    status: str
    kind: str
    question: str
    tool: str | None
    command: str | None
    file: str | None
    diff: str | None
    options: list[OptionJSON]
    asked: int
    changed: int
    answer: str | None
    by: str | None
    reason: str | None
    rule: str | None
    way: str | None
    note: str | None
    ruling: RulingJSON | None


class KindJSON(TypedDict):
    """One kind of agent: what starts it, which version its rules were recorded on, the file it comes from."""

    name: str
    label: str
    version: str
    argv: list[str]
    install: str
    channel: str
    origin: str
