"""Which source is believed: the words of all of them, with their ages, become one reading.

In comes the last word of every source; out comes the one that decides, and why each of the others did not. The table
`PRECEDENCE` is the policy, in this order; each row says when it speaks and why it stands where it stands. The process
comes before all of it: `tracker` knows whether the agent is there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from outrider.logic.words import Words
from outrider.model.state import BUSY, COARSE, Coarse, Reading, Rejected, Source, State

CALM = (Coarse.IDLE,)
# A screen is behind the transcript's end of a turn by less than this.
OUTLIVED_MS = 3000
# What ends a turn without the agent's own word: a hook's older word does not undo it.
UNSAID = ("interrupted", "background")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the policy: `pick` gives the reading that decides where the row applies."""

    id: str
    pick: Callable[[Words], Reading | None]
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The reading that decides (None: nobody says anything), the row that chose it, what agrees and what was rejected."""

    reading: Reading | None
    row: str
    agreeing: tuple[Reading, ...]
    rejected: tuple[Rejected, ...]


def fuse(words: Words) -> Decision:
    """Whom to believe."""
    chosen, row = None, None
    for row in PRECEDENCE:
        chosen = row.pick(words)
        if chosen is not None:
            break
    if chosen is None or row is None:
        return Decision(None, "", (), ())
    others = [
        each
        for each in (
            *(words.front, words.hook, words.session, words.transcript, words.announced, words.title),
            *(*words.screen[:3], words.typed, words.motion),
        )
        if each is not None and (each.source, each.rule) != (chosen.source, chosen.rule)
    ]
    coarse = COARSE[chosen.state]
    agreeing = tuple(each for each in others if COARSE[each.state] is coarse)
    rejected = tuple(Rejected(each, _why_not(each, row)) for each in others if COARSE[each.state] is not coarse)
    return Decision(chosen, row.id, agreeing, rejected)


def outlive(words: Words, reading: Reading) -> None:
    """Forgets a transcript's word on a turn's end, where the agent was seen at work long after it: another turn began."""
    told = words.transcript
    if (
        told is not None
        and told.state not in BUSY
        and reading.state in BUSY
        and reading.at_ms > told.at_ms + OUTLIVED_MS
    ):
        words.transcript = None


def _why_not(reading: Reading, row: Row) -> str:
    if row.id == "screen" and reading.source is Source.SCREEN:
        return f"screen says {reading.state.value} too, by a rule that counts less than the one that was believed."
    return f"{reading.source.value} says {reading.state.value}, but {row.why}."


def _front(words: Words) -> Reading | None:
    if words.front is None:
        return None
    asked = words.seen
    if asked is not None and asked.state is State.WAITING:
        return asked
    return next((each for each in words.screen if each.state in BUSY), words.front)


def _typed(words: Words) -> Reading | None:
    return words.typed


def _untold(words: Words) -> Reading | None:
    """What no hook tells, and what was not on the screen when the last one spoke: an answer's text, a retry, an interruption."""
    hook, seen, behind = words.hook, words.seen, words.behind
    if hook is None or seen is None or seen.at_ms <= hook.at_ms:
        return None
    if behind is not None and (seen.rule, seen.text) == (behind.rule, behind.text):
        return None
    if seen.detail.retrying or seen.detail.reason == "interrupted":
        return seen
    if hook.state is State.THINKING and behind is not None and behind.state is State.THINKING:
        # Its busy line came and went, and the title goes on: an agent that streams without a mark of it.
        title = words.title
        if title is not None and title.state in BUSY and COARSE[seen.state] is Coarse.IDLE:
            return title
    text = seen.state is State.WORKING and seen.detail.tool is None and seen.detail.command is None
    return seen if text and hook.state is State.THINKING else None


def _hook_ahead(words: Words) -> Reading | None:
    return words.hook if words.hook_ahead else None


def _dialog(words: Words) -> Reading | None:
    seen, hook = words.seen, words.hook
    if seen is None or seen.state is not State.WAITING:
        return None
    if words.hook_unseen:
        return None
    same = hook is not None and hook.state is State.WAITING and hook.detail.command is not None
    return hook if same and seen.detail.options == () else seen


def _retrying(words: Words) -> Reading | None:
    seen = words.seen
    return seen if seen is not None and seen.state is State.ERROR and seen.detail.retrying else None


def _retry_told(words: Words) -> Reading | None:
    """A failed request of an agent whose screen goes on showing that it thinks."""
    told, seen = words.transcript, words.seen
    if told is None or not told.detail.retrying or not words.retry_fresh or _spoke_since(words, told):
        return None
    return told if seen is not None and seen.state is State.THINKING else None


def _spoke_since(words: Words, told: Reading) -> bool:
    return words.hook is not None and words.hook.at_ms > told.at_ms


def _tool(words: Words) -> Reading | None:
    hook, seen = words.doing, words.seen
    if hook is None or seen is None or hook.state not in BUSY or seen.state not in BUSY:
        return None
    return hook if hook.detail.tool is not None or hook.detail.command is not None else None


