"""The words of a fleet: nodes, what each tells the others, and letters between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from outrider.model.actor import Actor
from outrider.model.command import CommandRequest


class Feed(NamedTuple):
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


class Register(NamedTuple):
    """The carrier's list of nodes: its clock (Unix ms), whose the name is that was asked for, whose the database, and the last card of
    every node, sealed."""

    now_ms: int
    holder: str
    keeper: str
    cards: Mapping[str, str]


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


class Delivery(StrEnum):
    """How far a command for another node's agent came. `waiting` and `uncertain` may still change: its node has not said.

    `taken`: its node has it in its own queue, and says the rest. `refused`: its node could not take it.
    `doubtful`: its node has another database by now, and cannot say.
    """

    WAITING = "waiting"
    TAKEN = "taken"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"
    DOUBTFUL = "doubtful"


OPEN = frozenset({Delivery.WAITING, Delivery.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Parcel:
    """A command for an agent of another node. `n` is its place among those of this node; times are of this node's clock.

    `incarnation` is the node's database when it was accepted, and then the one that it was handed over for first: another one cannot
    know whether that one typed it.
    """

    n: int
    id: str
    node: str
    session: str
    request: CommandRequest
    actor: str
    created_ms: int
    changed_ms: int
    expires_ms: int
    status: Delivery = Delivery.WAITING
    error: str | None = None
    mark: str | None = None
    incarnation: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the API that another node is to answer, for somebody who was let in here."""

    method: str
    path: str
    query: str
    body: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Reply:
    """What it answered: JSON, with the HTTP status."""

    status: int
    body: str
