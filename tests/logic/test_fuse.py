"""Whom to believe: every row of the policy, with who else spoke and was not believed."""

from dataclasses import replace

import pytest

from outrider.logic.fuse import PRECEDENCE, fuse
from outrider.logic.words import Words
from outrider.model.state import Detail, ErrorClass, Reading, Source, State

NOW = 100_000
LOOKED = NOW - 100


def said(source: Source, state: State, *, at_ms: int = NOW - 50, **detail: object) -> Reading:
    return Reading(source, state, f"{source.value}:{state.value}", "", at_ms, Detail(**detail))  # type: ignore[arg-type]


def screen(state: State, **detail: object) -> tuple[Reading, ...]:
    return (said(Source.SCREEN, state, at_ms=LOOKED, **detail),)


OLD = NOW - 60_000
BUSY_TITLE = said(Source.TITLE, State.WORKING)
CALM_TITLE = said(Source.TITLE, State.IDLE)

ASKED = said(Source.HOOK, State.THINKING, at_ms=LOOKED - 100)
EARLIER = said(Source.HOOK, State.THINKING, at_ms=OLD - 1000)
FAILED = said(Source.TRANSCRIPT, State.ERROR, at_ms=OLD, error=ErrorClass.AUTH, retrying=False)
STOPPED = said(Source.TRANSCRIPT, State.IDLE, at_ms=OLD, reason="interrupted")
TRIED = said(Source.TRANSCRIPT, State.ERROR, at_ms=NOW - 5000, error=ErrorClass.SERVER, retrying=True)
HEARD = said(Source.HOOK, State.READING, at_ms=OLD + 1000)
ANNOUNCED = said(Source.ANNOUNCEMENT, State.WORKING, at_ms=OLD)
BEGUN = said(Source.ANNOUNCEMENT, State.WORKING, at_ms=NOW - 100)
GRANTED = replace(
    said(Source.HOOK, State.WAITING, at_ms=OLD, tool="Bash", command="pytest"),
    then=said(Source.HOOK, State.TESTING, at_ms=OLD, tool="Bash", command="pytest"),
)
BLOCKED = said(Source.ANNOUNCEMENT, State.WAITING, at_ms=OLD)

