"""What each command in an agent's line waits for."""

from dataclasses import replace

from outrider.logic.line import LATE, NEXT, late, waits
from outrider.model.command import Command, Status

NOW = 10_000
FIRST = Command("a", 1, "agent", "one", "go", Status.QUEUED, "uid:1", NOW, NOW)
LINE = (FIRST, replace(FIRST, id="b", not_before_ms=NOW + 90_000), replace(FIRST, id="c"), replace(FIRST, id="d"))


def test_each_says_what_it_waits_for() -> None:
    why = "The agent shows a dialog that waits for an answer."
    assert [waits(each.id, LINE, why, NOW) for each in LINE] == [
        why,
        "Its delay: it goes in after 90 s at the earliest.",
        f"One command goes in before it. {why}",
        f"2 commands go in before it. {why}",
    ]
    assert waits("b", LINE, why, NOW + 90_000) == f"One command goes in before it. {why}"


def test_what_is_not_in_the_line_or_being_typed_waits_for_nothing() -> None:
    assert waits("x", LINE, "", NOW) is None
    assert waits("a", [replace(FIRST, status=Status.SENDING)], "", NOW) is None
    assert waits("a", LINE, "", NOW) == NEXT
    assert waits("c", LINE, "", NOW) == "One command goes in before it."


def test_one_whose_time_ran_out_says_what_it_waited_for_still() -> None:
    why = "Somebody's draft stands in the composer."
    assert late("a", LINE, why, NOW) == f"{LATE} It waited: {why}"
    assert late("c", LINE, why, NOW) == f"{LATE} It waited: One command goes in before it. {why}"
    assert late("a", LINE, "", NOW) == late("x", LINE, "", NOW) == LATE
