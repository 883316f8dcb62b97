"""When a text may be typed, what is typed, and what a look says about it afterwards."""

import re
from dataclasses import replace

import pytest

from outrider.logic import delivery
from outrider.logic.composer import ComposerView
from outrider.logic.delivery import Gate, Next
from outrider.model.command import Form, When
from outrider.model.kind import Caveat, Typing
from outrider.model.pane import Pane, PaneRef
from outrider.model.state import Confidence, State, Verdict

TYPING = Typing(guard_leading=("/", "!", "#"), guard_backslash=True, queues=True)


def verdict(state: State, *, alive: bool = True) -> Verdict:
    return Verdict(state, alive, 0, Confidence.HIGH)


PANE_IN_MODE = Pane(PaneRef("t", 1, "%1"), "s", 1, "claude", "", "/", 80, 24, 0, 0, in_mode=True)


def view(text: str) -> ComposerView:
    return ComposerView(text=text, empty=not text, pasted=False)


EMPTY, DRAFT = view(""), view("half a thought")


@pytest.mark.parametrize(
    ("state", "composer", "when", "gate"),
    [
        (State.IDLE, EMPTY, When.READY, Gate.GO),
        (State.COMPLETE, EMPTY, When.READY, Gate.GO),
        (State.IDLE, DRAFT, When.READY, Gate.WAIT),
        (State.IDLE, None, When.READY, Gate.WAIT),
        (State.WAITING, EMPTY, When.READY, Gate.WAIT),
        (State.WAITING, EMPTY, When.NOW, Gate.WAIT),
        (State.WORKING, EMPTY, When.READY, Gate.WAIT),
        (State.WORKING, EMPTY, When.NOW, Gate.GO),
        (State.WORKING, DRAFT, When.NOW, Gate.WAIT),
        (State.INITIALIZING, EMPTY, When.NOW, Gate.WAIT),
    ],
)
def test_the_gate(state: State, composer: ComposerView | None, when: When, gate: Gate) -> None:
    ready = state in (State.IDLE, State.COMPLETE)
    answer = delivery.admit(verdict(state), composer, TYPING, when, ready=ready, pane=None, now_ms=0, ours=None)
    assert answer.gate is gate
    assert (answer.why == "") == (gate is Gate.GO)


def test_never_into_copy_mode_or_a_dead_agent() -> None:
    kept = delivery.admit(
        verdict(State.IDLE), EMPTY, TYPING, When.READY, ready=True, pane=PANE_IN_MODE, now_ms=0, ours=None
    )
    dead = verdict(State.IDLE, alive=False)
    gone = delivery.admit(dead, EMPTY, TYPING, When.READY, ready=True, pane=None, now_ms=0, ours=None)
    assert (kept.gate, gone.gate) == (Gate.WAIT, Gate.REFUSE)


def test_no_key_while_a_person_types_at_a_terminal_that_shows_it() -> None:
    """What they type may not be drawn yet; tmux tells the second of their last key."""

    def gate(now_ms: int, clients: int = 1, typed_ms: int | None = None) -> Gate:
        pane = replace(PANE_IN_MODE, in_mode=False, clients=clients, touched_s=100)
        found = delivery.admit(
            verdict(State.IDLE),
            EMPTY,
            TYPING,
            When.READY,
            ready=True,
            pane=pane,
            now_ms=now_ms,
            ours=None,
            typed_ms=typed_ms,
        )
        return found.gate

    assert [gate(now) for now in (100_400, 101_900, 102_000)] == [Gate.WAIT, Gate.WAIT, Gate.GO]
    assert gate(100_400, clients=0) is Gate.GO, "the session itself was made then"
    ours = [gate(now, clients=0, typed_ms=100_400) for now in (100_400, 102_399, 102_400)]
    assert ours == [Gate.WAIT, Gate.WAIT, Gate.GO], "by way of us, to the millisecond"
    held = delivery.after_typing(view(TEXT), TEXT, taken=False, stood=True, at_rest=True, patient=True, attended=True)
    assert held is Next.WATCH
    late = delivery.after_typing(view(TEXT), TEXT, taken=False, stood=True, at_rest=True, patient=False, attended=True)
    assert late is Next.ENTER, "it stands there alone, and has for long"


