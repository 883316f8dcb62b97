"""The part of the client that is about the machines of the fleet, and where each is."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from outrider.client.place import Everywhere, JsonObject, Place, seq

if TYPE_CHECKING:
    from outrider.model.fleet_wire import NodeJSON


class Nodes:
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

    def events_everywhere(
        self, cursor: str | None = None, sessions: Iterable[str] = (), names: Iterable[str] = ()
    ) -> AsyncGenerator[JsonObject, None]:
        """As `events`, those of all nodes; messages of type `gap` say what cannot be had of a node."""
        return self._follow(Everywhere(cursor), sessions, names)

    async def _get(self, path: str, query: str = "", **parameters: str | int | None) -> JsonObject:
        raise NotImplementedError

    def _follow(self, place: Place, sessions: Iterable[str], names: Iterable[str]) -> AsyncGenerator[JsonObject, None]:
        raise NotImplementedError

    async def _post(
        self, path: str, body: JsonObject | None = None, headers: Mapping[str, str] | None = None
    ) -> JsonObject:
        raise NotImplementedError


def _node(node: str, what: str) -> str:
    return f"/api/nodes/{quote(node, safe='')}/{what}"
