"""Answers: which option is meant, and by which keys it is chosen.

In comes a dialog as it stands now, out comes the next stroke; after each one somebody looks again and asks for the next. Enter is
only ever given while the mark is seen on the option that is wanted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outrider.errors import InvalidInput
from outrider.model.approval import Approval, Behavior, DialogKind, Form, Option, Shown

SUBMIT = "Submit"
APPROVE, DENY = "approve", "deny"
# Kinds whose lists take the option's number as one key that chooses at once.
NUMBERS = frozenset({"claude", "gemini", "qwen"})
YES = re.compile(r"^(?:yes|allow|approve|trust|proceed|accept|submit answers)\b", re.IGNORECASE)
# A yes that grants more than what is asked now.
BROAD = re.compile(
    r"\b(?:always|session|auto[- ]?(?:mode|accept)|all edits|parent folder|every|don.t ask|for commands that)\b",
    re.IGNORECASE,
)
NO = re.compile(r"^(?:no\b|reject|deny|don.t (?:trust|allow)|cancel|back to|exit)", re.IGNORECASE)
# Tools whose permission hook cannot carry the answer: it chooses between options, not between yes and no.
CHOICES = frozenset({"AskUserQuestion", "ExitPlanMode"})


@dataclass(frozen=True, slots=True)
class Stroke:
    """What to do next: literal `text` or named `keys`, one of them empty. `final`: the option is chosen by it."""

    text: str = ""
    keys: tuple[str, ...] = ()
    final: bool = False


def choose(options: Sequence[Option], answer: str) -> int:
    """The index of the option that is meant by its number, its label, `approve` or `deny`.

    InvalidInput names the options where none is meant, or more than one could be, or the one that is wants text.
    """
    found = _chosen(options, " ".join(answer.split()).casefold())
    if len(found) != 1:
        what = "No option is meant by" if not found else "More than one option could be meant by"
        raise InvalidInput(f"{what} {answer[:100]!r}. {_possible(options)}", detail={"options": labels(options)})
    if options[found[0]].text:
        raise InvalidInput(
            f"{options[found[0]].label!r} takes a text, which cannot be given here; answer it in the agent's terminal.",
            detail={"options": labels(options)},
        )
    return found[0]


def labels(options: Sequence[Option]) -> list[str]:
    """The labels, in order."""
    return [option.label for option in options]


def _possible(options: Sequence[Option]) -> str:
    shown = ", ".join(f"{number} ({option.label})" for number, option in enumerate(options, 1) if not option.text)
    return f"Possible: {shown}." if shown else "It has none that can be chosen; answer it in the agent's terminal."


def _chosen(options: Sequence[Option], answer: str) -> list[int]:
    if answer == APPROVE:
        return approving(options)
    if answer == DENY:
        return denying(options)
    if re.fullmatch(r"[0-9]{1,3}", answer):
        return [int(answer) - 1] if 0 < int(answer) <= len(options) else []
    names = [" ".join(option.label.split()).casefold() for option in options]
    exact = [at for at, name in enumerate(names) if name == answer]
    return exact or [at for at, name in enumerate(names) if answer and name.startswith(answer)]


def approving(options: Sequence[Option]) -> list[int]:
    """The one option that says yes to what is asked and to no more; several or none where that cannot be told."""
    plain = [at for at, option in enumerate(options) if YES.match(option.label) and not option.text]
    narrow = [at for at in plain if not BROAD.search(options[at].label)]
    return narrow[:1] or (plain if len(plain) > 1 else [])


def denying(options: Sequence[Option]) -> list[int]:
    """The first option that says no."""
    return [at for at, option in enumerate(options) if NO.match(option.label) and not option.text][:1]


def stroke(kind: str, shown: Shown, wanted: int) -> Stroke | None:
    """The next stroke on the way to the wanted option; None where it cannot be told what a key would do."""
    option = shown.options[wanted]
    if shown.form is Form.LINE:
        return Stroke(text=option.key) if option.key else None
    if shown.form is Form.ENTRY:
        return None
    if _submits(shown, wanted):
        # The next tab is the one that submits; in a field for text the arrow would only move the cursor.
        at_text = shown.marked is not None and shown.options[shown.marked].text
        return None if at_text else Stroke(keys=("Right",), final=True)
    if shown.form is Form.LIST:
        listed = option.checked is not None or not _multiple(shown) or wanted < _numbered(shown)
        if kind in NUMBERS and wanted < 9 and listed:
            return Stroke(text=str(wanted + 1), final=True)
        if kind == "codex" and option.key and len(option.key) == 1:
            return Stroke(text=option.key, final=True)
    if shown.marked is None:
        return None
    if shown.marked == wanted:
        return Stroke(keys=("Enter",), final=True)
    forward = shown.marked < wanted
    if shown.form is Form.BAR:
        return Stroke(keys=("Right" if forward else "Left",))
    return Stroke(keys=("Down" if forward else "Up",))


def _submits(shown: Shown, wanted: int) -> bool:
    """Whether it is what hands in the boxes that were ticked, in a dialog with tabs."""
    return _multiple(shown) and shown.options[wanted].label == SUBMIT and "✔ Submit" in shown.body


def _multiple(shown: Shown) -> bool:
    return any(option.checked is not None for option in shown.options)


def _numbered(shown: Shown) -> int:
    """How many options of a dialog with boxes have numbers: all but the last, which submits."""
    return len(shown.options) - 1 if shown.options[-1].label == SUBMIT else len(shown.options)


def toggles(shown: Shown, wanted: int) -> bool:
    """Whether choosing it only ticks a box, and the dialog stays."""
    return shown.options[wanted].checked is not None


def by_hook(approval: Approval, wanted: int | None, answer: str) -> Behavior | None:
    """What a permission hook would have to say for this answer; None where it cannot say it: then keys must."""
    if approval.kind is not DialogKind.PERMISSION or approval.tool in CHOICES:
        return None
    said = " ".join(answer.split()).casefold()
    if said == APPROVE or (wanted is not None and [wanted] == approving(approval.options)):
        return Behavior.ALLOW
    if said == DENY or (wanted is not None and [wanted] == denying(approval.options)):
        return Behavior.DENY
    return None
