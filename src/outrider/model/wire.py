"""The model as JSON: what HTTP, WebSocket and `--json` show of it, and under which names.

Comes in: frozen dataclasses of the model. Goes out: dictionaries of plain JSON values whose shapes are named here, once, for
the OpenAPI document too. Times are Unix milliseconds (UTC), ages milliseconds, `…_s` seconds. Not shown on purpose: the
generation token of a spawn (it authenticates hooks) and the environment and arguments that a spawn was given (secrets).
"""

import json
from collections.abc import Iterable, Mapping
from typing import NotRequired, cast

# Pydantic accepts only this TypedDict before Python 3.12.
from typing_extensions import TypedDict

from outrider.model.agent import Agent, Counters
from outrider.model.audit import AuditRow
from outrider.model.command import Attempt, Command
from outrider.model.event import Event
from outrider.model.kind import Kind
from outrider.model.state import Detail, Reading, Rejected, Verdict


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


class AgentJSON(TypedDict):
    """One agent as it is known now. `progress` is 0–100, or null where nothing says so."""

    id: str
    session: str
    node: str
    kind: str
    state: str
    progress: float | None
    progress_source: str
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
    branch: str | None
    worktree: str | None
    spawned: bool
    spec: str | None
    pid: int | None
    version: str | None
    agent_session: str | None
    tmux: PaneJSON
    counters: CountersJSON
    evidence: NotRequired[list[EvidenceJSON]]


class WhyJSON(TypedDict):
    """What an agent is doing, what says so, and what said otherwise and was not believed."""

    session: str
    state: str
    alive: bool
    exit_status: int | None
    since: int
    confidence: str
    detail: DetailJSON
    evidence: list[EvidenceJSON]
    rejected: list[RejectedJSON]


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
    """A text for an agent, on its way to being typed exactly once. `jobId` is `id` under its older name."""

    id: str
    jobId: str
    session: str
    command: str
    status: str
    actor: str
    when: str
    priority: int
    created: int
    changed: int
    not_before: int | None
    expires: int | None
    error: str | None
    attempts: list[AttemptJSON]


class AuditJSON(TypedDict):
    """Who had what done to an agent, when."""

    at: int
    actor: str
    action: str
    session: str
    data: dict[str, object]


class KindJSON(TypedDict):
    """One kind of agent: what starts it, which version its rules were recorded on, the file it comes from."""

    name: str
    label: str
    version: str
    argv: list[str]
    install: str
    channel: str
    origin: str


# What goes by another name or in another unit outside; every other field of Detail keeps its own.
_DETAIL_NAMES: Mapping[str, str] = {"resets_at_ms": "resets_at"}
_DETAIL_FIELDS = tuple(Detail.__dataclass_fields__)


def detail_json(detail: Detail) -> DetailJSON:
    """Only the fields that a source set; false is a value, nothing is not."""
    shown: dict[str, object] = {}
    for name in _DETAIL_FIELDS:
        value = getattr(detail, name)
        if value is not None and value != ():
            shown[_DETAIL_NAMES.get(name, name)] = list(value) if isinstance(value, tuple) else value
    return cast("DetailJSON", shown)  # a test holds the names of the two together


def counters_json(counters: Counters) -> CountersJSON:
    """The counters, thinking time in seconds."""
    return {
        "files_read": counters.files_read,
        "files_written": counters.files_written,
        "files_edited": counters.files_edited,
        "commands": counters.commands,
        "tests": counters.tests,
        "errors": counters.errors,
        "thinking_s": counters.thinking_ms / 1000,
        "tokens": counters.tokens,
        "cost_usd": counters.cost_usd,
    }


def evidence_json(reading: Reading, now: int) -> EvidenceJSON:
    """One reading, with its age at `now` (Unix ms), never negative."""
    return {
        "source": reading.source,
        "state": reading.state,
        "rule": reading.rule,
        "text": reading.text,
        "at": reading.at_ms,
        "age_ms": max(0, now - reading.at_ms),
    }


def _rejected_json(rejected: Rejected, now: int) -> RejectedJSON:
    return {**evidence_json(rejected.reading, now), "why": rejected.why}


