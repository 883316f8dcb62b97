"""Whose word a hook call is."""

from dataclasses import replace

from outrider.kinds.channels.catalogue import inherited, voice_of
from outrider.kinds.channels.user_hooks import ADOPTED
from outrider.model.hook import HookEvent
from outrider.model.state import Rejected
from outrider.processes import beneath, lineage
from outrider.supervisor.crew import Crew, Member


class Speakers:
    """Finds the member whose word a call is. Spawned agents are known by their token, adopted ones by their process.

    An agent may run its hooks from a process below the one that is known. It is held to the one that spoke first for as long
    as that lives: an agent that it starts itself (`claude -p`) has the same settings and would speak as its parent. So it is
    with spawned agents whose hooks come by an inherited variable; what others say under their token is shown, never believed.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._bound: dict[str, int] = {}

    def of(self, event: HookEvent) -> Member | None:
        """The member, None where it is nobody's that lives here; an adopted one is heard from then on."""
        kind = ADOPTED.get(event.generation)
        if kind is None:
            return self._spawned(event)
        pid = int(event.id.rpartition("/")[2].partition(".")[0])
        member = self._adopted(kind, pid)
        if member is not None:
            member.voice = member.voice or voice_of(kind)
        return member

    def _spawned(self, event: HookEvent) -> Member | None:
        member = self._crew.of_generation(event.generation)
        if member is None or event.speaker is None or not inherited(member.kind.channel):
            return member
        if member.agent.speaker != event.speaker:
            if not _is_its_own(member, event.speaker):
                _overhear(member, event)
                return None
            member.agent = replace(member.agent, speaker=event.speaker)
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


def _is_its_own(member: Member, speaker: int) -> bool:
    """Whether a process that has not spoken yet is the agent: the first one, or one that took the place of it when it ended.

    The first call comes with the agent's start, before it can have started anything.
    """
    first, root = member.agent.speaker, member.pane.pid if member.pane is not None else member.agent.pid
    if first is None:
        return True
    return root is not None and not beneath(root, first) and beneath(root, speaker)


def _overhear(member: Member, event: HookEvent) -> None:
    voice = voice_of(member.kind.channel)
    reading = voice.hear(event).reading if voice is not None else None
    if reading is not None:
        why = f"Process {event.speaker} said so, which has this agent's hooks but is not this agent (process {member.agent.speaker})."
        member.tracker.aside.overhear(Rejected(reading, why))
