"""What a daemon's signs of life, memory and ends call for."""

from dataclasses import replace

import pytest

from outrider.logic.vigil import Bounds, Call, Sighting, in_a_row, judge, pause_s

BOUNDS = Bounds(500, 450, watchdog_s=30, start_s=60, backoff_s=1, backoff_most_s=60)
WELL = Sighting(now_s=1000, started_s=500, ready=True, heard_s=995, memory_mb=80)


@pytest.mark.parametrize(
    ("change", "call", "says"),
    [
        ({}, Call.NOTHING, ""),
        ({"memory_mb": None}, Call.NOTHING, ""),
        ({"heard_s": 969.9}, Call.ABORT, "no sign of life for 30 s"),
        ({"heard_s": 970.0}, Call.NOTHING, ""),
        ({"ready": False, "started_s": 939.0}, Call.ABORT, "not ready after 60 s"),
        ({"ready": False, "started_s": 941.0, "heard_s": 0}, Call.NOTHING, ""),
        ({"memory_mb": 451}, Call.REPLACE, "451 MB, more than 450"),
        ({"memory_mb": 451, "replaced_s": 500}, Call.NOTHING, ""),
        ({"memory_mb": 451, "replaced_s": 399}, Call.REPLACE, "451 MB"),
        ({"memory_mb": 501, "replaced_s": 999}, Call.KILL, "501 MB, more than 500"),
        ({"memory_mb": 501, "ready": False}, Call.KILL, "501 MB"),
        ({"memory_mb": 451, "heard_s": 0}, Call.ABORT, "no sign of life"),
    ],
)
def test_judge(change: dict[str, float], call: Call, says: str) -> None:
    found, why = judge(replace(WELL, **change), BOUNDS)  # type: ignore[arg-type]
    assert found is call
    assert says in why
    assert bool(why) is (call is not Call.NOTHING)


def test_the_pause_doubles_up_to_a_limit_and_begins_anew_after_a_stable_run() -> None:
    crashes, pauses = 0, []
    for _ in range(8):
        crashes = in_a_row(crashes, 5, BOUNDS)
        pauses.append(pause_s(crashes, BOUNDS))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_s(10_000, BOUNDS) == 60
    assert pause_s(in_a_row(crashes, 60, BOUNDS), BOUNDS) == 1
    assert pause_s(0, BOUNDS) == 0
