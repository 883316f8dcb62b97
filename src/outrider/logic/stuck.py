"""Stuck: should be moving and isn't. The history of an agent becomes a reason, or none.

Reasons in order: what nobody but a person can end comes first (the agent left, a limit, a login, a question), then what
went wrong by itself. An agent that is idle with nothing asked of it is not stuck, and neither is a test run that a
living process works on in silence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from types import MappingProxyType

from outrider.errors import InvalidInput
from outrider.model.state import BUSY, NO_DETAIL, ErrorClass, State, Verdict


@dataclass(frozen=True, slots=True)
class Thresholds:
    """After how many seconds each reason holds; `looping` is a number of repetitions, `testing` the time for silent tests."""

    frozen: float = 300
    testing: float = 3600
    command: float = 1800
    compaction: float = 900
    idle_unfinished: float = 300
    unanswered: float = 600
    unsubmitted: float = 120
    limited: float = 60
    auth: float = 60
    shell: float = 5
    looping: int = 5


DEFAULT = Thresholds()


def checked(own: Mapping[str, float]) -> Mapping[str, float]:
    """An agent's own thresholds; InvalidInput where one has no such name or is no patience."""
    known = [field.name for field in fields(Thresholds)]
    for name, value in own.items():
        if name not in known:
            raise InvalidInput(
                f"stuck: there is no threshold {name!r}; known: {', '.join(known)}.", detail={"field": "stuck"}
            )
        if not 0 < value < float("inf") or (name == "looping" and (value < 2 or value != int(value))):
            want = "a whole number from 2" if name == "looping" else "a number of seconds above 0"
            raise InvalidInput(f"stuck: {name} must be {want}, not {value:g}.", detail={"field": "stuck"})
    return own


@dataclass(frozen=True, slots=True)
class History:
    """What is known of an agent over time; times in Unix ms.

    `moved_ms` is the last change of its screen or its channels (the seconds of a spinner's clock are none). `draft_ms` is since when
    an unchanged text has stood in its composer, `typing` that a person was seen at it or one of our commands is on its way.
    `unfinished` says that a spec is bound and has open items. `running` says that a process below the agent works on `command`.
    `recent` are its last commands and errors, oldest first. `shell_ms` is since when a shell has stood in the agent's place.
    """

    verdict: Verdict
    now_ms: int
    moved_ms: int
    draft_ms: int | None = None
    typing: bool = False
    unfinished: bool = False
    running: bool = False
    recent: tuple[str, ...] = ()
    shell_ms: int | None = None


_LIMITS = frozenset({ErrorClass.USAGE_LIMIT, ErrorClass.RATE_LIMIT})
_LOGIN = frozenset({ErrorClass.AUTH, ErrorClass.BILLING})


def reason(history: History, thresholds: Thresholds = DEFAULT) -> str | None:
    """Why the agent is stuck (`detail.reason` of the state `stuck`), None where it is not; judged on the state beneath `stuck`."""
    return next((name for name, holds in REASONS.items() if holds(history, thresholds)), None)


def beneath(verdict: Verdict) -> Verdict:
    """The verdict on which an agent was found stuck, as well as the evidence tells; any other verdict as it is."""
    if verdict.state is not State.STUCK:
        return verdict
    if not verdict.evidence:
        return replace(verdict, state=State.IDLE, detail=NO_DETAIL)
    return replace(verdict, state=verdict.evidence[0].state, detail=verdict.evidence[0].detail)


def overlaid(verdict: Verdict, why: str, since_ms: int) -> Verdict:
    """The verdict on an agent that is stuck for that reason since then; what else is known of it stays."""
    detail = replace(verdict.detail, reason=why, message=verdict.detail.message or SENTENCES[why])
    return replace(verdict, state=State.STUCK, since_ms=since_ms, detail=detail)


def since(history: History, why: str) -> int:
    """The moment (ms) from which that reason counts: when the agent stopped being as it should."""
    match why:
        case "shell" if history.shell_ms is not None:
            return history.shell_ms
        case "unsubmitted" if history.draft_ms is not None:
            return history.draft_ms
        case "frozen" | "idle_unfinished":
            return max(history.moved_ms, history.verdict.since_ms)
        case _:
            return history.verdict.since_ms


