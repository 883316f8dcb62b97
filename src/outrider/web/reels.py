"""What the web needs of recordings."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from outrider.model.actor import Actor
from outrider.model.agent import Agent
from outrider.model.recording import Recording


class Recordings(Protocol):
    """All recordings of this node, and who is recorded. NoSuchThing where there is no recording of that id."""

    async def switch(self, session: str, actor: Actor, *, on: bool) -> Agent:
        """Has an agent recorded from now on, or no longer; NoSuchAgent."""
        ...

    async def listed(self, session: str | None = None) -> Sequence[Recording]:
        """Those of that session, or all, newest first."""
        ...

    async def find(self, recording_id: str) -> Recording: ...

    def pieces(self, recording_id: str) -> AsyncIterator[bytes]:
        """What it holds now, as an asciicast of whole lines, in pieces."""
        ...

    async def remove(self, recording_id: str, actor: Actor) -> Recording:
        """Takes it away; Conflict while it is made."""
        ...
