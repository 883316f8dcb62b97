"""What this node says of itself, to the others and to who asks it."""

import os

from outrider import __version__
from outrider.model.fleet import NodeCard
from outrider.settings import Settings
from outrider.store import Store
from outrider.supervisor.crew import Crew


def card(settings: Settings, store: Store, crew: Crew, *, started_ms: int, draining: bool = False) -> NodeCard:
    """As it is now; its clock's offset and when it was sent are not known here, and 0."""
    agents = list(crew)
    return NodeCard(
        settings.node,
        store.incarnation,
        __version__,
        settings.fleet.labels,
        len(agents),
        sum(member.alive for member in agents),
        round(os.getloadavg()[0] / (os.cpu_count() or 1), 3),
        0,
        started_ms,
        0,
        settings.fleet.steer,
        draining,
    )