def _shell(history: History, thresholds: Thresholds) -> bool:
    return history.shell_ms is not None and _passed(history, history.shell_ms, thresholds.shell)


def _limited(history: History, thresholds: Thresholds) -> bool:
    """A limit that is over by the time it named is only waited for as long as any error."""
    detail = history.verdict.detail
    if not _failed(history) or detail.error not in _LIMITS:
        return False
    if detail.error is ErrorClass.RATE_LIMIT and detail.retrying and detail.resets_at_ms is None:
        return False
    return _passed(history, history.verdict.since_ms, thresholds.limited)


def _auth(history: History, thresholds: Thresholds) -> bool:
    login = _failed(history) and history.verdict.detail.error in _LOGIN
    return login and _passed(history, history.verdict.since_ms, thresholds.auth)


def _unanswered(history: History, thresholds: Thresholds) -> bool:
    waiting = _is(history, State.WAITING) and not history.typing
    return waiting and _passed(history, history.verdict.since_ms, thresholds.unanswered)


def _looping(history: History, thresholds: Thresholds) -> bool:
    """The same thing, or the same two in turn, as often as the threshold says."""
    if not history.verdict.alive or history.verdict.state not in BUSY or thresholds.looping < 2:
        return False
    last = history.recent[-thresholds.looping :]
    if len(last) == thresholds.looping and len(set(last)) == 1:
        return True
    pairs = history.recent[-2 * thresholds.looping :]
    return (
        len(pairs) == 2 * thresholds.looping
        and len(set(pairs)) == 2
        and all(one != other for one, other in pairwise(pairs))
    )


def _frozen(history: History, thresholds: Thresholds) -> bool:
    if not history.verdict.alive or history.verdict.state not in BUSY | {State.INITIALIZING}:
        return False
    since = max(history.moved_ms, history.verdict.since_ms)
    return _passed(history, since, _patience(history, thresholds))


def _patience(history: History, thresholds: Thresholds) -> float:
    """How long silence is in order: longer for what is known to be under way."""
    detail = history.verdict.detail
    if detail.reason == "compacting":
        return max(thresholds.compaction, thresholds.frozen)
    if not history.running or not detail.command:
        return thresholds.frozen
    if history.verdict.state is State.TESTING:
        return max(thresholds.testing, thresholds.frozen)
    return max(thresholds.command, thresholds.frozen)


def _unsubmitted(history: History, thresholds: Thresholds) -> bool:
    if history.draft_ms is None or history.typing or not history.verdict.alive:
        return False
    at_prompt = history.verdict.state in {State.IDLE, State.COMPLETE}
    return at_prompt and _passed(history, history.draft_ms, thresholds.unsubmitted)


def _idle_unfinished(history: History, thresholds: Thresholds) -> bool:
    """What runs on in the background will wake the agent by itself."""
    if not history.unfinished or history.typing:
        return False
    idle = _is(history, State.IDLE) and history.verdict.detail.reason != "background"
    return idle and _passed(history, max(history.verdict.since_ms, history.moved_ms), thresholds.idle_unfinished)


def _is(history: History, state: State) -> bool:
    return history.verdict.alive and history.verdict.state is state


def _failed(history: History) -> bool:
    return _is(history, State.ERROR)


def _passed(history: History, since_ms: int, seconds: float) -> bool:
    return history.now_ms - since_ms >= seconds * 1000


# Order is policy: the first that holds is told.
REASONS: Mapping[str, Callable[[History, Thresholds], bool]] = MappingProxyType(
    {
        "shell": _shell,
        "limited": _limited,
        "auth": _auth,
        "unanswered": _unanswered,
        "looping": _looping,
        "frozen": _frozen,
        "unsubmitted": _unsubmitted,
        "idle_unfinished": _idle_unfinished,
    }
)

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "shell": "The agent left, and a shell stands in its place.",
        "limited": "It has reached a limit and waits.",
        "auth": "It cannot log in, or its account has no credit.",
        "unanswered": "It asks something, and nobody answers.",
        "looping": "It does the same again and again.",
        "frozen": "It says that it is busy, and nothing of it moves.",
        "unsubmitted": "A text stands in its composer that nobody sent.",
        "idle_unfinished": "It rests, and its spec has open items.",
    }
)