def _screen_busy(words: Words) -> Reading | None:
    seen = words.seen
    return seen if seen is not None and seen.state in BUSY else None


def _session_ahead(words: Words) -> Reading | None:
    session = words.session
    if session is None or not words.session_unseen or session.state is State.WAITING:
        return None
    return session


def _announced(words: Words) -> Reading | None:
    """What it announces where the screen shows nothing of it: work without a mark, a dialog that no rule reads."""
    announced, seen, hook = words.announced, words.seen, words.doing
    if announced is None or not words.announced_fresh or COARSE[announced.state] not in (Coarse.BUSY, Coarse.WAITING):
        return None
    if seen is not None and COARSE[seen.state] not in (*CALM, Coarse.STARTING):
        return None
    if announced.state not in BUSY:
        return announced
    if hook is not None and hook.state in BUSY and hook.state is not State.THINKING:
        return hook
    # A turn that has just begun waits for the model, which its screen will show; one that shows nothing by then streams its answer.
    return replace(announced, state=State.THINKING) if words.turn_begins else announced


def _title_busy(words: Words) -> Reading | None:
    title, seen, hook = words.title, words.seen, words.doing
    if title is None or title.state not in BUSY or not words.title_fresh:
        return None
    if seen is not None and COARSE[seen.state] not in (*CALM, Coarse.STARTING):
        return None
    # Its word that the model's turn has come is old by now: what streams without a mark on the screen is an answer.
    return hook if hook is not None and hook.state in BUSY and hook.state is not State.THINKING else title


def _turn_end(words: Words) -> Reading | None:
    hook, seen = words.hook, words.seen
    if hook is None or hook.state not in (State.COMPLETE, State.ERROR) or seen is None:
        return None
    if seen.detail.reason in UNSAID or COARSE[seen.state] is not Coarse.IDLE:
        return None
    return hook


def _end_told(words: Words) -> Reading | None:
    """How a turn ended that fires no hook at its end, from the transcript; also what a failure on the screen was, more exactly."""
    told, seen = words.transcript, words.seen
    if told is None or seen is None or told.state in BUSY or told.detail.retrying or _spoke_since(words, told):
        return None
    if seen.state is State.ERROR and not seen.detail.retrying:
        return told if told.state is State.ERROR and told.detail.error is not None else None
    if COARSE[seen.state] is not Coarse.IDLE or (seen.detail.reason in UNSAID and told.state is not State.IDLE):
        return None
    return told


def _moving(words: Words) -> Reading | None:
    motion, seen = words.motion, words.seen
    if motion is None or motion.state not in BUSY:
        return None
    return motion if seen is not None and COARSE[seen.state] in (*CALM, Coarse.STARTING) else None


def _screen(words: Words) -> Reading | None:
    return words.seen


def _hook(words: Words) -> Reading | None:
    return words.hook


def _session(words: Words) -> Reading | None:
    return words.session


def _announced_last(words: Words) -> Reading | None:
    return words.announced if words.announced_fresh else None


def _title(words: Words) -> Reading | None:
    return words.title if words.title_fresh else None


def _motion(words: Words) -> Reading | None:
    return words.motion


PRECEDENCE: tuple[Row, ...] = (
    Row("front", _front, "another program stands in front of the shell"),
    Row("dialog", _dialog, "a dialog that waits for an answer stands on the screen"),
    Row("untold", _untold, "the screen has since come to show what no hook tells"),
    Row("hook-ahead", _hook_ahead, "the agent itself said so, and the screen has not had the time to show it"),
    Row("typed", _typed, "a prompt was just submitted and nothing has answered it yet"),
    Row("retrying", _retrying, "it retries a failed request; title and session file call that busy"),
    Row("retry-told", _retry_told, "its transcript tells of a request that failed just now and is tried again"),
    Row("tool", _tool, "the agent itself named the tool it runs, and the screen shows it busy"),
    Row("screen-busy", _screen_busy, "the screen shows it at work; a title or file that says otherwise is late"),
    Row("session-ahead", _session_ahead, "its session file is newer than the last look at the screen"),
    Row("announced", _announced, "it announces otherwise in its output, and a calm screen may be a silent stream"),
    Row("title-busy", _title_busy, "its title is that of work going on; a calm screen may be a silent stream"),
    Row("turn-end", _turn_end, "the agent itself said how the turn ended, and the screen shows it ended"),
    Row("end-told", _end_told, "its transcript says how the turn ended, and the screen shows it ended"),
    Row("moving", _moving, "its screen keeps changing, and its rules are a guess"),
    Row("screen", _screen, "the screen shows otherwise, and Esc or an answered dialog fires no hook"),
    Row("hook", _hook, "nothing on the screen contradicts the agent's own word"),
    Row("session", _session, "nothing on the screen contradicts the agent's session file"),
    Row("announcement", _announced_last, "nothing on the screen contradicts what it announced in its output"),
    Row("title", _title, "nothing but the title speaks"),
    Row("motion", _motion, "nothing but the screen's movement speaks"),
)
