"""How this daemon is: health, figures, kinds."""

from typing import NotRequired

from fastapi import APIRouter
from pydantic import ConfigDict, with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.model import wire
from outrider.web.answers import ALWAYS, answer, documented
from outrider.web.context import Context, Given, Service


class WebSocketJSON(TypedDict):
    """The event stream: how many listen now, and where."""

    clients: int
    url: str


class HealthJSON(TypedDict):
    """`status` is `ok` or `degraded`, with the `reason` of that; `uptime` is in seconds; each part tells of itself."""

    status: str
    version: str
    node: str
    uptime: float
    websocket: WebSocketJSON
    tmux: dict[str, object]
    store: dict[str, object]
    bus: dict[str, object]
    reason: NotRequired[str]


@with_config(ConfigDict(extra="allow"))
class StatsJSON(TypedDict):
    """Figures: agents by state, commands by status, and more as the parts tell."""

    websocket: WebSocketJSON


class KindList(TypedDict):
    """Kinds in order of name."""

    kinds: list[wire.KindJSON]
    count: int


router = APIRouter(tags=["health"], responses=documented(*ALWAYS))


@router.get(
    "/health",
    response_model=HealthJSON,
    responses={503: {"model": HealthJSON, "description": "A part is down; `reason` says which."}},
)
async def get_health(context: Given) -> Response:
    """Whether everything works: 200, or 503 where a part is down."""
    told = await context.engine.health()
    return answer({**told, "websocket": _websocket(context)}, 200 if told.get("status") == "ok" else 503)


@router.get("/api/stats", response_model=StatsJSON)
async def get_stats(context: Given) -> Response:
    """Figures for a dashboard."""
    return answer({**await context.engine.stats(), "websocket": _websocket(context)})


@router.get("/api/kinds", response_model=KindList)
async def list_kinds(engine: Service) -> Response:
    """Every kind of agent that can be started or recognised here."""
    kinds = [wire.kind_json(kind) for kind in sorted(engine.kinds(), key=lambda kind: kind.name)]
    return answer({"kinds": kinds, "count": len(kinds)})


def _websocket(context: Context) -> WebSocketJSON:
    return {"clients": context.hub.clients, "url": f"ws{context.url.removeprefix('http')}"}
