"""Recordings from the other side of the API."""

from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from outrider.client.api import Client

if TYPE_CHECKING:
    from outrider.model.recording import RecordingJSON
    from outrider.model.wire import AgentJSON


class RecordingsClient(Client):
    """What is recorded, and who. Errors as of Client."""

    async def recordings(self, session: str | None = None) -> "list[RecordingJSON]":
        """The recordings of that session, or all, newest first."""
        found = await self._get("/api/recordings", session=session, limit=1000)
        return cast("list[RecordingJSON]", found["recordings"])

    async def cast(self, recording_id: str) -> bytes:
        """A recording as an asciicast, as far as it goes now."""
        answer = await self._exchange("GET", f"{_recording(recording_id)}/cast")
        if answer.status >= 400:
            self._checked(answer)
        return bytes(answer.body)

    async def remove(self, recording_id: str) -> "RecordingJSON":
        """Takes a recording away for good."""
        return cast("RecordingJSON", self._checked(await self._exchange("DELETE", _recording(recording_id))))

    async def switch(self, session: str, *, on: bool) -> "AgentJSON":
        """Has an agent recorded from now on, or no longer."""
        where = f"/api/agents/{quote(session, safe='')}"
        return cast("AgentJSON", self._checked(await self._exchange("PATCH", where, {"recording": on})))


def _recording(recording_id: str) -> str:
    return f"/api/recordings/{quote(recording_id, safe='')}"
