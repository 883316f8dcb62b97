"""Rules on screens that were made to mislead them, and their speed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import drawn
from outrider.logic import approval, composer, detect
from outrider.logic.screen import Layout
from outrider.model.pane import Screen
from outrider.model.state import ErrorClass, Reading, State

CLAUDE = drawn.kind()
ALPHABET = [*"─❯●⎿✻…│╰╭┃╹▀▣›•■>✦ℹ✕⠙░█ 1.Yab()/:\\\t\xa0😀é", "esc to ", " · ", "Waiting for "]


def best(screen: Screen) -> Reading:
    return detect.read(CLAUDE, screen)[0]


BUSY = "❯ Fix it\n\n● On it.\n\n✽ Forming… (5s · ↓ 60 tokens)"
DONE = "❯ Fix it\n\n● Fixed.\n\n✻ Crunched for 5s"


def test_a_composer_during_work_is_not_idle() -> None:
    assert best(drawn.claude(BUSY)).state is State.WORKING


QUOTES = (
    "● Error: it failed. API Error: 529 Overloaded",
    "● The log says:\n\n  ● API Error: 500 Internal server error",
    "● It prints:\n\n  ✽ Forming… (5s · esc to interrupt)",
    "● ✅ complete. Do you want to proceed?\n\n  ❯ 1. Yes\n    2. No",
    "● Here is the dialog:\n\n   Do you want to make this edit to a.py?\n   ❯ 1. Yes\n     2. No\n\n   Esc to cancel",
    "● Would you like me to go on? [y/n]",
    "● Bash(cat log)\n  ⎿  ● API Error: 529 Overloaded\n     ✻ API error · Retrying in 4s · attempt 4/10",
    "● Bash(cat log)\n  ⎿  Credit balance too low",
)


def test_what_prose_and_logs_quote_is_not_believed() -> None:
    for quote in QUOTES:
        reading = best(drawn.claude(f"❯ Show me\n\n{quote}\n\n● That is all.\n\n✻ Crunched for 5s"))
        assert reading.state is State.COMPLETE, (quote, reading)


def test_what_an_older_turn_said_is_not_believed() -> None:
    old = "❯ First\n\n● API Error: 529 Overloaded\n\n✻ Cooked for 0s\n\n❯ Run\n  ⎿  Credit balance too low\n\n✻ Cooked for 0s\n\n"
    assert best(drawn.claude(old + DONE)).state is State.COMPLETE
    assert best(drawn.claude(old + BUSY)).state is State.WORKING


def test_a_question_in_prose_is_no_dialog() -> None:
    reading = best(drawn.claude("❯ Refactor\n\n● Two ways: a or b. Which one would you like?\n\n✻ Crunched for 5s"))
    assert reading.state is State.COMPLETE


def test_a_draft_that_looks_like_a_dialog_is_a_draft() -> None:
    assert best(drawn.claude(DONE, draft="1. Yes\n2. No")).state is State.COMPLETE


NARROW = """
❯ Run the tests

● Bash(python3 -m
      pytest -v)
  ⎿  Running…

✽ Forming… (5s ·
  ↓ 60 tokens)
"""


def test_wrapped_marks_are_found_in_a_narrow_pane() -> None:
    reading = best(drawn.claude(NARROW, width=20, footer="  esc to\n  interrupt"))
    assert reading.state is State.TESTING
    assert reading.detail.command == "python3 -m pytest -v"


DIALOG = """
● Bash(rm -rf build)
  ⎿  Waiting…

────────────────────
 Bash command

   rm -rf build
   Remove build dir

 Do you want to
 proceed?
 ❯ 1. Yes
   2. Yes, and always
      allow it
   3. No

 Esc to cancel
"""


def test_a_dialog_tells_question_options_and_command() -> None:
    reading = best(drawn.screen(DIALOG, width=20))
    assert reading.state is State.WAITING
    assert reading.detail.question == "Do you want to proceed?"
    assert reading.detail.options == ("Yes", "Yes, and always", "No")
    assert reading.detail.command == "rm -rf build"


ERRORS = (
    ("err-529", ErrorClass.SERVER, True),
    ("err-429-unified", ErrorClass.USAGE_LIMIT, True),
    ("err-400-credit", ErrorClass.BILLING, False),
    ("err-400-toolong", ErrorClass.CONTEXT_FULL, False),
    ("err-midstream", ErrorClass.SERVER, False),
    ("err-drop", ErrorClass.NETWORK, False),
)


def test_errors_have_their_class() -> None:
    for name, error, retrying in ERRORS:
        for run in ("cl80", "cl120"):
            reading = best(drawn.recorded()[f"{run}-{name}-error"].frames[-1])
            assert (reading.detail.error, reading.detail.retrying) == (error, retrying), name


NEWER_ERRORS = (
    ("hcm60-err-529", ErrorClass.SERVER, True),
    ("hcm60-err-500", ErrorClass.SERVER, True),
    ("hcm70-errfinal-401", ErrorClass.AUTH, False),
    ("hcm70-errfinal-403", ErrorClass.AUTH, False),
    ("hcm70-errfinal-404", ErrorClass.INVALID_REQUEST, False),
    ("hcm70-errfinal-429", ErrorClass.RATE_LIMIT, False),
    ("hcm70-errfinal-500", ErrorClass.SERVER, False),
    ("hcm70-errfinal-529", ErrorClass.SERVER, False),
)


@pytest.mark.parametrize(("name", "error", "retrying"), NEWER_ERRORS, ids=[row[0] for row in NEWER_ERRORS])
def test_errors_of_a_newer_claude_have_their_class(name: str, error: ErrorClass, retrying: bool) -> None:
    reading = best(drawn.recorded()[f"{name}-error"].frames[-1])
    assert (reading.detail.error, reading.detail.retrying) == (error, retrying)


def test_a_newer_claude_tells_the_command_by_its_own_line() -> None:
    reading = best(drawn.recorded()["hcm100-bash-grep-running-reading"].frames[-1])
    assert (reading.state, reading.detail.command) == (State.READING, "grep -n def src/parser.py && sleep 4")
    asked = best(drawn.recorded()["hcm100-pytest-running-testing"].frames[-1])
    assert (asked.state, asked.detail.command) == (State.WAITING, "python3 -m pytest -v tests")
    assert asked.detail.options[:1] == ("Yes",)


UNNUMBERED = """
● Building the project
  ⎿  $ make

