"""The book: every notice of which anything may still become. What changes in it is on the disk first."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from outrider.errors import StoreError
from outrider.logic import notices, sending
from outrider.logic.notices import Place
from outrider.model.event import Event
from outrider.model.notice import Moment, Notice, NoticeStatus, Wishes
from outrider.store.notices import Notices

log = structlog.get_logger()

DAY_MS = 24 * 3_600_000
RETRY_S = 1.0
Step = Callable[[Notice], Notice]


class Book:
    """Knows what is to be sent and what was. Its methods raise StoreError where nothing could be written; nothing has changed then.

    `now` tells the moment, `kind_of` the kind of the agent in a session ('' where there is none), `woken` is called when
    there may be something to send.
    """

    def __init__(
        self,
        store: Notices,
        *,
        now: Callable[[], Moment],
        kind_of: Callable[[str], str],
        woken: Callable[[], None],
    ) -> None:
        self._store = store
        self._now = now
        self._kind_of = kind_of
        self._woken = woken
        self._lock = asyncio.Lock()
        self._last: dict[Place, int] = {}
        self._turned = asyncio.Event()
        self.standing: dict[str, Notice] = {}
        self.totals: Counter[tuple[str, str]] = Counter()
        """How often, by way, a notice came to an end or to be tried again (`retried`), since this daemon started."""

    async def restore(self, idempotent: Callable[[str], bool]) -> None:
        """Takes up what an earlier daemon left; `idempotent` says of a way whether it may send again what may have arrived."""
        now = self._now().ms
        self._last = dict(await self._store.latest(now - DAY_MS))
        found = await self._store.live()
        async with self._lock:
            self.standing = {each.id: each for each in found}
            after = [sending.restored(each, now, idempotent=idempotent(each.way)) for each in found]
            await self._write({new.id: new for old, new in zip(found, after, strict=True) if new is not old})

    async def read(self, wishes: Wishes, events: Sequence[Event]) -> bool:
        """Takes in these events of the journal; what they make is kept together with how far that was. Whether they made anything."""
        async with self._lock:
            now, after, last = self._now(), dict(self.standing), dict(self._last)
            changed: dict[str, Notice] = {}
            for event in events:
                for each in notices.closed(event, after.values()):
                    after[each.id] = changed[each.id] = each
                kind = self._kind_of(event.fact.session)
                for each in notices.told(wishes, event, now, kind=kind, standing=after.values(), last=last):
                    if each.id not in after:
                        last[notices.place(each)] = now.ms
                    after[each.id] = changed[each.id] = each
            if changed:
                await self._write(changed, events[-1].seq)
            self._last = {place: at for place, at in last.items() if at > now.ms - DAY_MS}
            return bool(changed)

    async def tick(self, wishes: Wishes, *, whole: bool) -> None:
        """Makes what is due because time went by. `whole`: there is no other way out than those of the wishes."""
        async with self._lock:
            now = self._now()
            changed = {each.id: each for each in notices.again(wishes, self.standing, now)}
            for each in self.standing.values():
                gone = each.target not in wishes.targets.get(each.way, ())
                if whole and gone and each.status is NoticeStatus.QUEUED:
                    changed[each.id] = notices.dropped(each, "There is no such way out any more.", now.ms)
            if changed:
                await self._write(changed)

    async def add(self, made: Iterable[Notice]) -> None:
        """Adds notices of other origin than the journal."""
        async with self._lock:
            await self._write({each.id: each for each in made})

    async def revive(self, notice_id: str, step: Callable[[Notice | None], Notice]) -> Notice:
        """What the step makes of a notice as it is kept, also of one that is over; what it raises is raised, and nothing done."""
        async with self._lock:
            after = step(await self._store.find(notice_id))
            await self._write({after.id: after})
            return after

    async def change(self, notice_id: str, step: Step) -> Notice | None:
        """What the step makes of a notice; None, and nothing done, where nothing can become of it any more."""
        async with self._lock:
            before = self.standing.get(notice_id)
            if before is None:
                return None
            after = step(before)
            await self._write({after.id: after})
            return after

    async def insist(self, notice_id: str, step: Step) -> Notice | None:
        """As `change`, for what has happened already: tried until the disk takes it."""
        while True:
            try:
                return await self.change(notice_id, step)
            except StoreError as error:
                log.error("what became of a notice cannot be written down yet", notice=notice_id, why=error.message)
                await asyncio.sleep(RETRY_S)

    async def over(self, ids: frozenset[str]) -> None:
        """Returns once nothing more can become of any of these."""
        while ids & self.standing.keys():
            await self._turned.wait()

    async def _write(self, changed: Mapping[str, Notice], cursor: int | None = None) -> None:
        await self._store.keep(tuple(changed.values()), cursor)
        for each in changed.values():
            before = self.standing.pop(each.id, None)
            if notices.is_live(each):
                self.standing[each.id] = each
            if before is None or before.status is not each.status:
                self._count(before, each)
        if changed:
            self._turned.set()
            self._turned = asyncio.Event()
            self._woken()

    def _count(self, before: Notice | None, after: Notice) -> None:
        if after.status not in notices.UNDER_WAY:
            self.totals[after.way, after.status.value] += 1
        elif before is not None and before.status is NoticeStatus.SENDING:
            self.totals[after.way, "retried"] += 1
