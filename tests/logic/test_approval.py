"""Every recorded dialog is read: what it asks, what can be answered, and a fingerprint that redrawing does not change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import pytest

import drawn
from outrider.kinds.load import catalogue
from outrider.logic import approval, styled
from outrider.model.approval import DialogKind, Form, Shown
from outrider.model.pane import Pane, PaneRef, Screen

SCREENS = Path(__file__).parent.parent / "screens"
KINDS = catalogue(Path("/nowhere"))
# Ends of turns that ask something in prose: no dialog, nothing to choose from.
PROSE = "plain-question"


class Frame(TypedDict):
    txt: str
    title: str
    cmd: str
    cursor: str


class Case(TypedDict):
    id: str
    agent: str
    size: str
    state: str
    frames: list[Frame]


def recorded() -> list[Case]:
    lines = (SCREENS / "index.jsonl").read_text(encoding="utf-8").splitlines()
    cases: list[Case] = [json.loads(line) for line in lines]
    return [case for case in cases if case["state"] == "waiting" and PROSE not in case["id"]]


def screen(case: Case, frame: Frame) -> Screen:
    width, height = map(int, case["size"].split("x"))
    rows = [row.rstrip() for row in (SCREENS / frame["txt"]).read_text(encoding="utf-8").split("\n")][:height]
    x, y = (int(number) for number in frame["cursor"].split(",")[:2])
    pane = Pane(PaneRef("t", 1, "%1"), "s", 1, frame["cmd"], frame["title"], "/", width, height, x, y)
    return Screen(pane, tuple(rows + [""] * (height - len(rows))), 1)


def shown(case: Case, number: int = 0) -> Shown:
    found = approval.read(KINDS.get(case["agent"]), screen(case, case["frames"][number]))
    assert found is not None, case["id"]
    return found


def mark(found: Shown) -> str:
    return approval.fingerprint("agent", "generation", found)


CASES = recorded()
BY_ID = {case["id"]: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_recorded_dialog_has_a_question_options_and_one_fingerprint(case: Case) -> None:
    found = [shown(case, number) for number in range(len(case["frames"]))]
    assert all(each.question for each in found)
    assert all(each.options and all(option.label for option in each.options) for each in found)
    assert len({mark(each) for each in found}) == 1


def test_different_dialogs_have_different_fingerprints() -> None:
    whole: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for case in CASES:
        found = shown(case)
        about = "".join(found.body.replace("☒", "☐").split())
        whole.setdefault(mark(found), set()).add((about, tuple(option.label for option in found.options)))
    assert all(len(dialogs) == 1 for dialogs in whole.values())
    assert len(whole) > 20
    one = shown(BY_ID["cl120-perm-rm-waiting"])
    assert approval.fingerprint("other", "generation", one) != mark(one)
    assert approval.fingerprint("agent", "other", one) != mark(one)


def test_the_mark_and_the_width_are_no_part_of_the_fingerprint() -> None:
    assert mark(shown(BY_ID["clui-plan-approval-full-waiting"])) == mark(
        shown(BY_ID["clui-plan-approval-full-down-waiting"])
    )
    assert mark(shown(BY_ID["cl120-perm-pytest-waiting"])) == mark(shown(BY_ID["cl80-perm-pytest-waiting"]))
    boxes = shown(BY_ID["cl120-ask-question-2-waiting"])
    assert mark(replace(boxes, body=boxes.body.replace("☐", "☒"))) == mark(boxes)


EXPECTED: Mapping[str, tuple[DialogKind, Form, str | None, str | None, Sequence[str], int | None]] = {
    "cl120-perm-rm-waiting": (
        DialogKind.PERMISSION,
        Form.LIST,
        "Bash",
        "rm -rf build",
        ("Yes", "Yes, and always allow access to cl120/ from this project", "No"),
        0,
    ),
    "cl120-perm-edit-waiting": (
        DialogKind.PERMISSION,
        Form.LIST,
        "Edit",
        None,
        ("Yes", "Yes, allow all edits during this session", "No"),
        0,
    ),
    "cl-onb-apikey-dialog-waiting": (DialogKind.TRUST, Form.LIST, None, None, ("Yes", "No (recommended)"), 1),
    "cl120-ask-question-2-waiting": (
        DialogKind.QUESTION,
        Form.LIST,
        None,
        None,
        ("Unit", "End to end", "Type something", "Chat about this", "Submit"),
        0,
    ),
    "clui-plan-approval-full-down-waiting": (
        DialogKind.PLAN,
        Form.LIST,
        None,
        None,
        ("Yes, and use auto mode", "Yes, manually approve edits", "Tell Claude what to change"),
        1,
    ),
    "cx-first-perm-exec-waiting": (
        DialogKind.PERMISSION,
        Form.LIST,
        None,
        "sleep 3; echo hi > /home/x",
        (
            "Yes, proceed",
            "Yes, and don't ask again for commands that start with `sleep 3; echo hi > /home/x`",
            "No, and tell Codex what to do differently",
        ),
        0,
    ),
    "cx120-question-dialog-waiting": (
        DialogKind.QUESTION,
        Form.LIST,
        None,
        None,
        ("SQLite (Recommended)", "Redis", "None of the above"),
        0,
    ),
    "ge120-perm-bash-waiting": (
        DialogKind.PERMISSION,
        Form.LIST,
        "Shell",
        "for i in 1 2 3 4 5 6 7 8; do echo building step $i; sleep 1; done",
        ("Allow once", "Allow for this session", "No, suggest changes"),
        0,
    ),
    "oc120-perm-pytest-waiting": (
        DialogKind.PERMISSION,
        Form.BAR,
        "Bash",
        "python3 -m pytest -v tests",
        ("Allow once", "Allow always", "Reject"),
        None,
    ),
    "ai120-file-mention-waiting": (
        DialogKind.QUESTION,
        Form.LINE,
        None,
        None,
        ("Yes", "No", "Don't ask again"),
        0,
    ),
    "ge-first-apikey-dialog-waiting": (
        DialogKind.TRUST,
        Form.ENTRY,
        None,
        None,
        ("Press Enter to submit, Esc to cancel, Ctrl+C to clear stored key",),
        None,
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_asked_is_read_as_a_person_reads_it(name: str) -> None:
    found = shown(BY_ID[name])
    labels = tuple(option.label for option in found.options)
    assert (found.kind, found.form, found.tool, found.command, labels, found.marked) == EXPECTED[name]


def test_edits_are_shown_with_their_file_and_diff() -> None:
    edit = shown(BY_ID["cl120-perm-edit-waiting"])
    assert edit.file == "src/parser.py"
    assert edit.diff is not None
    assert edit.diff.count("\n 12 ") == 2
    other = shown(BY_ID["oc120-perm-edit-waiting"])
    assert other.file == "src/parser.py"
    assert other.diff is not None
    assert "12 +" in other.diff
    boxed = shown(BY_ID["gew120-perm-edit-waiting"])
    assert (boxed.diff or "").split("\n")[3:5] == [
        " 12 -     total = total + n if op == '+' else total - n",
        " 12 +     total = total + n if op == '+' else total * n",
    ]
    fresh = shown(BY_ID["gew120-perm-write-waiting"])
    assert (fresh.tool, fresh.file, (fresh.diff or "").split("\n")[0]) == (
        "WriteFile",
        "src/lexer.py",
        "  1 def tok(s):",
    )


ABOVE = """
• Edited src/parser.py (+1 -1)
    2 -    return s.split()
    2 +    return s.split(',')


  Would you like to make the following edits?

  Description: Apply proposed file edits

  Destination: /home/me/project/src/parser.py