def test_what_is_not_stopped_over_a_draft_waits_for_the_draft() -> None:
    def answer(composer: ComposerView, when: When, ours: str | None = None) -> delivery.Admission:
        return delivery.admit(
            verdict(State.WORKING), composer, TYPING, when, ready=False, pane=None, now_ms=0, ours=ours
        )

    assert answer(DRAFT, When.INTERRUPT) == delivery.DRAFT
    busy = delivery.Admission(Gate.WAIT, "The agent is working, not ready for text.")
    assert answer(EMPTY, When.INTERRUPT) == answer(DRAFT, When.READY) == busy
    assert answer(DRAFT, When.INTERRUPT, DRAFT.text) == busy, "it put our own prompt back, and is about to rest"


def test_our_own_prompt_that_the_agent_put_back_is_cleared_not_taken_for_a_draft() -> None:
    put_back = view("fix the parser")
    answer = delivery.admit(
        verdict(State.IDLE), put_back, TYPING, When.READY, ready=True, pane=None, now_ms=0, ours="fix the parser"
    )
    assert answer.gate is Gate.CLEAR


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("plain", "plain"),
        ("/foo bar", " /foo bar"),
        ("!important", " !important"),
        ("# Heading\nbody", " # Heading\nbody"),
        ("ends with \\", "ends with \\ "),
        ("one\r\ntwo\rthree\n\n", "one\ntwo\nthree"),
        ("  indented", "  indented"),
    ],
)
def test_guards(text: str, typed: str) -> None:
    assert delivery.guarded(TYPING, text) == typed


def test_without_guards_the_text_is_typed_as_it_is() -> None:
    assert delivery.guarded(Typing(), "/foo \\") == "/foo \\"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("  \n\t", "is empty"),
        ("a\x1b[31m", r"U\+001B in line 1"),
        ("one\ntwo\x03", r"U\+0003 in line 2"),
        ("a\x00b", r"U\+0000"),
        ("\x9b31m", r"U\+009B"),
    ],
)
def test_what_cannot_be_typed_is_refused_in_a_sentence(text: str, says: str) -> None:
    assert re.search(says, delivery.refusal(text, TYPING) or "")


@pytest.mark.parametrize("text", ["tab\tand\nnewline", "crlf\r\n", "漢字 🚀 é", "x" * 100_000])
def test_ordinary_text_is_accepted(text: str) -> None:
    assert delivery.refusal(text, TYPING) is None


@pytest.mark.parametrize(
    ("form", "text", "says"),
    [
        (Form.KEYS, "Escape Entr", "'Entr' is no key of tmux"),
        (Form.KEYS, "  ", "No key is named"),
        (Form.SLASH, "compact", "begins with /"),
        (Form.SLASH, "/compact\nand more", "one line"),
        (Form.SLASH, "/comp\x1bact", "U\\+001B"),
        (Form.KEYS, "Escape C-u Up F5", None),
        (Form.SLASH, "/compact", None),
    ],
)
def test_keys_and_slash_commands_are_what_they_say_or_refused(form: Form, text: str, says: str | None) -> None:
    why = delivery.refusal(text, TYPING, form)
    assert (why is None) if says is None else re.search(says, why or "")


def test_a_slash_command_has_no_guard() -> None:
    assert delivery.guarded(TYPING, "/compact", Form.SLASH) == "/compact"


def test_a_confirmation_counts_only_after_the_attempt_began_and_for_this_text() -> None:
    prompts = [(100, "do it\n    now "), (300, "something else")]
    assert delivery.confirmed("do it\n\tnow", prompts, 50)
    assert not delivery.confirmed("do it\n\tnow", prompts, 101)
    assert not delivery.confirmed("do it", prompts, 0)


TEXT = "go on with step 2"


@pytest.mark.parametrize(
    ("composer", "taken", "at_work", "patient", "next_"),
    [
        (view(TEXT), False, False, True, Next.ENTER),
        (view(TEXT), False, True, False, Next.ENTER),
        (view(TEXT), True, False, True, Next.SENT),
        (EMPTY, False, False, True, Next.WATCH),
        (EMPTY, False, False, False, Next.SENT),
        (None, False, False, True, Next.WATCH),
        (None, False, False, False, Next.UNCERTAIN),
        (None, False, True, False, Next.SENT),
        (DRAFT, False, False, False, Next.UNCERTAIN),
        (DRAFT, False, True, False, Next.UNCERTAIN),
    ],
)
def test_after_enter(composer: ComposerView | None, taken: bool, at_work: bool, patient: bool, next_: Next) -> None:
    assert delivery.after_enter(composer, TEXT, taken=taken, tells=False, at_work=at_work, patient=patient) is next_


