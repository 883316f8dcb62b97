"""How this daemon is: health, figures, kinds."""

from typing import NotRequired

from fastapi import Request
from pydantic import ConfigDict, with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.model import wire
from outrider.web.answers import answer, routes
from outrider.web.context import Context, Given, Service


class WebSocketJSON(TypedDict):
    """The event stream: how many listen now, and where."""

    clients: int
    url: str


class HealthJSON(TypedDict):
    """`status` is `ok` or `degraded`, with the `reason` of that; `uptime` is in seconds; each part tells of itself.

    What is wrong with `notify` or `policies` does not make the whole degraded: nothing else waits for it.
    """

    status: str
    version: str
    node: str
    uptime: float
    websocket: WebSocketJSON
    tmux: dict[str, object]
    store: dict[str, object]
    bus: dict[str, object]
    notify: dict[str, object]
    policies: dict[str, object]
    reason: NotRequired[str]


class AgentCounts(TypedDict):
    """How many agents there are, and how many of them are alive."""

    total: int
    alive: int


@with_config(ConfigDict(extra="allow"))
class StatsJSON(TypedDict):
    """Figures: agents, the living ones by state, commands by status, the newest event's seq; `uptime` is in seconds."""

    agents: AgentCounts
    states: dict[str, int]
    commands: dict[str, int]
    events: int
    uptime: float
    websocket: WebSocketJSON


class KindList(TypedDict):
    """Kinds in order of name."""

    kinds: list[wire.KindJSON]
    count: int


router = routes(tag="health")


@router.get(
    "/health",
    response_model=HealthJSON,
    responses={503: {"model": HealthJSON, "description": "A part is down; `reason` says which."}},
)
async def get_health(context: Given, request: Request) -> Response:
    """Whether everything works: 200, or 503 where a part is down."""
    bus = dict(context.fleet.health())
    engine = context.engine
    told = {**await engine.health(), "bus": bus, "notify": dict(context.notices.health())}
    told["policies"] = dict(engine.dialogs.policies())
    if bus["status"] != "ok":
        told |= {
            "status": bus["status"],
            "reason": "; ".join(filter(None, (str(told.get("reason", "")), f"bus: {bus['why']}"))),
        }
    return answer({**told, "websocket": _websocket(context, request)}, 200 if told.get("status") == "ok" else 503)


@router.get("/api/stats", response_model=StatsJSON)
async def get_stats(context: Given, request: Request) -> Response:
    """Figures for a dashboard."""
    return answer({**await context.engine.stats(), "websocket": _websocket(context, request)})


@router.get("/api/kinds", response_model=KindList)
async def list_kinds(engine: Service) -> Response:
    """Every kind of agent that can be started or recognised here."""
    kinds = [wire.kind_json(kind) for kind in sorted(engine.kinds(), key=lambda kind: kind.name)]
    return answer({"kinds": kinds, "count": len(kinds)})


def _websocket(context: Context, request: Request) -> WebSocketJSON:
    """The address under the name that the daemon was asked by; the gate let that pass. A Unix socket has none."""
    here = request.client is not None and "host" in request.headers
    url = f"http://{request.headers['host']}" if here else context.url
    return {"clients": context.hub.clients, "url": f"ws{url.removeprefix('http')}"}
