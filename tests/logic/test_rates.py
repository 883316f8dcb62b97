"""Rate limits and back-off."""

import math

from hypothesis import given
from hypothesis import strategies as st

from outrider.logic.rates import Bucket, backoff_ms


def test_lets_as_many_through_in_a_second_and_the_rest_one_by_one_in_later_ones() -> None:
    bucket = Bucket(2)
    assert [bucket.wait_ms(1000) for _ in range(5)] == [0, 0, 1000, 1500, 2000]


def test_less_than_one_a_second() -> None:
    bucket = Bucket(0.5)
    assert [bucket.wait_ms(0), bucket.wait_ms(0), bucket.wait_ms(5000)] == [0, 2000, 0]


def test_a_rest_fills_it_again_but_not_beyond_one_second() -> None:
    bucket = Bucket(2)
    for _ in range(2):
        bucket.wait_ms(0)
    assert [bucket.wait_ms(60_000) for _ in range(3)] == [0, 0, 1000]


def test_who_comes_while_others_wait_stands_behind_them() -> None:
    bucket = Bucket(2)
    assert [bucket.wait_ms(0) for _ in range(3)] == [0, 0, 1000]
    assert bucket.wait_ms(999) == 501


@given(st.floats(0.1, 50), st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_never_more_than_the_rate_in_any_second(per_s: float, gaps: list[int]) -> None:
    bucket, now, passed = Bucket(per_s), 0, []
    for gap in gaps:
        now += gap
        passed.append(now + bucket.wait_ms(now))
    assert passed == sorted(passed)
    for begin in passed:
        assert sum(begin <= at < begin + 1000 for at in passed) <= math.ceil(per_s)


def test_backoff_doubles_and_is_spread() -> None:
    assert [backoff_ms(n, 2.0, 0.5) for n in (1, 2, 3)] == [2000, 4000, 8000]
    assert backoff_ms(1, 2.0, 0.0) == 1500
    assert backoff_ms(1, 2.0, 1.0) == 2500
