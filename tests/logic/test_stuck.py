from dataclasses import replace

import pytest

from outrider.logic.stuck import DEFAULT, REASONS, History, Thresholds, beneath, overlaid, reason, since
from outrider.model.state import BUSY, Confidence, Detail, ErrorClass, Reading, Source, State, Verdict

NOW = 1_000_000_000
MINUTE = 60_000


def ago(minutes: float) -> int:
    return NOW - int(minutes * MINUTE)


def verdict(state: State, minutes: float, detail: Detail | None = None, *, alive: bool = True) -> Verdict:
    return Verdict(state, alive, ago(minutes), Confidence.HIGH, detail=detail or Detail())


def history(state: State, minutes: float = 60, detail: Detail | None = None, **known: object) -> History:
    """An agent in that state for so many minutes, with nothing moving since."""
    base = History(verdict(state, minutes, detail), NOW, ago(minutes))
    return replace(base, **known)  # type: ignore[arg-type]


PYTEST = Detail(tool="Bash", command="pytest -q")
DOWNLOAD = Detail(tool="Bash", command="curl -O http://example.org/big.iso")

STUCK = {
    "a spinner without a screen that moves": ("frozen", history(State.THINKING, 6)),
    "exactly at the threshold": ("frozen", history(State.WORKING, 5)),
    "a test run whose process is gone": ("frozen", history(State.TESTING, 6, PYTEST)),
    "a test run that nobody can name": ("frozen", history(State.TESTING, 6, running=True)),
    "a test run that hangs for hours": ("frozen", history(State.TESTING, 61, PYTEST, running=True)),
    "a start that does not end": ("frozen", history(State.INITIALIZING, 6)),
    "a compaction that hangs": ("frozen", history(State.WORKING, 16, Detail(reason="compacting"))),
    "the same command again and again": ("looping", history(State.WORKING, 0, recent=("make",) * 5)),
    "the same command after others": ("looping", history(State.TESTING, 0, recent=("ls", "git diff", *("make",) * 5))),
    "edit and error in turn": ("looping", history(State.WORKING, 0, recent=("pytest", "exit 1") * 5)),
    "a question nobody answers": ("unanswered", history(State.WAITING, 11)),
    "a usage limit": (
        "limited",
        history(State.ERROR, 2, Detail(error=ErrorClass.USAGE_LIMIT, resets_at_ms=NOW + MINUTE)),
    ),
    "a rate limit that is not tried again": ("limited", history(State.ERROR, 2, Detail(error=ErrorClass.RATE_LIMIT))),
    "a wrong key": ("auth", history(State.ERROR, 2, Detail(error=ErrorClass.AUTH))),
    "no money": ("auth", history(State.ERROR, 2, Detail(error=ErrorClass.BILLING))),
    "a draft nobody sent": ("unsubmitted", history(State.IDLE, 60, draft_ms=ago(3))),
    "a draft behind a finished turn": ("unsubmitted", history(State.COMPLETE, 60, draft_ms=ago(3))),
    "idle with open items": ("idle_unfinished", history(State.IDLE, 6, unfinished=True)),
    "a shell in the agent's place": ("shell", history(State.IDLE, 60, shell_ms=ago(1))),
    "a shell, whatever was said last": ("shell", history(State.THINKING, 60, shell_ms=ago(1))),
}

