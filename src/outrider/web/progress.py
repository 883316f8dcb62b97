"""How far an agent is, over HTTP: items, history, forecast; and ticking an item."""

from pydantic import Field
from starlette.responses import Response

from outrider.errors import Conflict
from outrider.model import wire
from outrider.web.agents import Session
from outrider.web.answers import AGENT, BODY, THING, answer, documented, routes
from outrider.web.context import Asker, Service, Strict

router = routes("/api/agents", "agents")


class TickBody(Strict):
    """Which item is done."""

    item: str = Field(
        min_length=1,
        max_length=1000,
        description="Its number as it is listed, its text, or a beginning of it that no other item has.",
        examples=["3", "Write the tests"],
    )


@router.get("/{session}/progress", response_model=wire.ProgressJSON, responses=documented(*AGENT))
async def get_progress(session: Session, engine: Service) -> Response:
    """How far it is: what there is to do, how it went, and when it will be done at that pace."""
    return answer(wire.progress_json(session, await engine.progress(session)))


@router.post(
    "/{session}/progress/tick",
    response_model=wire.ProgressJSON,
    responses=documented(*AGENT, *THING, *BODY, Conflict),
)
async def tick_item(session: Session, body: TickBody, engine: Service, actor: Asker) -> Response:
    """Ticks an item's box in the agent's spec; refused where the line has changed since it was read."""
    return answer(wire.progress_json(session, await engine.tick(session, body.item, actor)))
