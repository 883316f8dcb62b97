"""Commands over HTTP: texts to be typed, where they stand, taking them back."""

from typing import Annotated, Literal

from fastapi import Header, Path, Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.errors import Conflict, InvalidInput
from outrider.model import wire
from outrider.model.command import Command, CommandRequest, Form, Status, When
from outrider.model.fleet import Call
from outrider.web.agents import Session
from outrider.web.answers import AGENT, BODY, CHANGE, RATE, THING, answer, documented, routes
from outrider.web.context import Asker, Given, Service, Strict
from outrider.web.forwarded import elsewhere

_MONTH_S = 30 * 86400


class CommandList(TypedDict):
    """Commands, newest first, each with its attempts."""

    commands: list[wire.CommandJSON]
    count: int


class Accepted(TypedDict):
    """The command is kept and will be typed in its turn; `jobId` is `id` under its older name."""

    success: Literal[True]
    jobId: str
    id: str
    session: str
    command: str
    status: str


class CommandBody(Strict):
    """A text for an agent."""

    command: str = Field(min_length=1, description="The text, verbatim.", examples=["Continue with step 2"])
    when: When = Field(When.READY, description="Once it is ready; now, where its kind queues; or after an interrupt.")
    form: Form = Field(
        Form.TEXT,
        alias="as",
        description="Text; `slash`, a command of the program's own; or `keys`, names of keys with blanks between them.",
    )
    priority: int = Field(0, ge=-1000, le=1000, description="Higher goes first among those that have not started.")
    delay_s: float = Field(0.0, ge=0, le=_MONTH_S, description="Not before so many seconds from now.")
    expires_s: float | None = Field(None, gt=0, le=_MONTH_S, description="Given up if not started by then.")
    id: str | None = Field(
        None, min_length=1, max_length=200, description="Asking twice with the same id is asking once."
    )


class CommandQuery(Strict):
    """Which commands."""

    limit: int = Field(50, ge=1, le=500, description="At most so many.")
    status: Status | None = Field(None, description="Only those that stand there.")


class AllCommandsQuery(CommandQuery):
    """Which commands, of which agent."""

    session: str | None = Field(None, description="Only those of this agent.")


CommandId = Annotated[str, Path(description="The id that the command was accepted with.")]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, description="The same as `id` in the body."),
]

router = routes("/api", "commands")


@router.post(
    "/agents/{session}/command",
    status_code=202,
    response_model=Accepted,
    responses=documented(*AGENT, *BODY, *CHANGE, *RATE),
)
async def send_command(session: Session, body: CommandBody, engine: Service, actor: Asker, key: Key = None) -> Response:
    """Keeps a text to be typed once the agent is ready for it; typed exactly once, or said to be uncertain."""
    return accepted(await engine.command(session, asked(body, key), actor))


@router.get("/agents/{session}/commands", response_model=CommandList, responses=documented(*AGENT))
async def list_agent_commands(session: Session, engine: Service, query: Annotated[CommandQuery, Query()]) -> Response:
    """The agent's commands, newest first, with their attempts."""
    engine.agent(session)
    return await _listed(engine, session, query)


@router.get("/commands", response_model=CommandList)
async def list_commands(context: Given, query: Annotated[AllCommandsQuery, Query()]) -> Response:
    """All agents' commands, newest first; those that were accepted here for other nodes too."""
    engine, status, limit = context.engine, query.status, query.limit
    found = list(await engine.commands(session=query.session, status=status, limit=limit))
    sent = await context.fleet.commands(limit, session=query.session, status=status)
    found = sorted((*found, *sent), key=lambda each: each.created_ms, reverse=True)[:limit] if sent else found
    return answer({"commands": [wire.command_json(command) for command in found], "count": len(found)})


@router.get("/commands/{command_id}", response_model=wire.CommandJSON, responses=documented(*THING))
async def get_command(command_id: CommandId, context: Given, actor: Asker) -> Response:
    """One command, with its attempts; of one that another node has by now, what that node says of it, or `as_of` when this was known."""
    engine, fleet = context.engine, context.fleet
    sent = await fleet.find_command(command_id)
    if sent is not None:
        node = await fleet.taken_by(command_id)
        told = await fleet.standing(node, Call("GET", f"/api/commands/{command_id}", "", "", actor)) if node else None
        if node is not None and told is None:
            return answer({**wire.command_json(sent), "as_of": sent.changed_ms})
        return elsewhere(told, node or "") if told is not None else answer(wire.command_json(sent))
    return answer(wire.command_json(await engine.find_command(command_id)))


@router.delete("/commands/{command_id}", response_model=wire.CommandJSON, responses=documented(*THING, *CHANGE))
async def cancel_command(command_id: CommandId, context: Given, actor: Asker) -> Response:
    """Takes it back; a conflict once it has started, because then it may be typed already."""
    engine, fleet = context.engine, context.fleet
    if await fleet.find_command(command_id) is not None:
        if node := await fleet.taken_by(command_id):
            return elsewhere(await fleet.call(node, Call("DELETE", f"/api/commands/{command_id}", "", "", actor)), node)
        return answer(wire.command_json(await fleet.cancel(command_id, actor)))
    return answer(wire.command_json(await engine.cancel(command_id, actor)))


@router.post(
    "/commands/{command_id}/retry",
    status_code=202,
    response_model=Accepted,
    responses=documented(*THING, *CHANGE, *RATE),
)
async def retry_command(command_id: CommandId, context: Given, actor: Asker) -> Response:
    """Has what was not sent typed after all, as a new command; asking twice is asking once."""
    engine, fleet = context.engine, context.fleet
    if await fleet.find_command(command_id) is not None:
        if node := await fleet.taken_by(command_id):
            return elsewhere(
                await fleet.call(node, Call("POST", f"/api/commands/{command_id}/retry", "", "", actor)), node
            )
        raise Conflict("It did not reach its node: send it again.", detail={"id": command_id})
    return accepted(await engine.retry(command_id, actor))


def asked(body: CommandBody, key: str | None) -> CommandRequest:
    """What a body and the header ask for; InvalidInput where they contradict each other."""
    if key is not None and body.id is not None and key != body.id:
        raise InvalidInput("The header Idempotency-Key and 'id' in the body differ; send one of them.")
    return CommandRequest(
        text=body.command,
        when=body.when,
        form=body.form,
        priority=body.priority,
        delay_s=body.delay_s,
        expires_s=body.expires_s,
        key=key or body.id,
    )


def accepted(command: Command) -> Response:
    """The answer that it is kept."""
    told: Accepted = {
        "success": True,
        "jobId": command.id,
        "id": command.id,
        "session": command.session,
        "command": command.text,
        "status": command.status.value,
    }
    return answer(told, 202, {"location": f"/api/commands/{command.id}"})


async def _listed(engine: Service, session: str | None, query: CommandQuery) -> Response:
    found = await engine.commands(session=session, status=query.status, limit=query.limit)
    return answer({"commands": [wire.command_json(command) for command in found], "count": len(found)})