TABLE: tuple[tuple[str, Words, State], ...] = (
    ("front", Words(NOW, screen(State.IDLE), LOOKED, front=said(Source.PROCESS, State.WORKING)), State.WORKING),
    (
        "dialog",
        Words(NOW, screen(State.WAITING), LOOKED, hook=said(Source.HOOK, State.TESTING, at_ms=OLD)),
        State.WAITING,
    ),
    ("dialog", Words(NOW, screen(State.WAITING), LOOKED, title=BUSY_TITLE), State.WAITING),
    (
        "untold",
        Words(NOW, screen(State.WORKING), LOOKED, hook=ASKED, behind=screen(State.THINKING)[0]),
        State.WORKING,
    ),
    (
        "hook-ahead",
        Words(NOW, screen(State.WORKING), LOOKED, hook=ASKED, behind=screen(State.WORKING)[0]),
        State.THINKING,
    ),
    ("untold", Words(NOW, screen(State.ERROR, retrying=True), LOOKED, hook=ASKED), State.ERROR),
    ("untold", Words(NOW, screen(State.IDLE, reason="interrupted"), LOOKED, hook=ASKED), State.IDLE),
    (
        "untold",
        Words(NOW, screen(State.IDLE), LOOKED, hook=ASKED, behind=screen(State.THINKING)[0], title=BUSY_TITLE),
        State.WORKING,
    ),
    ("hook-ahead", Words(NOW, screen(State.IDLE), LOOKED, hook=said(Source.HOOK, State.THINKING)), State.THINKING),
    ("typed", Words(NOW, screen(State.IDLE), LOOKED, typed=said(Source.MOTION, State.THINKING)), State.THINKING),
    ("retrying", Words(NOW, screen(State.ERROR, retrying=True), LOOKED, title=BUSY_TITLE), State.ERROR),
    (
        "tool",
        Words(NOW, screen(State.THINKING), LOOKED, hook=said(Source.HOOK, State.TESTING, at_ms=OLD, tool="Bash")),
        State.TESTING,
    ),
    ("tool", Words(NOW, screen(State.THINKING), LOOKED, hook=GRANTED), State.TESTING),
    ("dialog", Words(NOW, screen(State.WAITING), LOOKED, hook=GRANTED), State.WAITING),
    ("screen", Words(NOW, screen(State.IDLE), LOOKED, hook=GRANTED), State.IDLE),
    (
        "announced",
        Words(NOW, screen(State.IDLE), LOOKED, hook=GRANTED, announced=ANNOUNCED, output_ms=NOW),
        State.TESTING,
    ),
    (
        "hook-ahead",
        Words(NOW, screen(State.THINKING), LOOKED, hook=replace(GRANTED, at_ms=LOOKED - 50)),
        State.WAITING,
    ),
    ("screen-busy", Words(NOW, screen(State.WORKING), LOOKED, title=CALM_TITLE), State.WORKING),
    (
        "screen-busy",
        Words(NOW, screen(State.WORKING), LOOKED, hook=said(Source.HOOK, State.COMPLETE, at_ms=OLD)),
        State.WORKING,
    ),
    (
        "session-ahead",
        Words(NOW, screen(State.IDLE), LOOKED, session=said(Source.SESSION_FILE, State.THINKING)),
        State.THINKING,
    ),
    ("announced", Words(NOW, screen(State.IDLE), LOOKED, announced=ANNOUNCED, output_ms=NOW - 1), State.WORKING),
    ("announced", Words(NOW, screen(State.IDLE), LOOKED, announced=BEGUN, output_ms=NOW), State.THINKING),
    (
        "announced",
        Words(NOW, screen(State.IDLE), LOOKED, announced=BEGUN, output_ms=NOW, worked_ms=NOW - 9),
        State.WORKING,
    ),
    ("announced", Words(NOW, screen(State.IDLE), LOOKED, announced=BLOCKED, title=BUSY_TITLE), State.WAITING),
    (
        "announced",
        Words(
            NOW,
            screen(State.IDLE),
            LOOKED,
            announced=ANNOUNCED,
            output_ms=NOW,
            hook=said(Source.HOOK, State.TESTING, at_ms=OLD),
        ),
        State.TESTING,
    ),
    ("screen", Words(NOW, screen(State.IDLE), LOOKED, announced=ANNOUNCED, output_ms=NOW - 10_001), State.IDLE),
    ("screen", Words(NOW, screen(State.ERROR), LOOKED, announced=ANNOUNCED, output_ms=NOW), State.ERROR),
    ("screen", Words(NOW, screen(State.IDLE), LOOKED, announced=said(Source.ANNOUNCEMENT, State.ERROR)), State.IDLE),
    (
        "dialog",
        Words(NOW, screen(State.WAITING), LOOKED, announced=said(Source.ANNOUNCEMENT, State.COMPLETE)),
        State.WAITING,
    ),
    (
        "retrying",
        Words(NOW, screen(State.ERROR, retrying=True), LOOKED, announced=ANNOUNCED, output_ms=NOW),
        State.ERROR,
    ),
    (
        "announcement",
        Words(NOW, (), LOOKED, announced=said(Source.ANNOUNCEMENT, State.IDLE), title=CALM_TITLE),
        State.IDLE,
    ),
    ("title-busy", Words(NOW, screen(State.COMPLETE), LOOKED, title=BUSY_TITLE), State.WORKING),
    (
        "title-busy",
        Words(NOW, screen(State.COMPLETE), LOOKED, title=BUSY_TITLE, hook=said(Source.HOOK, State.TESTING, at_ms=OLD)),
        State.TESTING,
    ),
    ("turn-end", Words(NOW, screen(State.IDLE), LOOKED, hook=said(Source.HOOK, State.ERROR, at_ms=OLD)), State.ERROR),
    ("end-told", Words(NOW, screen(State.IDLE), LOOKED, hook=EARLIER, transcript=FAILED), State.ERROR),
    ("end-told", Words(NOW, screen(State.ERROR), LOOKED, hook=EARLIER, transcript=FAILED), State.ERROR),
    ("end-told", Words(NOW, screen(State.IDLE), LOOKED, transcript=STOPPED), State.IDLE),
    ("end-told", Words(NOW, screen(State.IDLE, reason="interrupted"), LOOKED, transcript=STOPPED), State.IDLE),
    ("screen", Words(NOW, screen(State.IDLE, reason="interrupted"), LOOKED, transcript=FAILED), State.IDLE),
    ("screen", Words(NOW, screen(State.ERROR), LOOKED, transcript=STOPPED), State.ERROR),
    ("screen", Words(NOW, screen(State.IDLE), LOOKED, hook=HEARD, transcript=FAILED), State.IDLE),
    ("screen", Words(NOW, screen(State.IDLE), LOOKED, transcript=TRIED), State.IDLE),
    ("screen-busy", Words(NOW, screen(State.THINKING), LOOKED, transcript=FAILED), State.THINKING),
    ("retry-told", Words(NOW, screen(State.THINKING), LOOKED, hook=EARLIER, transcript=TRIED), State.ERROR),
    ("screen-busy", Words(NOW, screen(State.WORKING), LOOKED, transcript=TRIED), State.WORKING),
    ("screen-busy", Words(NOW + 15_000, screen(State.THINKING), LOOKED, transcript=TRIED), State.THINKING),
    (
        "screen",
        Words(NOW, screen(State.IDLE), LOOKED, hook=said(Source.HOOK, State.TESTING, at_ms=OLD)),
        State.IDLE,
    ),
    ("screen", Words(NOW, screen(State.IDLE), LOOKED, session=said(Source.SESSION_FILE, State.WAITING)), State.IDLE),
    ("screen", Words(NOW, screen(State.ERROR), LOOKED, title=BUSY_TITLE), State.ERROR),
    ("moving", Words(NOW, screen(State.IDLE), LOOKED, motion=said(Source.MOTION, State.WORKING)), State.WORKING),
    ("screen", Words(NOW, screen(State.IDLE), LOOKED, motion=said(Source.MOTION, State.IDLE)), State.IDLE),
    ("hook", Words(NOW, (), LOOKED, hook=said(Source.HOOK, State.COMPLETE, at_ms=OLD)), State.COMPLETE),
    ("session", Words(NOW, (), LOOKED, session=said(Source.SESSION_FILE, State.IDLE, at_ms=OLD)), State.IDLE),
    ("title", Words(NOW, (), LOOKED, title=CALM_TITLE), State.IDLE),
    ("motion", Words(NOW, (), LOOKED, motion=said(Source.MOTION, State.WORKING)), State.WORKING),
)


