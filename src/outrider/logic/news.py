"""What is news between two verdicts: the facts that everybody is told."""

from collections.abc import Mapping

from outrider.model.event import EventName, Fact
from outrider.model.state import NO_DETAIL, Detail, State, Verdict

NEWS: Mapping[State, EventName] = {
    State.ERROR: EventName.AGENT_ERROR,
    State.COMPLETE: EventName.AGENT_COMPLETE,
    State.WAITING: EventName.AGENT_WAITING,
    State.STUCK: EventName.AGENT_STUCK,
}

# What turns come to. In the same state since later than before, it is what another one came to that nobody saw.
ENDS = (State.COMPLETE, State.ERROR)
# Somebody looked something up in the agent, and went back to where it was.
PASSING = ("menu", "overlay")


def transitions(session: str, before: Verdict | None, after: Verdict, now_ms: int) -> tuple[Fact, ...]:
    """What is news between two verdicts on one agent, in the order in which it is told."""
    facts: list[Fact] = []
    changed = before is None or before.state is not after.state
    if changed:
        previous = before.state.value if before is not None else None
        data = {"state": after.state.value, "prevState": previous, "detail": plain(after.detail)}
        facts.append(Fact(EventName.STATE_CHANGE, session, now_ms, data))
        name = NEWS.get(after.state)
        if name is not None and not _again(before, after):
            facts.append(Fact(name, session, now_ms, _told(name, after, now_ms)))
    elif before is not None and after.alive and after.state in ENDS and after.since_ms > before.since_ms:
        facts.append(Fact(NEWS[after.state], session, now_ms, _told(NEWS[after.state], after, now_ms)))
    elif before is not None and after.state is State.WAITING and _another(before.detail, after.detail):
        facts.append(Fact(EventName.AGENT_WAITING, session, now_ms, _told(EventName.AGENT_WAITING, after, now_ms)))
    if (before is None or before.alive) and not after.alive:
        reason = {"exitStatus": after.exit_status, "reason": after.detail.reason, "message": after.detail.message}
        facts.append(Fact(EventName.AGENT_EXITED, session, now_ms, reason))
    return tuple(facts)


def _again(before: Verdict | None, after: Verdict) -> bool:
    """Whether it only is again in a state that it was in before and that was told then: after being stuck, or after a menu."""
    if before is None:
        return False
    if before.state is State.IDLE and after.state is State.COMPLETE:
        return before.detail.reason in PASSING
    return before.state is State.STUCK and after.since_ms <= before.since_ms


def plain(detail: Detail) -> dict[str, object]:
    """The fields of a detail that are set, as JSON has them."""
    if detail == NO_DETAIL:
        return {}
    said: dict[str, object] = {
        "tool": detail.tool,
        "command": detail.command,
        "file": detail.file,
        "question": detail.question,
        "options": list(detail.options) or None,
        "error": detail.error.value if detail.error else None,
        "retrying": detail.retrying,
        "resets_at": detail.resets_at_ms,
        "reason": detail.reason,
        "message": detail.message,
    }
    return {name: value for name, value in said.items() if value is not None}


def _told(name: EventName, after: Verdict, now_ms: int) -> dict[str, object]:
    if name is EventName.AGENT_STUCK:
        return {"reason": after.detail.reason, "idleTime": max(0, now_ms - after.since_ms)}
    return {"detail": plain(after.detail)}


def _another(before: Detail, after: Detail) -> bool:
    """Whether another dialog stands there than before. One that is told by a hook and then seen is the same one, told better."""
    told = ((before.command, after.command), (before.tool, after.tool), (before.file, after.file))
    if any(mine and other and not _same(mine, other) for mine, other in told):
        return True
    if not before.options or not after.options:
        return False
    return before.options != after.options or not _same(before.question or "", after.question or "")


def _same(one: str, other: str) -> bool:
    """Whether two texts are one, as far as a screen that wraps and cuts shows them."""
    short, long = sorted(("".join(text.split()).rstrip("…") for text in (one, other)), key=len)
    return long.startswith(short)
