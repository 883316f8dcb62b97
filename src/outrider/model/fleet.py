"""The words of a fleet: nodes, what each tells the others, and letters between them."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Feed:
    """What one database of one node tells. After a backup was put back it is another database, and another feed."""

    node: str
    incarnation: str


class Place(NamedTuple):
    """Where something stands in a feed. Events have part 0 of their seq in the journal; what stands behind one has higher parts."""

    seq: int
    part: int = 0


BEGINNING = Place(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a feed told; `body` is sealed."""

    feed: Feed
    place: Place
    body: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Something for one node alone, sealed. `mark` is how the carrier knows it."""

    mark: str
    body: str
