"""Whose word a hook call is."""

from outrider.kinds.channels.catalogue import voice_of
from outrider.kinds.channels.user_hooks import ADOPTED
from outrider.model.hook import HookEvent
from outrider.processes import lineage
from outrider.supervisor.crew import Crew, Member


class Speakers:
    """Finds the member whose word a call is. Spawned agents are known by their token, adopted ones by their process.

    An agent may run its hooks from a process below the one that is known. It is held to the one that spoke first for as long
    as that lives: an agent that it starts itself (`claude -p`) has the same settings and would speak as its parent.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._bound: dict[str, int] = {}

    def of(self, event: HookEvent) -> Member | None:
        """The member, None where it is nobody's that lives here; an adopted one is heard from then on."""
        kind = ADOPTED.get(event.generation)
        if kind is None:
            return self._crew.of_generation(event.generation)
        pid = int(event.id.rpartition("/")[2].partition(".")[0])
        member = self._adopted(kind, pid)
        if member is not None:
            member.voice = member.voice or voice_of(kind)
        return member

    def _adopted(self, kind: str, pid: int) -> Member | None:
        adopted = [
            member
            for member in self._crew
            if not member.agent.spawned and member.agent.ended_ms is None and member.kind.channel == kind
        ]
        for member in adopted:
            if self._bound.get(member.agent.id) == pid:
                return member
        above = lineage(pid)
        for member in adopted:
            pids = {member.agent.pid, member.pane and member.pane.pid, member.process and member.process.pid}
            if pids.isdisjoint(above):
                continue
            first = self._bound.get(member.agent.id)
            if first is not None and lineage(first):
                return None
            here = {each.agent.id for each in self._crew}
            self._bound = {id_: bound for id_, bound in self._bound.items() if id_ in here} | {member.agent.id: pid}
            return member
        return None
