"""Recordings over HTTP: list them, get one as an asciicast, take one away. Who is recorded is said with PATCH of the agent."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from outrider.errors import Conflict
from outrider.model.recording import RecordingJSON, recording_json
from outrider.web.answers import THING, answer, documented, routes
from outrider.web.context import Asker, Given, Strict

ASCIICAST = "application/x-asciicast"

Id = Annotated[str, Path(description="The recording's id.", examples=["3f2a9c1d-1795000000000"])]


class RecordingList(TypedDict):
    """Recordings, newest first."""

    recordings: list[RecordingJSON]
    count: int


class RecordingQuery(Strict):
    """Which recordings."""

    session: str | None = Field(None, description="Only those of agents of this session name.")
    limit: int = Field(100, ge=1, le=1000, description="At most so many.")


router = routes("/api/recordings", "recordings")


@router.get("", response_model=RecordingList)
async def list_recordings(context: Given, query: Annotated[RecordingQuery, Query()]) -> Response:
    """What was recorded of agents, those included that are long gone."""
    found = (await context.recordings.listed(query.session))[: query.limit]
    return answer({"recordings": [recording_json(each) for each in found], "count": len(found)})


@router.get("/{recording_id}", response_model=RecordingJSON, responses=documented(*THING))
async def get_recording(recording_id: Id, context: Given) -> Response:
    """One recording, without what is in it."""
    return answer(recording_json(await context.recordings.find(recording_id)))


@router.get(
    "/{recording_id}/cast",
    response_class=Response,
    responses={
        **documented(*THING),
        200: {"description": "asciicast v2.", "content": {ASCIICAST: {"schema": {"type": "string"}}}},
    },
)
async def get_cast(recording_id: Id, context: Given) -> Response:
    """The recording itself, as an asciicast (version 2), as far as it goes now."""
    found = await context.recordings.find(recording_id)
    name = {"content-disposition": f'attachment; filename="{found.id}.cast"'}
    return StreamingResponse(context.recordings.pieces(found.id), headers=name, media_type=ASCIICAST)


@router.delete("/{recording_id}", response_model=RecordingJSON, responses=documented(*THING, Conflict))
async def remove_recording(recording_id: Id, context: Given, actor: Asker) -> Response:
    """Takes a recording away for good; 409 while it is being made."""
    return answer(recording_json(await context.recordings.remove(recording_id, actor)))