@pytest.mark.parametrize(("row", "words", "state"), TABLE)
def test_who_is_believed(row: str, words: Words, state: State) -> None:
    decision = fuse(words)
    assert decision.reading is not None
    assert (decision.row, decision.reading.state) == (row, state)


def test_every_row_is_in_the_table_and_has_its_reason() -> None:
    assert {row.id for row in PRECEDENCE} == {row for row, _, _ in TABLE}
    assert all(row.why for row in PRECEDENCE)


def test_what_was_not_believed_is_said_with_the_reason() -> None:
    decision = fuse(Words(NOW, screen(State.ERROR, retrying=True), LOOKED, title=BUSY_TITLE))
    (rejected,) = decision.rejected
    assert rejected.reading == BUSY_TITLE
    assert rejected.why == "title says working, but it retries a failed request; title and session file call that busy."


def test_another_rule_of_the_same_screen_is_not_called_a_hook() -> None:
    decision = fuse(Words(NOW, (*screen(State.COMPLETE), *screen(State.WORKING)), LOOKED))
    (rejected,) = decision.rejected
    assert rejected.why == "screen says working too, by a rule that counts less than the one that was believed."


def test_an_old_title_is_not_heard() -> None:
    old = said(Source.TITLE, State.WORKING, at_ms=NOW - 20_000)
    assert fuse(Words(NOW, (), LOOKED, title=old)).reading is None


def test_nobody_says_anything() -> None:
    assert fuse(Words(NOW)).reading is None
