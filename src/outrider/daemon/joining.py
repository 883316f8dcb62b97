"""Joining a fleet, where the settings name a Redis; nothing of that is imported where they do not."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from outrider.daemon.card import card
from outrider.fleet.alone import Alone
from outrider.ports import Bus
from outrider.settings import Settings
from outrider.store import Store
from outrider.supervisor.audience import Audience
from outrider.supervisor.crew import Crew

if TYPE_CHECKING:
    from outrider.fleet.fleet import Fleet
    from outrider.fleet.incoming import Queue


async def join(
    settings: Settings,
    *,
    store: Store,
    bus: Bus,
    crew: Crew,
    dialogs: Audience,
    queue: "Queue",
    clock: Callable[[], int],
    token: Callable[[], str],
) -> "Alone | Fleet":
    """The fleet that this node is in. BadSetting where its key or the Redis's address cannot be used."""
    if settings.bus == "local":
        started_ms = clock()
        return Alone(
            settings.node, clock, lambda: store.incarnation, lambda: card(settings, store, crew, started_ms=started_ms)
        )
    from outrider.daemon.joined import joined  # noqa: PLC0415  # with the client of Redis: who is alone does not pay for it

    return await joined(
        settings, store=store, bus=bus, crew=crew, dialogs=dialogs, queue=queue, clock=clock, token=token
    )
