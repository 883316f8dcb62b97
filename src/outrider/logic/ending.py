"""How an agent ended: its verdict once its process is gone.

Exit status 0: it keeps what its last turn came to (work that was under way is then complete). Another status: it crashed. Where
the status is not known (it left a living shell, its pane was closed) or it was told to go, work under way was cut off: not complete.
"""

from dataclasses import dataclass, replace

from outrider.model.state import (
    BUSY,
    NO_DETAIL,
    Confidence,
    Detail,
    ErrorClass,
    Reading,
    Source,
    State,
    Verdict,
)

KEPT = (State.IDLE, State.COMPLETE, State.ERROR)


@dataclass(frozen=True, slots=True)
class Ending:
    """That it ended, when (ms) it was noticed, and how. `reason` is `exited`, `left` (a shell stands in its place) or `gone`
    (ended by us, or with its pane).
    """

    reason: str
    at_ms: int
    status: int | None
    why: str


def exited(at_ms: int, status: int | None, leaving: str) -> Ending:
    """Its program ended: by itself, or because it was told to go, for the reason `leaving`."""
    return Ending("gone" if leaving else "exited", at_ms, status, leaving or "its program ended")


def ended(ending: Ending, last: Verdict | None, now_ms: int) -> Verdict:
    """The verdict on an agent that is not alive; the same one for as long as the ending stays the same."""
    if last is not None and not last.alive and last.exit_status == ending.status:
        return last
    state, detail = _outcome(ending, last)
    reading = Reading(Source.PROCESS, state, f"process:{ending.reason}", ending.why[:200], ending.at_ms, detail)
    return Verdict(
        state=state,
        alive=False,
        since_ms=min(ending.at_ms, now_ms),
        confidence=Confidence.HIGH,
        exit_status=ending.status,
        detail=detail,
        evidence=(reading,),
    )


def _outcome(ending: Ending, last: Verdict | None) -> tuple[State, Detail]:
    if ending.status and ending.reason != "gone":
        message = f"It ended with exit status {ending.status}."
        return State.ERROR, Detail(error=ErrorClass.CRASH, retrying=False, reason=ending.reason, message=message)
    state = last.state if last is not None else State.IDLE
    detail = replace(last.detail if last is not None and state in KEPT else NO_DETAIL, reason=ending.reason)
    if state in KEPT:
        return state, replace(detail, message=detail.message or ending.why)
    done = ending.status == 0 and ending.reason == "exited" and state in BUSY
    return State.COMPLETE if done else State.IDLE, replace(detail, message=ending.why)
