"""Which option is meant, and by which keys it is chosen."""

import pytest

from outrider.errors import InvalidInput
from outrider.logic import answering
from outrider.logic.answering import Stroke
from outrider.model.approval import Approval, Behavior, DialogKind, Form, Option, Shown

BASH = ("Yes", "Yes, and don’t ask again for: python3 *", "No")
PLAN = ("Yes, and use auto mode", "Yes, manually approve edits", "Tell Claude what to change")
CODEX = ("Yes, proceed", "Yes, and don't ask again for commands that start with `x`", "No, and tell Codex what to do")
BYPASS = ("No, exit", "Yes, I accept")
CHOICES = ("SQLite", "Redis", "In memory")


def options(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(label, text=label.startswith("Tell")) for label in labels)


@pytest.mark.parametrize(
    ("labels", "said", "wanted"),
    [
        (BASH, "approve", 0),
        (BASH, "deny", 2),
        (BASH, "2", 1),
        (BASH, "YES", 0),
        (BASH, "yes, and", 1),
        (BASH, "no", 2),
        (PLAN, "approve", 1),
        (CODEX, "approve", 0),
        (CODEX, "deny", 2),
        (BYPASS, "approve", 1),
        (BYPASS, "deny", 0),
        (("Allow once", "Allow always", "Reject"), "approve", 0),
        (("Allow once", "Allow always", "Reject"), "deny", 2),
        (("Trust folder (x)", "Trust parent folder (y)", "Don't trust"), "approve", 0),
        (("Trust folder (x)", "Trust parent folder (y)", "Don't trust"), "deny", 2),
        (("Yes", "No", "Don't ask again"), "Don't ask again", 2),
    ],
)
def test_an_option_is_meant(labels: tuple[str, ...], said: str, wanted: int) -> None:
    assert answering.choose(options(*labels), said) == wanted


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (BASH, "4"),
        (BASH, "0"),
        (BASH, "-1"),
        (BASH, "maybe"),
        (BASH, " "),
        (BASH, "①"),
        (PLAN, "3"),
        (PLAN, "deny"),
        (PLAN, "yes"),
        (CHOICES, "approve"),
        (CHOICES, "deny"),
        (("Allow always", "Allow for this session", "Reject"), "approve"),
    ],
)
def test_what_is_not_clearly_meant_is_refused_with_the_options(labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        answering.choose(options(*labels), said)
    assert refused.value.detail["options"] == list(labels)


def listed(*labels: str, marked: int | None = 0, form: Form = Form.LIST) -> Shown:
    return Shown(DialogKind.PERMISSION, form, "?", options(*labels), marked)


@pytest.mark.parametrize(
    ("kind", "shown", "wanted", "stroke"),
    [
        ("claude", listed(*BASH, marked=2), 0, Stroke(text="1", final=True)),
        ("gemini", listed(*BASH), 2, Stroke(text="3", final=True)),
        ("mine", listed(*BASH, marked=0), 2, Stroke(keys=("Down",))),
        ("mine", listed(*BASH, marked=2), 1, Stroke(keys=("Up",))),
        ("mine", listed(*BASH, marked=2), 2, Stroke(keys=("Enter",), final=True)),
        ("mine", listed(*BASH, marked=None), 2, None),
        ("opencode", listed("Once", "Always", "No", form=Form.BAR), 2, Stroke(keys=("Right",))),
        ("opencode", listed("Once", "Always", "No", form=Form.BAR, marked=None), 0, None),
        ("claude", listed("words", form=Form.ENTRY, marked=None), 0, None),
    ],
)
def test_the_next_stroke(kind: str, shown: Shown, wanted: int, stroke: Stroke | None) -> None:
    assert answering.stroke(kind, shown, wanted) == stroke


def test_enter_is_pressed_only_where_the_mark_stands_on_what_is_wanted() -> None:
    for form in (Form.LIST, Form.BAR):
        for kind in ("claude", "codex", "opencode", "mine"):
            for marked in (None, 0, 1, 2):
                for wanted in range(3):
                    stroke = answering.stroke(kind, listed(*BASH, marked=marked, form=form), wanted)
                    assert stroke is None or "Enter" not in stroke.keys or marked == wanted


def test_codex_takes_the_letter_it_shows_and_escape_is_never_pressed() -> None:
    keyed = tuple(Option(label, key=key) for label, key in zip(CODEX, ("y", "p", "esc"), strict=True))
    shown = Shown(DialogKind.PERMISSION, Form.LIST, "?", keyed, 0)
    assert answering.stroke("codex", shown, 0) == Stroke(text="y", final=True)
    assert answering.stroke("codex", shown, 2) == Stroke(keys=("Down",))


def test_boxes_are_ticked_by_number_and_handed_in_by_the_next_tab() -> None:
    boxes = (Option("Unit", checked=False), Option("Type something", text=True, checked=False), Option("Submit"))
    shown = Shown(DialogKind.QUESTION, Form.LIST, "?", boxes, 0, body="←  ☐ Tests  ✔ Submit  →")
    assert answering.stroke("claude", shown, 0) == Stroke(text="1", final=True)
    assert answering.toggles(shown, 0)
    assert answering.stroke("claude", shown, 2) == Stroke(keys=("Right",), final=True)
    assert not answering.toggles(shown, 2)


@pytest.mark.parametrize(
    ("kind", "tool", "said", "behavior"),
    [
        (DialogKind.PERMISSION, "Bash", "approve", Behavior.ALLOW),
        (DialogKind.PERMISSION, "Bash", "1", Behavior.ALLOW),
        (DialogKind.PERMISSION, "Bash", "2", None),
        (DialogKind.PERMISSION, "Bash", "no", Behavior.DENY),
        (DialogKind.QUESTION, "AskUserQuestion", "1", None),
        (DialogKind.PLAN, "ExitPlanMode", "approve", None),
        (DialogKind.TRUST, None, "approve", None),
    ],
)
def test_a_hook_is_told_only_what_a_hook_can_say(
    kind: DialogKind, tool: str | None, said: str, behavior: Behavior | None
) -> None:
    approval = Approval("i", "f", "a", "s", kind, "?", 0, 0, options=options(*BASH), tool=tool)
    assert answering.by_hook(approval, answering.choose(approval.options, said), said) is behavior
