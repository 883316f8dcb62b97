"""Upkeep: what is followed beside states: progress, diligence, what was spent, and whether new versions can still be read."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from outrider.ports import Terminal
from outrider.settings.schema import Settings
from outrider.specs import Specs
from outrider.store import Store
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.diligence import Diligence, thresholds
from outrider.supervisor.doubt import Doubt
from outrider.supervisor.progress import Progress
from outrider.supervisor.record import Record
from outrider.supervisor.transcripts import Transcripts


@dataclass(frozen=True, slots=True)
class Upkeep:
    """All of them, for one crew."""

    diligence: Diligence
    progress: Progress
    transcripts: Transcripts
    doubt: Doubt

    async def run(self, settle: Callable[[Member, int], None]) -> None:
        """Follows for ever; the daemon's task. `settle` has a member judged again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.diligence.run(settle))
            group.create_task(self.progress.run())
            group.create_task(self.transcripts.run(settle))


def upkeep(
    settings: Settings, crew: Crew, record: Record, *, store: Store, terminal: Terminal, clock: Callable[[], int]
) -> Upkeep:
    """Wires them; starts nothing."""
    return Upkeep(
        Diligence(crew=crew, terminal=terminal, thresholds=thresholds(settings.stuck), clock=clock),
        Progress(crew=crew, record=record, store=store, follower=Specs(), clock=clock, find=settings.progress.find),
        Transcripts(crew=crew, record=record, clock=clock),
        Doubt(record, settings.monitor.doubt_s),
    )