────────────────────────────────────────
 Do you want to proceed?
 ❯ No
   Yes

 Esc to cancel · Tab to amend
"""
NOTHING_TO_CHOOSE = """
────────────────────────────────────────
  The check isn't getting through.

  Enter to stay · shift+Tab to leave · Esc to cancel
"""


def test_dialogs_without_numbers_wait_for_a_person() -> None:
    assert best(drawn.screen(UNNUMBERED)).state is State.WAITING
    assert best(drawn.screen(NOTHING_TO_CHOOSE)).state is State.WAITING


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode", "aider", "qwen", "pi", "shell", "generic"])
@given(rows=st.lists(st.lists(st.sampled_from(ALPHABET), max_size=40).map("".join), max_size=24))
@settings(max_examples=60, deadline=None)
def test_any_screen_gets_an_answer(name: str, rows: list[str]) -> None:
    kind = drawn.kind(name)
    screen = Screen(drawn.pane(height=max(len(rows), 1)), tuple(rows), 0)
    readings = detect.read(kind, screen)
    assert all(reading.text == " ".join(reading.text.split())[:200] for reading in readings)
    seen = composer.view(kind, screen)
    assert seen is None or seen.empty == (not seen.text)


def test_titles() -> None:
    assert detect.title(CLAUDE, "⠂ Fix parser tests", 0) is not None
    calm = detect.title(CLAUDE, "✳ Fix parser tests", 7)
    assert calm is not None
    assert (calm.state, calm.at_ms) == (State.IDLE, 7)
    assert detect.title(CLAUDE, "bash", 0) is None


def test_screens_of_any_size_get_an_answer() -> None:
    row = "● 😀 " + "x" * 190
    for rows in ([row] * 50, ["─" * 200] * 50, ["  ⎿  Running…"] * 50, ["x" * 1000] * 50, [""] * 50, ["😀" * 100] * 50):
        screen = Screen(drawn.pane(width=200, height=50), tuple(rows), 0)
        assert all(reading.state in State for reading in detect.read(CLAUDE, screen))
    assert detect.read(CLAUDE, Screen(drawn.pane(width=0, height=0), (), 0)) == ()


ODD = (
    ("no rows", 0, ()),
    ("no width", 0, ("",) * 50),
    ("one column", 1, tuple("│" * 50)),
    ("all emoji", 200, ("😀👩‍👩‍👧" * 50,) * 50),
    ("1,000 columns", 1000, ("● x" * 333,) * 50),
    ("1,000 columns of rules", 1000, ("─" * 1000,) * 50),
    ("1,000 columns of boxes", 1000, ("│ ❯ 1. Yes " * 90,) * 50),
    ("control characters", 80, ("\x1b[\x07\u202e\ufeff" * 20,) * 50),
)


@pytest.mark.parametrize(("what", "width", "rows"), ODD, ids=[row[0] for row in ODD])
@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode", "qwen", "pi", "aider", "shell", "generic"])
def test_odd_screens_get_an_answer_of_every_kind(name: str, what: str, width: int, rows: tuple[str, ...]) -> None:
    # One that takes too long does not come to its end within the time limit of the tests.
    kind = drawn.kind(name)
    screen = Screen(drawn.pane(width=width, height=len(rows)), rows, 0, rows)
    assert all(reading.state in State for reading in detect.read(kind, screen))
    view = composer.view(kind, screen)
    assert view is None or view.rows <= len(rows)
    approval.read(kind, screen)


def test_the_version_on_the_first_screen() -> None:
    told: dict[str, set[str]] = {}
    for case in drawn.recorded().values():
        if found := detect.version(drawn.kind(case.kind), case.frames[-1]):
            told.setdefault(case.kind, set()).add(found)
    assert all(drawn.kind(kind).version in versions for kind, versions in told.items())
    assert {"claude", "codex", "gemini", "qwen", "pi", "opencode"} <= told.keys()
    assert told["claude"] == {"2.1.197", "2.1.331"}


def test_what_is_remembered_of_the_screen_before_changes_nothing() -> None:
    seen: dict[str, Layout] = {}
    for case in drawn.recorded().values():
        kind = drawn.kind(case.kind)
        for screen in case.frames:
            layout = seen[case.kind] = Layout(screen, kind.regions, seen.get(case.kind))
            assert detect.spoken(kind, layout, screen.taken_ms) == detect.read(kind, screen)
