"""Whose word a hook call is."""

from outrider.kinds.channels.catalogue import voice_of
from outrider.kinds.channels.user_hooks import ADOPTED
from outrider.model.hook import HookEvent
from outrider.supervisor.crew import Crew, Member


def speaker(crew: Crew, event: HookEvent) -> Member | None:
    """The spawned agent of that token; or the adopted one whose process ran the hook, which is heard from then on."""
    kind = ADOPTED.get(event.generation)
    if kind is None:
        return crew.of_generation(event.generation)
    pid = int(event.id.rpartition("/")[2].partition(".")[0])
    for member in crew:
        if member.agent.spawned or not member.alive or member.kind.channel != kind:
            continue
        pids = {member.agent.pid, member.pane and member.pane.pid, member.process and member.process.pid}
        if pid in pids:
            member.voice = member.voice or voice_of(kind)
            return member
    return None
