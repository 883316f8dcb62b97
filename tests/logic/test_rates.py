"""Rate limits and back-off."""

import heapq
import math
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from outrider.logic.rates import SlidingWindow, backoff_ms


@dataclass
class Door:
    """What comes to a window stands in line, at a clock of its own; what was let through begins after a look, or does not begin."""

    window: SlidingWindow
    now: int = 0
    passed: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    looking: list[tuple[int, bool]] = field(default_factory=list)

    def comes(self, at_ms: int, look_ms: int = 0, *, begins: bool = True) -> int:
        """The next in line comes; when it was let through."""
        queued, self.now = at_ms < self.now, max(self.now, at_ms)
        self._looked()
        while (wait := self.window.wait_ms(self.now, queued=queued)) > 0:
            queued = True
            self.now += min([wait, *(end - self.now for end, _ in self.looking[:1])])
            self._looked()
        self.window.take(self.now)
        self.passed.append(self.now)
        heapq.heappush(self.looking, (self.now + look_ms, begins))
        self._looked()
        return self.now

    def closes(self) -> None:
        """All looks come to their end."""
        while self.looking:
            self.now = max(self.now, self.looking[0][0])
            self._looked()

    def _looked(self) -> None:
        while self.looking and self.looking[0][0] <= self.now:
            at, begins = heapq.heappop(self.looking)
            if begins:
                self.window.begin(at)
                self.begun.append(at)
            else:
                self.window.give_back()


def test_lets_as_many_through_in_a_second_and_the_rest_one_by_one_in_later_ones() -> None:
    door = Door(SlidingWindow(2))
    assert [door.comes(1000) for _ in range(5)] == [1000, 1000, 2000, 2500, 3000]


def test_less_than_one_a_second() -> None:
    door = Door(SlidingWindow(0.5))
    assert [door.comes(at) for at in (0, 0, 5000)] == [0, 2000, 5000]


def test_a_rest_fills_it_again_but_not_beyond_one_second() -> None:
    door = Door(SlidingWindow(2))
    assert [door.comes(at) for at in (0, 0, 60_000, 60_000, 60_000)] == [0, 0, 60_000, 60_000, 61_000]


def test_a_place_is_kept_until_a_second_after_the_beginning_and_free_at_once_where_it_is_given_back() -> None:
    door = Door(SlidingWindow(1))
    assert [door.comes(0, 300), door.comes(0, 300, begins=False), door.comes(0)] == [0, 1300, 1600]


def test_a_clock_that_is_put_back_shuts_it_for_a_second_at_most() -> None:
    (door := Door(SlidingWindow(2))).comes(3_600_000)
    door.comes(3_600_000)
    assert (door.window.wait_ms(0), door.window.wait_ms(1000)) == (1000, 0)


COMERS = st.tuples(st.integers(0, 400), st.integers(0, 1500), st.booleans())


@given(st.floats(0.1, 50), st.lists(COMERS, min_size=1, max_size=60))
def test_never_more_begin_than_the_rate_in_any_second(per_s: float, comers: list[tuple[int, int, bool]]) -> None:
    door, at = Door(SlidingWindow(per_s)), 0
    for gap, look_ms, begins in comers:
        at += gap
        door.comes(at, look_ms, begins=begins)
    door.closes()
    assert door.passed == sorted(door.passed)
    for first in door.begun:
        assert sum(first <= each < first + 1000 for each in door.begun) <= math.ceil(per_s)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(1, 200))
def test_a_flood_goes_through_at_the_rate_less_the_looks(per_s: int, look_ms: int, count: int) -> None:
    door = Door(SlidingWindow(per_s))
    for _ in range(count):
        door.comes(0, look_ms)
    cycles = (
        count - 1
    ) // per_s + 1  # one second each, in which as many begin as may; the gaps between are rounded up to whole ms
    assert door.now <= cycles * (1000 + look_ms + per_s)


def test_backoff_doubles_and_is_spread() -> None:
    assert [backoff_ms(n, 2.0, 0.5) for n in (1, 2, 3)] == [2000, 4000, 8000]
    assert backoff_ms(1, 2.0, 0.0) == 1500
    assert backoff_ms(1, 2.0, 1.0) == 2500
