"""When a command may be typed, what is typed, and what the screen says about it afterwards.

In comes what was seen (a verdict, the composer, what the agent said it took in), out comes what to do next. Nothing is done
here: `supervisor.lane` looks, types and writes down, and asks this module in between. The rule above all: a key is pressed
only where it is known what it will do, and a text that may have been submitted is never typed again.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from outrider.logic import composer, keys
from outrider.logic.composer import ComposerView
from outrider.model.command import Form, When
from outrider.model.kind import Typing
from outrider.model.pane import Pane
from outrider.model.state import BUSY, State, Verdict

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
BLANKS = re.compile(r"\s+")
TAKEN = "The agent said that it took the text in."
GIVEN_BACK = "The prompt before it stood in the composer again, as the agent was interrupted before it answered that; it was taken out."
LEFT = "The text was seen in the composer and then seen gone."


class Gate(StrEnum):
    """Whether a command may go in now."""

    GO = "go"
    CLEAR = "clear"
    ASIDE = "aside"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Admission:
    """The gate's answer; `why` is a sentence for a person, empty where it is open.

    CLEAR: what stands in the composer is a text of ours that the agent put back there; it is to be emptied first. ASIDE: a person's
    draft stands there; it may be taken out, and must be put back.
    """

    gate: Gate
    why: str = ""


OPEN = Admission(Gate.GO)
DRAFT = Admission(Gate.WAIT, "Somebody's draft stands in the composer.")
ASIDE = Admission(Gate.ASIDE, DRAFT.why)
TYPING = Admission(Gate.WAIT, "Somebody is typing at a terminal that shows the agent.")
HIDDEN = Admission(Gate.WAIT, "No composer is seen on the screen, although the agent is at rest.")
RESTS = frozenset({State.IDLE, State.COMPLETE, State.ERROR})
# tmux tells whole seconds. Programs draw late what is typed: OpenCode on a busy machine after half a second.
TYPING_S = 2
# What a program may take for the beginning of a command, a shell line, a file or a note: its composer is then another.
MODES = ("/", "!", "@", "#", "?")


class Next(StrEnum):
    """What to do about a text that was, or may have been, typed."""

    TYPE = "type"
    ENTER = "enter"
    WATCH = "watch"
    SENT = "sent"
    UNCERTAIN = "uncertain"


def admit(
    verdict: Verdict,
    view: ComposerView | None,
    typing: Typing,
    when: When,
    *,
    ready: bool,
    pane: Pane | None,
    now_ms: int,
    ours: str | None,
    form: Form = Form.TEXT,
    typed_ms: int | None = None,
) -> Admission:
    """May a command go in now? `view` is the composer just looked at, in `pane`; `ours` the text that was last sent to this agent,
    `typed_ms` when a person last pressed a key by way of us."""
    gate = _admit(verdict, view, typing, when, form, ready=ready, in_mode=pane is not None and pane.in_mode, ours=ours)
    return TYPING if gate.gate in (Gate.GO, Gate.CLEAR, Gate.ASIDE) and is_attended(pane, now_ms, typed_ms) else gate


def is_attended(pane: Pane | None, now_ms: int, typed_ms: int | None = None) -> bool:
    """Whether a person pressed a key at a terminal that shows this pane a moment ago, or by way of us at `typed_ms`: what it was may
    not be drawn yet."""
    if typed_ms is not None and 0 <= now_ms - typed_ms < TYPING_S * 1000:
        return True
    return pane is not None and pane.clients > 0 and now_ms // 1000 - pane.touched_s < TYPING_S


def _admit(
    verdict: Verdict,
    view: ComposerView | None,
    typing: Typing,
    when: When,
    form: Form,
    *,
    ready: bool,
    in_mode: bool,
    ours: str | None,
) -> Admission:
    if not verdict.alive:
        return Admission(Gate.REFUSE, "The agent is not running.")
    if in_mode:
        return Admission(Gate.WAIT, "The pane is in copy mode.")
    if verdict.state is State.WAITING:
        return Admission(Gate.WAIT, "The agent shows a dialog that waits for an answer.")
    if view is None and form is Form.KEYS and verdict.state in (State.IDLE, State.COMPLETE):
        return OPEN  # a help page or the like: keys are what leaves it
    if view is None:
        return HIDDEN if verdict.state in RESTS else Admission(Gate.WAIT, "No composer is seen on the screen.")
    queueing = when is When.NOW and typing.queues and verdict.state in BUSY
    own = ours is not None and composer.holds(view, guarded(typing, ours))
    if not ready and not queueing:
        # Over a draft some are not stopped by what interrupts them (Qwen Code 0.15): then it is the draft that is waited for.
        unstopped = when is When.INTERRUPT and verdict.state in BUSY and not view.empty and not own
        return DRAFT if unstopped else Admission(Gate.WAIT, f"The agent is {verdict.state.value}, not ready for text.")
    if view.empty:
        return OPEN
    if own:
        return Admission(Gate.CLEAR, "The agent put the last prompt back into its composer.")
    return ASIDE if when is When.INTERRUPT and _whole(view, typing) else DRAFT


def _whole(view: ComposerView, typing: Typing) -> bool:
    """Whether all of the draft is seen, so that it can be put back as it was."""
    return view.rows <= typing.draft_rows and not view.pasted and not view.text.startswith(MODES)


def refusal(text: str, typing: Typing, form: Form = Form.TEXT) -> str | None:
    """Why a command cannot be given at all, or not to that kind, or None. Tabs and newlines are text; other control bytes are keys."""
    if form is Form.KEYS:
        return _no_keys(text)
    if form is Form.SLASH and (not text.startswith("/") or "\n" in unified(text).rstrip("\n")):
        return "A slash command begins with / and is one line, such as /compact. Send other texts as text."
    if not text.strip():
        return "The command is empty: send the text that the agent is to read."
    found = CONTROL.search(unified(text))
    if found is None:
        refused = typing.refused if form is Form.TEXT else ()
        return next((each.why for each in refused if each.pattern.search(unified(text))), None)
    place = text[: found.start()].count("\n") + 1
    return (
        f"The command has the control character U+{ord(found.group()):04X} in line {place}; it would be a key press, not text. "
        "Remove it, or press keys with the keys call."
    )


def _no_keys(text: str) -> str | None:
    unknown = next((name for name in text.split() if not keys.known(name)), None)
    if not text.split():
        return "No key is named. Name keys with blanks between them, such as: Escape Up C-u."
    if unknown is not None:
        return (
            f"{unknown!r} is no key of tmux. Name keys such as Enter, Escape, Up, F5, C-u, M-x; a text is sent as text."
        )
    return None


def unified(text: str) -> str:
    """The text with every line end as a newline: a carriage return would submit the line (traps of send-keys and paste)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def guarded(typing: Typing, text: str, form: Form = Form.TEXT) -> str:
    """What is really typed: the text, with a blank where its first or last character would be taken as a command, if it is none."""
    text = unified(text).rstrip("\n")
    if form is Form.SLASH:
        return text
    if typing.tab_blanks:
        text = text.replace("\t", " " * typing.tab_blanks)
    if text.startswith(typing.guard_leading) and typing.guard_leading:
        text = " " + text
    if typing.guard_backslash and text.endswith("\\"):
        text += " "
    return text


