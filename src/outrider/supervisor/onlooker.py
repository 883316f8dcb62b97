"""The onlooker: what stands in an agent's composer now, through the terminal."""

import asyncio
from collections.abc import Callable

from outrider.errors import TerminalError, TimedOut
from outrider.logic import composer
from outrider.logic.composer import ComposerView
from outrider.model.pane import Pane, Screen
from outrider.ports import Terminal
from outrider.supervisor.crew import Member
from outrider.supervisor.pauses import Pauses


class Onlooker:
    """Looks, and types nothing. Where tmux is away, nothing is seen."""

    def __init__(self, terminal: Terminal, clock: Callable[[], int], pauses: Pauses) -> None:
        self._terminal = terminal
        self._clock = clock
        self._pauses = pauses

    async def look(self, member: Member) -> Screen:
        """The agent's screen now, with colours. Errors as of Terminal."""
        return await self._terminal.look(member.agent.ref, styled=True)

    async def view(self, member: Member) -> ComposerView | None:
        """The composer now, None where none is drawn."""
        return (await self.sight(member))[0]

    async def sight(self, member: Member) -> tuple[ComposerView | None, Pane | None]:
        """The composer now, and its pane."""
        try:
            screen = await self.look(member)
        except (TerminalError, TimedOut):
            return None, None
        return composer.view(member.kind, screen), screen.pane

    async def until(self, member: Member, wish: Callable[[ComposerView | None], bool], limit_s: float) -> bool:
        """Looks until the composer is as wished; False where it does not come in time."""
        end = self._clock() + limit_s * 1000
        while not wish(await self.view(member)):
            if self._clock() >= end:
                return False
            await asyncio.sleep(self._pauses.look)
        return True

    async def rows(self, member: Member) -> str | None:
        """The whole screen as text, None where it cannot be seen."""
        try:
            return "\n".join((await self.look(member)).rows)
        except (TerminalError, TimedOut):
            return None
