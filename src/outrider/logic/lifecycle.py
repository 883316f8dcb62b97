"""What is done for agents by itself: ended and archived when nobody needs them, started again, told to go on.

Each question gets an agent, the policy and the time, and answers with a deed or with nothing. All is off unless it is set, and all has a
budget. What a person does comes first: what is held back, looked at or written into is never ended.
"""

from dataclasses import dataclass
from enum import StrEnum

from outrider.model.agent import Agent
from outrider.model.state import ErrorClass, State

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations in ms; `complete_ms` and `exited_ms` are None, `restarts` and `nudges` 0 where that is off."""

    complete_ms: int | None = None
    exited_ms: int | None = None
    notice_ms: int = 0
    restarts: int = 0
    restart_ms: int = 10_000
    nudges: int = 0


class Deed(StrEnum):
    """What a look at an agent's cleanup comes to."""

    ANNOUNCE = "announce"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"


def due_ms(agent: Agent, policy: Policy) -> int | None:
    """From when on an agent may be archived; None for one that is not to be. Adopted sessions are a person's own."""
    if not agent.spawned or agent.keep:
        return None
    if agent.ended_ms is not None:
        return None if policy.exited_ms is None else agent.ended_ms + policy.exited_ms
    if agent.verdict.state is not State.COMPLETE or policy.complete_ms is None:
        return None
    return agent.verdict.since_ms + policy.complete_ms


def cleanup(agent: Agent, policy: Policy, now_ms: int) -> tuple[Deed, int] | None:
    """The deed that is due, with the moment (ms) for which it is announced; whether a person is at it is for the caller to see."""
    due = due_ms(agent, policy)
    if due is None:
        return None if agent.cleanup_ms is None else (Deed.WITHDRAW, now_ms)
    if agent.cleanup_ms is None:
        return (Deed.ANNOUNCE, max(due, now_ms + policy.notice_ms)) if now_ms >= due - policy.notice_ms else None
    if agent.cleanup_ms < due:  # it was at work in between
        return (Deed.WITHDRAW, now_ms)
    return (Deed.ARCHIVE, agent.cleanup_ms) if now_ms >= agent.cleanup_ms else None


def nudged(agent: Agent) -> int:
    """How many nudges of its budget are spent: those since its last item got done."""
    return agent.nudges if agent.done <= agent.nudged_done else 0


def nudge(agent: Agent, policy: Policy, *, outstanding: int) -> bool:
    """Whether it is to be told to go on now: it rests though its spec has open items, and nothing else waits for it."""
    verdict = agent.verdict
    rests = verdict.alive and verdict.state is State.STUCK and verdict.detail.reason == "idle_unfinished"
    return rests and not outstanding and nudged(agent) < policy.nudges


def restart(agent: Agent, policy: Policy, now_ms: int) -> bool:
    """Whether it is to be started again now: it crashed, and its budget of the last hour is not spent."""
    crashed = agent.spawned and agent.ended_ms is not None and agent.verdict.detail.error is ErrorClass.CRASH
    recent = [at for at in agent.restarts if now_ms - at < HOUR_MS]
    if not crashed or agent.ended_ms is None or len(recent) >= policy.restarts:
        return False
    return now_ms - agent.ended_ms >= policy.restart_ms << len(recent)