def agent_json(agent: Agent) -> AgentJSON:
    """The agent without its evidence, so that it says the same whenever it is asked for while nothing changes."""
    verdict = agent.verdict
    return {
        "id": agent.id,
        "session": agent.session,
        "node": agent.node,
        "kind": agent.kind,
        "state": verdict.state,
        "progress": agent.progress,
        "progress_source": agent.progress_source,
        "alive": verdict.alive,
        "exit_status": verdict.exit_status,
        "since": verdict.since_ms,
        "confidence": verdict.confidence,
        "detail": detail_json(verdict.detail),
        "model": agent.model,
        "workdir": agent.workdir,
        "created": agent.created_ms,
        "changed": agent.changed_ms,
        "ended": agent.ended_ms,
        "auto": agent.auto,
        "branch": agent.branch,
        "worktree": agent.worktree,
        "spawned": agent.spawned,
        "spec": agent.spec,
        "pid": agent.pid,
        "version": agent.version,
        "agent_session": agent.agent_session,
        "tmux": {"server": agent.ref.server, "pane": agent.ref.pane},
        "counters": counters_json(agent.counters),
    }


def agent_full_json(agent: Agent, now: int) -> AgentJSON:
    """The agent with the evidence for its state, aged at `now` (Unix ms)."""
    return {**agent_json(agent), "evidence": [evidence_json(reading, now) for reading in agent.verdict.evidence]}


def why_json(session: str, verdict: Verdict, now: int) -> WhyJSON:
    """The verdict with everything that spoke for and against it, aged at `now` (Unix ms)."""
    return {
        "session": session,
        "state": verdict.state,
        "alive": verdict.alive,
        "exit_status": verdict.exit_status,
        "since": verdict.since_ms,
        "confidence": verdict.confidence,
        "detail": detail_json(verdict.detail),
        "evidence": [evidence_json(reading, now) for reading in verdict.evidence],
        "rejected": [_rejected_json(rejected, now) for rejected in verdict.rejected],
    }


def _attempt_json(attempt: Attempt) -> AttemptJSON:
    return {
        "number": attempt.number,
        "stage": attempt.stage,
        "started": attempt.started_ms,
        "ended": attempt.ended_ms,
        "outcome": attempt.outcome,
        "proof": attempt.proof,
        "screen": attempt.screen,
    }


def command_json(command: Command) -> CommandJSON:
    """The command with its attempts, oldest first."""
    return {
        "id": command.id,
        "jobId": command.id,
        "session": command.session,
        "command": command.text,
        "status": command.status,
        "actor": command.actor,
        "when": command.when,
        "priority": command.priority,
        "created": command.created_ms,
        "changed": command.changed_ms,
        "not_before": command.not_before_ms,
        "expires": command.expires_ms,
        "error": command.error,
        "attempts": [_attempt_json(attempt) for attempt in command.attempts],
    }


def audit_json(row: AuditRow) -> AuditJSON:
    """One line of the audit."""
    return {"at": row.at_ms, "actor": row.actor, "action": row.action, "session": row.session, "data": dict(row.data)}


def kind_json(kind: Kind) -> KindJSON:
    """The kind without its rules."""
    return {
        "name": kind.name,
        "label": kind.label,
        "version": kind.version,
        "argv": list(kind.launch.argv),
        "install": kind.launch.install,
        "channel": kind.channel,
        "origin": kind.origin,
    }


def event_json(event: Event) -> dict[str, object]:
    """The common fields first, then the event's own; an own field never hides a common one."""
    common: dict[str, object] = {
        "seq": event.seq,
        "event": event.fact.name,
        "type": event.fact.name,
        "timestamp": event.fact.at_ms,
        "node": event.node,
        "session": event.fact.session,
    }
    return {**common, **event.fact.data, **common}


def text(value: object) -> str:
    """The value as one line of JSON that can always be sent as UTF-8; ValueError for NaN and infinities.

    Screens may hold halves of surrogate pairs (bytes that were no UTF-8); those go out escaped, or one odd byte in a pane
    would end every connection that shows it.
    """
    line = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return line


def event_text(event: Event) -> str:
    """The event as every reader gets it, encoded."""
    return text(event_json(event))


def array(texts: Iterable[str]) -> str:
    """A JSON array of values that are encoded already."""
    return f"[{','.join(texts)}]"
