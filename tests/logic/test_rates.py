"""Rate limits and back-off."""

from hypothesis import given
from hypothesis import strategies as st

from outrider.logic.rates import Bucket, backoff_ms


def test_lets_a_burst_through_and_then_spaces_the_rest() -> None:
    bucket = Bucket(2)
    assert [bucket.wait_ms(1000) for _ in range(4)] == [0, 0, 500, 1000]


def test_a_rest_fills_it_again_but_not_beyond_one_second() -> None:
    bucket = Bucket(2)
    for _ in range(2):
        bucket.wait_ms(0)
    assert [bucket.wait_ms(60_000) for _ in range(3)] == [0, 0, 500]


@given(st.floats(0.1, 50), st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_never_more_than_the_rate_over_any_time(per_s: float, gaps: list[int]) -> None:
    bucket, now, passed = Bucket(per_s), 0, []
    for gap in gaps:
        now += gap
        passed.append(now + bucket.wait_ms(now))
    full = max(1.0, per_s)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            span_ms = passed[last] - passed[first]
            assert last - first + 1 <= full + span_ms * per_s / 1000 + 1.01


def test_backoff_doubles_and_is_spread() -> None:
    assert [backoff_ms(n, 2.0, 0.5) for n in (1, 2, 3)] == [2000, 4000, 8000]
    assert backoff_ms(1, 2.0, 0.0) == 1500
    assert backoff_ms(1, 2.0, 1.0) == 2500
