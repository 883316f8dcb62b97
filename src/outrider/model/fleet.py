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


@dataclass(frozen=True, slots=True)
class NodeCard:
    """What a node says of itself with every sign of life.

    `stamp_ms` is the broker's clock and grows; `offset_ms` is how far the node's own clock is ahead of it. `load` is the system's
    over one minute, by core. `steer` says whether other nodes may have things done there, `draining` that no agents are to be
    started there.
    """

    node: str
    incarnation: str
    version: str
    labels: tuple[str, ...]
    agents: int
    alive: int
    load: float
    offset_ms: int
    started_ms: int
    stamp_ms: int
    steer: bool
    draining: bool

    @property
    def feed(self) -> Feed:
        """What it tells."""
        return Feed(self.node, self.incarnation)
