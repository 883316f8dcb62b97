"""Nodes over HTTP: the machines of the fleet."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Request, WebSocket
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.errors import Malformed, NoSuchAgent
from outrider.model.fleet import Call
from outrider.model.fleet_wire import NodeJSON
from outrider.web.agents import Session
from outrider.web.answers import AGENT, BODY, CHANGE, RATE, THING, answer, documented, encoded, routes
from outrider.web.commands import Accepted, CommandBody, Key, accepted, asked
from outrider.web.context import Asker, Context, Given, Strict
from outrider.web.forwarded import elsewhere
from outrider.web.terminal import show


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


@router.post(
    "/{node}/agents/{session}/command",
    status_code=202,
    response_model=Accepted,
    responses=documented(*AGENT, *BODY, *CHANGE, *RATE),
)
async def send_command_elsewhere(  # noqa: PLR0917  # FastAPI's way
    node: Node, session: Session, body: CommandBody, context: Given, actor: Asker, key: Key = None
) -> Response:
    """Keeps a text for an agent of another node here, until that node has it; typed there exactly once, or said to be uncertain.

    The same as `POST /api/agents/{node}%2F{session}/command`; so is everything else that is asked of an agent.
    """
    return accepted(await context.fleet.command(node, session, asked(body, key), actor))


@router.api_route("/{node}/agents/{session}", methods=["GET", "PATCH"], include_in_schema=False)
async def ask_elsewhere(node: Node, session: Session, request: Request, context: Given, actor: Asker) -> Response:
    """What that agent's own node answers; of one that is away, how the agent was last."""
    known = context.fleet.find(node, session)
    if request.method == "GET" and known is not None and "away" in known.agent:
        return encoded(known.text)
    return await _forwarded((node, session, ""), request, context, actor)


@router.api_route("/{node}/agents/{session}/{what:path}", methods=["GET", "POST"], include_in_schema=False)
async def act_elsewhere(node: Node, session: Session, request: Request, context: Given, actor: Asker) -> Response:
    """What that agent's own node answers."""
    what = str(request.path_params["what"])
    return await _forwarded((node, session, f"/{what}"), request, context, actor)


@router.websocket("/{node}/agents/{session}/terminal")
async def watch_elsewhere(websocket: WebSocket, node: str, session: str, context: Given, actor: Asker) -> None:
    """The live terminal of another node's agent."""
    await show(websocket, context, actor, context.fleet.watch(node, session, actor))


async def _forwarded(address: tuple[str, str, str], request: Request, context: Context, actor: Asker) -> Response:
    node, session, what = address
    if context.fleet.find(node, session) is None and what != "/adopt":
        raise NoSuchAgent(
            f"No agent has the session name {session!r} on {node}, as far as is known here.",
            detail={"session": f"{node}/{session}"},
        )
    path = f"/api/agents/{session}{what}"
    call = Call(request.method, path, request.url.query, await _text(request), actor)
    return elsewhere(await context.fleet.call(node, call), node)


async def _text(request: Request) -> str:
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError:
        raise Malformed("The body could not be read: it must be JSON, in UTF-8.") from None


def _listed(nodes: Sequence[NodeJSON]) -> Response:
    return answer({"nodes": list(nodes), "count": len(nodes)})
