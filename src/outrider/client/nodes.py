"""The part of the client that is about the machines of the fleet, and where each is."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from outrider.client.place import Everywhere, JsonObject, Place, seq
from outrider.client.stream import filters

if TYPE_CHECKING:
    from outrider.model.fleet_wire import NodeJSON


PAGE = 1000


class Nodes(ABC):
    """What a client can do with nodes; whoever derives from it knows how to ask."""

    async def nodes(self) -> "list[NodeJSON]":
        """The machines of the fleet, the one that is asked first."""
        return cast("list[NodeJSON]", (await self._get("/api/nodes"))["nodes"])

    async def drain_node(self, node: str, *, drain: bool = True) -> "list[NodeJSON]":
        """Has no new agents started on a node, or has them started again."""
        return cast("list[NodeJSON]", (await self._post(_node(node, "drain"), {"drain": drain}))["nodes"])

    async def forget_node(self, node: str) -> "list[NodeJSON]":
        """Leaves a node that is away out of the list."""
        return cast("list[NodeJSON]", (await self._post(_node(node, "forget")))["nodes"])

    async def cursor(self) -> int:
        """The seq of the newest event; 0 where there is none."""
        return seq(await self._get("/api/events", limit=1))

    async def cursor_everywhere(self) -> str:
        """Where all nodes are now."""
        return str((await self._get("/api/events", "nodes=all&cursor=now"))["cursor"])

    async def latest_everywhere(
        self, count: int, sessions: Iterable[str] = (), names: Iterable[str] = ()
    ) -> list[JsonObject]:
        """Of the newest so many events of each node those that are wanted, at most so many, in the order of their times."""
        parts = (part.rpartition(":") for part in (await self.cursor_everywhere()).split(","))
        cursor = ",".join(f"{feed}:{max(0, int(newest) - count)}" for feed, _, newest in parts)
        found: list[JsonObject] = []
        while True:
            asked = filters(Everywhere(cursor), tuple(sessions), tuple(names))
            page = await self._get("/api/events", asked, limit=PAGE)
            if not (events := cast("list[JsonObject]", page["events"])):
                return sorted(found, key=lambda event: cast("int", event["timestamp"]))[-count:]
            found += events
            cursor = str(page["cursor"])

    def events_everywhere(
        self, cursor: str | None = None, sessions: Iterable[str] = (), names: Iterable[str] = ()
    ) -> AsyncGenerator[JsonObject, None]:
        """As `events`, those of all nodes; messages of type `gap` say what cannot be had of a node."""
        return self._follow(Everywhere(cursor), sessions, names)

    @abstractmethod
    async def _get(self, path: str, query: str = "", **parameters: str | int | None) -> JsonObject:
        """The daemon's answer to a GET."""

    @abstractmethod
    def _follow(self, place: Place, sessions: Iterable[str], names: Iterable[str]) -> AsyncGenerator[JsonObject, None]:
        """Events behind that place, and what happens then."""

    @abstractmethod
    async def _post(
        self, path: str, body: JsonObject | None = None, headers: Mapping[str, str] | None = None
    ) -> JsonObject:
        """The daemon's answer to a POST."""


def _node(node: str, what: str) -> str:
    return f"/api/nodes/{quote(node, safe='')}/{what}"
