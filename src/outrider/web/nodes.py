"""Nodes over HTTP: the machines of the fleet."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.model.fleet_wire import NodeJSON
from outrider.web.answers import BODY, CHANGE, THING, answer, documented, routes
from outrider.web.context import Asker, Given, Strict


class NodeList(TypedDict):
    """The nodes of the fleet: this one first, then the others in order of name."""

    nodes: list[NodeJSON]
    count: int


class DrainBody(Strict):
    """Whether to drain it."""

    drain: bool = Field(True, description="No new agents are started there; false: they are again.")


Node = Annotated[str, Path(description="A node's name.", examples=["build-1"])]

router = routes("/api/nodes", "nodes")


@router.get("", response_model=NodeList)
async def list_nodes(context: Given) -> Response:
    """Every machine of the fleet, those that are away included; this one alone where it is joined with no other."""
    return _listed(context.fleet.nodes())


@router.post("/{node}/drain", response_model=NodeList, responses=documented(*THING, *BODY, *CHANGE))
async def drain_node(node: Node, context: Given, actor: Asker, body: DrainBody | None = None) -> Response:
    """Has no new agents started on a node; those that are there go on, and are shown."""
    return _listed(await context.fleet.drain(node, actor, on=body is None or body.drain))


@router.post("/{node}/forget", response_model=NodeList, responses=documented(*THING, *CHANGE))
async def forget_node(node: Node, context: Given, actor: Asker) -> Response:
    """Leaves a node that is away out of the list, with its agents, until it is heard of again."""
    return _listed(await context.fleet.forget(node, actor))


def _listed(nodes: Sequence[NodeJSON]) -> Response:
    return answer({"nodes": list(nodes), "count": len(nodes)})
