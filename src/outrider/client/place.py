"""How far a reader of events has come: in one node's journal, or on all nodes."""

from collections.abc import Mapping
from typing import Protocol

JsonObject = Mapping[str, object]


def seq(event: JsonObject) -> int:
    """An event's place in the journal; 0 where it has none."""
    value = event.get("seq")
    return value if isinstance(value, int) else 0


class Place(Protocol):
    """How far a reader has come."""

    def query(self) -> list[tuple[str, str]]:
        """What asks for the rest."""
        ...

    def connected(self, message: JsonObject) -> None:
        """The daemon has said where it is."""
        ...

    def takes(self, message: JsonObject) -> bool:
        """Goes on to an event, or over a gap; False for what is neither, and for an event that was there already."""
        ...


class Here:
    """In one node's journal; `since` None: at its end, once that is known."""

    def __init__(self, since: int | None) -> None:
        self._since = since

    def query(self) -> list[tuple[str, str]]:
        """What asks for the rest."""
        return [("since", str(self._since))] if self._since is not None else []

    def connected(self, message: JsonObject) -> None:
        """A journal that is behind us is another one: a new data directory."""
        newest = seq(message)
        self._since = newest if self._since is None else min(self._since, newest)

    def takes(self, message: JsonObject) -> bool:
        """Goes on to an event; a gap is left as it is."""
        if "event" not in message:
            return message.get("type") == "gap"
        if seq(message) <= (self._since or 0):
            return False
        self._since = seq(message)
        return True


class Everywhere:
    """On all nodes; `cursor` None: where they are, once that is known."""

    def __init__(self, cursor: str | None) -> None:
        self._start = cursor
        self._parts: dict[str, str] = {}

    def query(self) -> list[tuple[str, str]]:
        """What asks for the rest: where it began, and behind that where nodes are by now."""
        whole = self._start is None or (self._start == "0" and bool(self._parts))
        cursor = ",".join([*([] if whole else [str(self._start)]), *self._parts.values()])
        return [("nodes", "all"), *([("cursor", cursor)] if cursor else [])]

    def connected(self, message: JsonObject) -> None:
        """It begins where they are."""
        if self._start is None:
            self._start = str(message.get("cursor"))

    def takes(self, message: JsonObject) -> bool:
        """Goes on to an event, or over a gap."""
        cursor = message.get("cursor")
        if not isinstance(cursor, str) or ("event" not in message and message.get("type") != "gap"):
            return False
        self._parts[str(message.get("node"))] = cursor
        return True
