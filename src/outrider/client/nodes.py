"""The part of the client that is about the machines of the fleet."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from outrider.client.stream import JsonObject

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

    async def _get(self, path: str, query: str = "", **parameters: str | int | None) -> JsonObject:
        raise NotImplementedError

    async def _post(
        self, path: str, body: JsonObject | None = None, headers: Mapping[str, str] | None = None
    ) -> JsonObject:
        raise NotImplementedError


def _node(node: str, what: str) -> str:
    return f"/api/nodes/{quote(node, safe='')}/{what}"
