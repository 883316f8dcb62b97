import pytest

from outrider.logic.forecast import eta
from outrider.model.progress import Sample

MINUTE = 60_000


def went(*figures: tuple[float, int], source: str = "spec:TASKS.md", start: int = 0) -> list[Sample]:
    """One sample a minute: per cent and items done."""
    return [Sample("a", (start + n) * MINUTE, share, source, done, 10) for n, (share, done) in enumerate(figures)]


STEADY = went((0, 0), (10, 1), (20, 2), (30, 3))


def test_at_a_steady_pace() -> None:
    assert eta(STEADY, 3 * MINUTE) == 10 * MINUTE


def test_the_pace_slows_while_nothing_gets_done() -> None:
    assert eta(STEADY, 6 * MINUTE) == 20 * MINUTE


@pytest.mark.parametrize(
    "history",
    [
        [],
        STEADY[:1],
        STEADY[:3],
        went((0, 0), (30, 3), (20, 2), (30, 3)),
        went((90, 7), (100, 10)),
        went((50, 0), (40, 3)),
        [*STEADY, *went((30, 3), source="todo", start=4)],
    ],
    ids=["nothing", "one look", "two items", "undone again", "done", "new items", "another source"],
)
def test_nothing_is_said_where_too_little_is_known(history: list[Sample]) -> None:
    assert eta(history, 9 * MINUTE) is None
