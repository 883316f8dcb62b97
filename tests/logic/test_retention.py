"""What is kept goes when it is too old, and the oldest of what is too much; what is in use stays."""

from outrider.logic.retention import Kept, excess

KEPT = [Kept("c", 300, 10), Kept("a", 100, 10), Kept("b", 200, 10, held=True), Kept("d", 400, 10)]


def test_what_is_old_goes_and_then_the_oldest_until_the_rest_fits() -> None:
    assert excess(KEPT, before_ms=0, most=40) == ()
    assert excess(KEPT, before_ms=101, most=40) == ("a",)
    assert excess(KEPT, before_ms=0, most=25) == ("a", "c")
    assert excess(KEPT, before_ms=1000, most=40) == ("a", "c", "d")
    assert excess([], before_ms=1000, most=0) == ()