@pytest.mark.parametrize(
    ("taken", "at_work", "patient", "next_"),
    [
        (False, False, True, Next.WATCH),
        (False, False, False, Next.UNCERTAIN),
        (False, True, False, Next.SENT),
        (True, False, True, Next.SENT),
    ],
)
def test_an_empty_composer_is_no_proof_where_the_agent_tells_what_it_takes_in(
    taken: bool, at_work: bool, patient: bool, next_: Next
) -> None:
    assert delivery.after_enter(EMPTY, TEXT, taken=taken, tells=True, at_work=at_work, patient=patient) is next_


@pytest.mark.parametrize("composer", [EMPTY, None])
def test_an_agent_at_work_on_another_text_proves_nothing(composer: ComposerView | None) -> None:
    found = delivery.after_enter(composer, TEXT, taken=False, tells=True, at_work=True, patient=False, otherwise=True)
    assert found is Next.UNCERTAIN


def test_another_prompt_is_one_since_then_that_no_caveat_explains() -> None:
    prompts = [(5, "before"), (10, f"{TEXT} zzzz")]
    assert delivery.otherwise(Typing(), TEXT, prompts, 10) == f"{TEXT} zzzz"
    assert delivery.otherwise(Typing(), TEXT, prompts, 11) is None
    assert delivery.otherwise(Typing(), TEXT, [(10, f" {TEXT} ")], 10) is None
    altered = Typing(altered=(Caveat(re.compile("step"), "It writes steps out."),))
    assert delivery.otherwise(altered, TEXT, prompts, 10) is None


@pytest.mark.parametrize(
    ("composer", "taken", "at_work", "next_"),
    [
        (view(TEXT), False, False, Next.ENTER),
        (EMPTY, False, True, Next.SENT),
        (EMPTY, False, False, Next.UNCERTAIN),
        (DRAFT, False, True, Next.UNCERTAIN),
        (EMPTY, True, False, Next.SENT),
        (None, False, True, Next.WATCH),
    ],
)
def test_after_a_crash_at_enter(composer: ComposerView | None, taken: bool, at_work: bool, next_: Next) -> None:
    assert delivery.after_crash(composer, TEXT, taken=taken, at_work=at_work) is next_


@pytest.mark.parametrize(
    ("composer", "taken", "stood", "at_rest", "patient", "next_"),
    [
        (view(TEXT), False, True, True, True, Next.ENTER),
        # Somebody else pressed Enter.
        (EMPTY, True, True, True, True, Next.SENT),
        (EMPTY, False, False, True, True, Next.WATCH),
        # A person took it out again: nothing was submitted, where the agent would have told.
        (EMPTY, False, True, True, True, Next.WATCH),
        (EMPTY, False, True, True, False, Next.TYPE),
        (EMPTY, False, True, False, False, Next.UNCERTAIN),
        # It may still come.
        (EMPTY, False, False, True, False, Next.UNCERTAIN),
        # A person types along.
        (DRAFT, False, True, True, True, Next.WATCH),
        (DRAFT, False, True, True, False, Next.UNCERTAIN),
        (None, False, True, True, False, Next.UNCERTAIN),
    ],
)
def test_before_enter(
    composer: ComposerView | None, taken: bool, stood: bool, at_rest: bool, patient: bool, next_: Next
) -> None:
    found = delivery.after_typing(composer, TEXT, taken=taken, stood=stood, at_rest=at_rest, patient=patient)
    assert found is next_


def test_a_text_that_may_have_been_submitted_is_never_typed_again() -> None:
    for composer in (None, EMPTY, DRAFT, view(TEXT)):
        for taken in (False, True):
            for at_work in (False, True):
                assert delivery.after_crash(composer, TEXT, taken=taken, at_work=at_work) is not Next.TYPE


def test_the_proof_says_what_the_program_made_of_the_text() -> None:
    altered = (Caveat(re.compile(r"\n@"), "It puts a blank before @."),)
    typing = Typing(tab_blanks=4, altered=altered)
    assert delivery.proof(typing, "plain", [], 0) == delivery.LEFT
    assert delivery.proof(typing, "plain", [(1, "plain ")], 0) == delivery.TAKEN
    assert "tabs became 4 blanks" in delivery.proof(typing, "a\tb", [], 0)
    assert delivery.proof(typing, "a\n@b", [], 0).endswith("It puts a blank before @.")
    assert "composed" in delivery.proof(typing, "e\u0301", [(1, "\u00e9")], 0)
