"""What goes of things that are kept in files: all that is too old, and the oldest of what is too much."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is kept: its name, when it was put there (Unix ms), its size in bytes. `held` stays whatever is said."""

    name: str
    at_ms: int
    size: int
    held: bool = False


def excess(kept: Iterable[Kept], *, before_ms: int, most: float) -> tuple[str, ...]:
    """The names of those that go, oldest first: from before that time, and until the rest has at most `most` bytes."""
    in_order = sorted(kept, key=lambda each: (each.at_ms, each.name))
    left = sum(each.size for each in in_order)
    gone = []
    for each in in_order:
        if not each.held and (each.at_ms < before_ms or left > most):
            gone.append(each.name)
            left -= each.size
    return tuple(gone)
