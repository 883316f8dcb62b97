"""The model as JSON: what HTTP, WebSocket and `--json` show of it, and under which names.

Comes in: frozen dataclasses of the model. Goes out: dictionaries of plain JSON values in the shapes of `model.shapes`, which go by
this name too. Times are Unix milliseconds (UTC), ages milliseconds, `…_s` seconds. Not shown on purpose: the
generation token of a spawn (it authenticates hooks) and the environment and arguments that a spawn was given (secrets).
"""

import json
from collections.abc import Iterable, Mapping
from typing import cast

from outrider.model.agent import Agent, Counters
from outrider.model.approval_wire import approval_json
from outrider.model.command import Attempt, Command
from outrider.model.event import Event
from outrider.model.kind import Kind
from outrider.model.progress import ProgressReport
from outrider.model.shapes import (
    AgentJSON,
    ApprovalJSON,
    AttemptJSON,
    CommandJSON,
    CountersJSON,
    DetailJSON,
    DiffSizeJSON,
    EvidenceJSON,
    KindJSON,
    OptionJSON,
    PaneJSON,
    ProgressJSON,
    RejectedJSON,
    WhyJSON,
)
from outrider.model.state import Detail, Reading, Rejected, Verdict

__all__ = [
    "AgentJSON",
    "ApprovalJSON",
    "AttemptJSON",
    "CommandJSON",
    "CountersJSON",
    "DetailJSON",
    "EvidenceJSON",
    "KindJSON",
    "OptionJSON",
    "PaneJSON",
    "ProgressJSON",
    "RejectedJSON",
    "WhyJSON",
    "agent_full_json",
    "agent_json",
    "approval_json",
    "array",
    "command_json",
    "counters_json",
    "detail_json",
    "event_json",
    "event_text",
    "evidence_json",
    "kind_json",
    "progress_json",
    "text",
    "why_json",
]

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
        "spec_problem": agent.spec_problem,
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
        "policy": agent.policy,
        "branch": agent.branch,
        "worktree": agent.worktree,
        "sandbox": agent.sandbox,
        "unapplied": list(agent.unapplied),
        "spawned": agent.spawned,
        "spec": agent.spec,
        "pid": agent.pid,
        "version": agent.version,
        "agent_session": agent.agent_session,
        "stuck": dict(agent.stuck),
        "port": agent.port,
        "diff": _diff_size(agent),
        "keep": agent.keep,
        "cleanup": agent.cleanup_ms,
        "recording": agent.recording,
        "tmux": {"server": agent.ref.server, "pane": agent.ref.pane},
        "counters": counters_json(agent.counters),
    }


def _diff_size(agent: Agent) -> DiffSizeJSON | None:
    if agent.worktree is None:
        return None
    return {"files": agent.files, "insertions": agent.insertions, "deletions": agent.deletions}


def agent_full_json(agent: Agent, now: int) -> AgentJSON:
    """The agent with the evidence for its state, aged at `now` (Unix ms)."""
    return {**agent_json(agent), "evidence": [evidence_json(reading, now) for reading in agent.verdict.evidence]}


def progress_json(session: str, report: ProgressReport) -> ProgressJSON:
    """How far the agent of that session is."""
    return {
        "session": session,
        "progress": report.progress,
        "source": report.source,
        "done": report.done,
        "total": report.total,
        "items": [
            {
                "number": item.number,
                "text": item.text,
                "done": item.done,
                "line": item.line,
                "weight": item.weight,
                "phase": item.phase,
                "depth": item.depth,
            }
            for item in report.items
        ],
        "history": [(sample.at_ms, sample.progress) for sample in report.history],
        "eta_ms": report.eta_ms,
        "problem": report.problem,
    }


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
        "unheard": list(verdict.unheard),
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
        "form": command.form,
        "priority": command.priority,
        "created": command.created_ms,
        "changed": command.changed_ms,
        "not_before": command.not_before_ms,
        "expires": command.expires_ms,
        "error": command.error,
        "waits": command.waits,
        "attempts": [_attempt_json(attempt) for attempt in command.attempts],
    }


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
