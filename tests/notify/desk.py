"""A sender over a real store and bus, whose daemon can be ended and begun again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from outrider.bus.local import LocalBus
from outrider.model.actor import Actor, Scope
from outrider.model.event import Event, EventName, Fact
from outrider.model.notice import Moment, Notice, NoticeStatus
from outrider.notify.arrangements import Arrangements
from outrider.notify.catalogue import Surroundings
from outrider.notify.office import Office
from outrider.notify.sender import Sender
from outrider.notify.telegram.talk import Fleet
from outrider.store import Change, Store
from outrider.store.notices import Notices

ME = Actor("uid:1", Scope.ADMIN)
SOON_S = 40.0


def clock() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Hours:
    """How far the daemon's clock is ahead, and which minute of the day it says."""

    ahead_ms: int = 0
    minute: int = 720


@dataclass
class Post:
    """One daemon's notices."""

    store: Store
    bus: LocalBus
    sender: Sender
    office: Office
    hours: "Hours"

    async def tell(self, name: EventName, session: str = "fix", **data: object) -> Event:
        """Journals it, then tells everybody."""
        (event,) = await self.store.commit(Change(facts=(Fact(name, session, clock(), data),)))
        self.bus.publish((event,))
        return event

    async def all(self) -> list[Notice]:
        """Every notice, oldest first."""
        return list(reversed(await self.office.listed(limit=500)))

    async def until(self, condition: Callable[[list[Notice]], bool]) -> list[Notice]:
        """Waits until that is so of all notices."""
        async with asyncio.timeout(SOON_S):
            while not condition(found := await self.all()):
                await asyncio.sleep(0.01)
        return found

    async def statuses(self, *wanted: NoticeStatus) -> list[Notice]:
        """Waits until the notices stand so, in order."""
        return await self.until(lambda found: [each.status for each in found] == list(wanted))


@asynccontextmanager
async def post(folder: Path, config: str | None = None, *, fleet: Fleet | None = None) -> AsyncIterator[Post]:
    """One life of a daemon; `config` is what notify.toml says from then on."""
    path = folder / "notify.toml"
    if config is not None:
        path.write_text(config)
    store = await Store.open(folder / "data", node="here", clock=clock)
    bus = LocalBus()

    hours = Hours()

    def now() -> Moment:
        return Moment(clock() + hours.ahead_ms, hours.minute)

    find = Notices(store.database).by_receipt
    around = Surroundings({"HOME": str(folder)}, lambda: clock() // 1000, fleet=fleet, find=find)
    sender = Sender(
        Arrangements(path, around), store=store, bus=bus, kind_of=lambda _session: "claude", now=now, random=lambda: 0.0
    )
    office = Office(sender, now=now, token=lambda: f"{time.time_ns():x}"[-8:], node="here")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sender.run())
        async with asyncio.timeout(SOON_S):
            while await sender.notices.cursor() is None:
                await asyncio.sleep(0.01)
        try:
            yield Post(store, bus, sender, office, hours)
        finally:
            task.cancel()
    await store.close()