def same(text: str, prompt: str) -> bool:
    """Whether the prompt that an agent says it took in is this text; agents trim it, rewrite tabs, and compose characters (NFC)."""
    return _spaced(text) == _spaced(prompt)


def _spaced(text: str) -> str:
    return BLANKS.sub(" ", unicodedata.normalize("NFC", unified(text))).strip()


def confirmed(text: str, prompts: Iterable[tuple[int, str]], since_ms: int) -> bool:
    """Whether one of the prompts that the agent took in since then is this text."""
    return any(at_ms >= since_ms and same(text, prompt) for at_ms, prompt in prompts)


def otherwise(typing: Typing, text: str, prompts: Iterable[tuple[int, str]], since_ms: int) -> str | None:
    """A prompt that the agent took in since then and that is not this text: what came of the two cannot be told apart."""
    if any(each.pattern.search(unified(text)) for each in typing.altered):
        return None
    return next((prompt for at_ms, prompt in prompts if at_ms >= since_ms and not same(text, prompt)), None)


def proof(typing: Typing, text: str, prompts: Iterable[tuple[int, str]], since_ms: int) -> str:
    """How it is known that a text was submitted, and what became of its blanks, in sentences."""
    prompt = next((said for at_ms, said in prompts if at_ms >= since_ms and same(text, said)), None)
    known = LEFT if prompt is None else TAKEN
    if typing.tab_blanks and "\t" in text:
        return f"{known} Each of its tabs became {typing.tab_blanks} blanks, as this program has it."
    altered = [each.why for each in typing.altered if each.pattern.search(unified(text))]
    if altered:
        return " ".join([known, *altered])
    if prompt is not None and prompt.strip() != unified(text).strip():
        return f"{known} It has other blanks in it than were sent, or its characters composed."
    return known


def after_typing(
    view: ComposerView | None,
    typed: str,
    *,
    taken: bool,
    stood: bool,
    at_rest: bool,
    patient: bool,
    attended: bool = False,
) -> Next:
    """The text was put into the composer, and Enter not pressed: does it stand there, and nothing else?

    `stood`: something was seen there since. `at_rest`: the agent tells what it takes in, and has not been seen at work since. Then a
    composer that is empty again was emptied by a person: TYPE, as nothing was submitted. `taken`: somebody else pressed Enter.
    `attended`: somebody is typing, and what they type may not be drawn yet.
    """
    if taken:
        return Next.SENT
    if view is not None and composer.holds(view, typed):
        return Next.WATCH if attended and patient else Next.ENTER
    if patient:
        return Next.WATCH
    return Next.TYPE if stood and at_rest and view is not None and view.empty else Next.UNCERTAIN


def after_enter(
    view: ComposerView | None,
    typed: str,
    *,
    taken: bool,
    tells: bool,
    at_work: bool,
    patient: bool,
    otherwise: bool = False,
) -> Next:
    """Enter was pressed on a text seen in the composer. Only while the text still stands there is Enter pressed again.

    `at_work`: a screen taken since shows the agent busy, so the composer is gone because what stood in it is being done. `tells`: the
    agent tells what it takes in; where it did not, and does not work either, a person may have emptied the composer. `otherwise`: it
    is known of another text that it was taken in, so that its work proves nothing of this one.
    """
    if taken:
        return Next.SENT
    at_work = at_work and not otherwise
    if view is None:
        # Else a dialog or a picker covers the composer: the text may be behind it, so one may only look.
        return Next.WATCH if patient else Next.SENT if at_work else Next.UNCERTAIN
    if composer.holds(view, typed):
        return Next.ENTER
    if view.empty:
        return Next.WATCH if patient else Next.UNCERTAIN if (tells or otherwise) and not at_work else Next.SENT
    return Next.WATCH if patient else Next.UNCERTAIN


def after_crash(view: ComposerView | None, typed: str, *, taken: bool, at_work: bool) -> Next:
    """An attempt was cut off when Enter was pressed, or may have been. `at_work`: a screen taken since it began shows the agent busy."""
    if taken:
        return Next.SENT
    if view is None:
        return Next.WATCH
    if composer.holds(view, typed):
        return Next.ENTER
    return Next.SENT if view.empty and at_work else Next.UNCERTAIN
