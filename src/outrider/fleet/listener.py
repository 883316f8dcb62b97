"""Who is told of other nodes, as it is heard."""

from typing import Protocol

from outrider.model.event import Event
from outrider.model.fleet import Feed


class Listener(Protocol):
    """Takes what is heard of other nodes. Nothing here may wait."""

    def began(self, feed: Feed, seq: int) -> None:
        """What comes behind that seq of the feed is heard from now on."""
        ...

    def heard(self, feed: Feed, event: Event) -> None:
        """The next event of the feed."""
        ...

    def missed(self, feed: Feed, since: int, first: int) -> None:
        """What stood between these two cannot be had; `first` is the event that comes next."""
        ...

    def changed(self, node: str) -> None:
        """The node is new, is away or back, or was forgotten."""
        ...


class Nobody:
    """Does not listen."""

    def began(self, feed: Feed, seq: int) -> None:
        """Nothing."""

    def heard(self, feed: Feed, event: Event) -> None:
        """Nothing."""

    def missed(self, feed: Feed, since: int, first: int) -> None:
        """Nothing."""

    def changed(self, node: str) -> None:
        """Nothing."""
