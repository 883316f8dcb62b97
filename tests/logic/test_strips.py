"""What an agent was mostly doing, step by step."""

from outrider.logic.strips import strips
from outrider.model.history import Stretch


def test_the_longest_state_of_each_step_stands_and_absence_is_told() -> None:
    counted = [
        Stretch(60_000, "one", {"state:working": 10_000, "observed_ms": 10_000}),
        Stretch(70_000, "one", {"state:testing": 6_000, "state:working": 4_000}),
        Stretch(180_000, "one", {"state:idle": 60_000}),
        Stretch(120_000, "two", {"state:waiting": 30_000, "state:thinking": 30_000}),
        Stretch(60_000, "", {"state:idle": 60_000}),
    ]
    assert strips(counted, 60_000, 60_000, 240_000) == {
        "one": ["working", None, "idle"],
        "two": [None, "waiting", None],
    }


def test_nothing_counted_is_no_strip() -> None:
    assert strips([], 60_000, 0, 60_000) == {}
    assert strips([Stretch(0, "one", {"sent": 1})], 60_000, 0, 60_000) == {"one": [None]}