› 1. Yes, proceed (y)
  2. Yes, and don't ask again for these files (a)
  3. No, and tell Codex what to do differently (esc)

  Press enter to confirm or esc to cancel"""


def test_codex_edits_belong_to_their_dialog_although_they_stand_above_it() -> None:
    edit = approval.read(drawn.kind("codex"), drawn.screen(ABOVE))
    assert edit is not None
    assert (edit.kind, edit.tool, edit.file) == (DialogKind.PERMISSION, "Edit", "/home/me/project/src/parser.py")
    assert "2 +    return s.split(',')" in (edit.diff or "")
    other = approval.read(drawn.kind("codex"), drawn.screen(ABOVE.replace("(',')", "(';')")))
    assert other is not None
    assert mark(other) != mark(edit)


AIDER: Mapping[str, tuple[str | None, str | None, str | None, bool]] = {
    "touch made\nRun shell command? (Y)es/(N)o/(D)on't ask again [Yes]:": ("Bash", "touch made", None, True),
    "# first\nrm -rf x\nRun shell command? (Y)es/(N)o/(D)on't ask again [Yes]:": (None, None, None, False),
    "rm -rf x\n\n# last\nRun shell command? (Y)es/(N)o/(D)on't ask again [Yes]:": (None, None, None, False),
    "one\ntwo\nRun shell commands? (Y)es/(N)o/(D)on't ask again [Yes]:": (None, None, None, False),
    "src/a.py\nAllow edits to file that has not been added to the chat? (Y)es/(N)o [Yes]:": (
        "Edit",
        None,
        "src/a.py",
        False,
    ),
    "src/b.py\nCreate new file? (Y)es/(N)o [Yes]:": ("Write", None, "src/b.py", False),
}


@pytest.mark.parametrize("asked", AIDER)
def test_aider_asks_about_what_stands_above_its_question(asked: str) -> None:
    rows = f"diff> Do it\n\nTokens: 2.3k sent, 11 received.\n\n{asked}"
    found = approval.read(drawn.kind("aider"), drawn.at_cursor(drawn.screen(rows), rows.count("\n") + 1))
    assert found is not None
    assert (found.tool, found.command, found.file, found.whole) == AIDER[asked]


def test_the_odd_one_out_is_marked() -> None:
    bar = "\x1b[48;5;234m  \x1b[48;5;215m \x1b[38;5;232mOnce\x1b[38;5;15m \x1b[48;5;234m  \x1b[38;5;8mAlways\x1b[38;5;15m   \x1b[38;5;8mNo"
    assert styled.odd([bar] * 3, ["Once", "Always", "No"]) == 0
    assert styled.odd([bar] * 2, ["Once", "No"]) is None
    plain = "Once Always No"
    assert styled.odd([plain] * 3, ["Once", "Always", "No"]) is None
    assert styled.odd(["Once \x1b[7mAlways\x1b[0m No"] * 3, ["Once", "Always", "No"]) == 1
    assert styled.odd([plain] * 3, ["Once", "Nobody", "No"]) is None