MOVING = {
    "idle with nothing asked of it": history(State.IDLE, 9_999),
    "complete for days": history(State.COMPLETE, 9_999),
    "complete though its own list has open items": history(State.COMPLETE, 60, unfinished=True),
    "a silent test run of 20 minutes": history(State.TESTING, 20, PYTEST, running=True),
    "a long download": history(State.WORKING, 20, DOWNLOAD, running=True),
    "a compaction": history(State.WORKING, 10, Detail(reason="compacting")),
    "a screen that moves": history(State.THINKING, 60, moved_ms=ago(1)),
    "a state that has just changed": history(State.THINKING, 1, moved_ms=ago(60)),
    "just below the threshold": history(State.WORKING, 4.99),
    "a question just asked": history(State.WAITING, 9),
    "a person at the dialog": history(State.WAITING, 11, typing=True),
    "a person who writes slowly": history(State.IDLE, 60, draft_ms=ago(5), typing=True),
    "a fresh draft": history(State.IDLE, 60, draft_ms=ago(1)),
    "a draft while it works": history(State.WORKING, 1, draft_ms=ago(5)),
    "a retry that goes on": history(State.ERROR, 4, Detail(error=ErrorClass.SERVER, retrying=True)),
    "a rate limit that is tried again": history(State.ERROR, 4, Detail(error=ErrorClass.RATE_LIMIT, retrying=True)),
    "a limit of this moment": history(State.ERROR, 0.5, Detail(error=ErrorClass.USAGE_LIMIT)),
    "an error that a person may retry": history(State.ERROR, 60, Detail(error=ErrorClass.SERVER)),
    "different commands": history(State.WORKING, 0, recent=("a", "b", "c", "d", "e", "f")),
    "the same four times": history(State.WORKING, 0, recent=("make",) * 4),
    "the same with another between": history(State.WORKING, 0, recent=("make", "make", "ls", "make", "make", "make")),
    "the same long ago": history(State.WORKING, 0, recent=("make",) * 9 + ("ls",)),
    "three in turn": history(State.WORKING, 0, recent=("edit", "pytest", "exit 1") * 5),
    "a loop that ended": history(State.COMPLETE, 0, recent=("make",) * 9),
    "idle with open items for a moment": history(State.IDLE, 4, unfinished=True),
    "idle with open items and a person at it": history(State.IDLE, 60, unfinished=True, typing=True),
    "a background task that will wake it": history(State.IDLE, 60, Detail(reason="background"), unfinished=True),
    "a dead agent": replace(history(State.THINKING, 60), verdict=verdict(State.THINKING, 60, alive=False)),
    "a dead agent's question": replace(history(State.WAITING, 60), verdict=verdict(State.WAITING, 60, alive=False)),
    "a shell that flashed up": history(State.WORKING, 1, shell_ms=NOW - 1000),
    "a clock that went back": history(State.THINKING, -60),
}


@pytest.mark.parametrize("case", STUCK)
def test_what_should_move_and_does_not_is_stuck(case: str) -> None:
    expected, stuck = STUCK[case]
    assert reason(stuck) == expected


@pytest.mark.parametrize("case", MOVING)
def test_what_is_in_order_is_not_stuck(case: str) -> None:
    assert reason(MOVING[case]) is None


def test_every_reason_has_a_case() -> None:
    assert {expected for expected, _ in STUCK.values()} == set(REASONS)


@pytest.mark.parametrize("state", sorted(BUSY))
def test_thresholds_can_be_set(state: State) -> None:
    assert reason(history(state, 6), Thresholds(frozen=600)) is None
    assert reason(history(state, 1), Thresholds(frozen=30)) == "frozen"
    # A longer patience with everything is patience with tests as well.
    assert reason(history(State.TESTING, 90, PYTEST, running=True), Thresholds(frozen=7200)) is None


def test_a_person_is_told_first_what_only_a_person_can_end() -> None:
    everything = history(State.WAITING, 60, recent=("make",) * 9, draft_ms=ago(60), unfinished=True)
    assert reason(everything) == "unanswered"
    assert reason(replace(everything, shell_ms=ago(1))) == "shell"


def test_defaults_are_those_of_the_settings() -> None:
    assert (DEFAULT.frozen, DEFAULT.idle_unfinished, DEFAULT.unanswered) == (300, 300, 600)


def test_what_is_beneath_is_found_again() -> None:
    said = Reading(Source.HOOK, State.WAITING, "hook:PermissionRequest", "Bash", ago(11), PYTEST)
    asked = replace(verdict(State.WAITING, 11, PYTEST), evidence=(said,))
    stuck = overlaid(asked, "unanswered", ago(11))
    assert (stuck.state, stuck.detail.reason, stuck.detail.command) == (State.STUCK, "unanswered", "pytest -q")
    assert (beneath(stuck).state, beneath(stuck).detail) == (State.WAITING, PYTEST)
    assert beneath(asked) is asked


@pytest.mark.parametrize("case", STUCK)
def test_each_reason_counts_from_when_it_began(case: str) -> None:
    why, stuck = STUCK[case]
    assert stuck.verdict.since_ms <= since(stuck, why) <= NOW
