"""The sender: what happens becomes notices, and notices go out by their ways."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from outrider.errors import StoreError
from outrider.model.approval import Approval
from outrider.model.notice import Moment, Wishes
from outrider.notify.arrangements import Arrangements
from outrider.notify.book import Book
from outrider.notify.catalogue import Way
from outrider.notify.lane import Lane
from outrider.ports import Bus
from outrider.store import Store
from outrider.store.notices import Notices

log = structlog.get_logger()

PAGE = 500
REFRESH_S, RETRY_S, KEEP_MS = 2.0, 1.0, 2000
GATHER_S = 0.1
"""How long events are gathered before the journal is read: they come in bursts."""


@dataclass(frozen=True, slots=True)
class Running:
    """A lane at work, and its way's listening."""

    lane: Lane
    listening: asyncio.Task[None]


class Sender:
    """Reads the journal from where it came to, keeps the book, and runs a lane for every way out."""

    def __init__(
        self,
        arrangements: Arrangements,
        *,
        store: Store,
        bus: Bus,
        kind_of: Callable[[str], str],
        now: Callable[[], Moment],
        random: Callable[[], float],
    ) -> None:
        self.arrangements = arrangements
        self.source = f"{store.incarnation[:8]}."
        self.notices = Notices(store.database)
        self.book = Book(self.notices, now=now, kind_of=kind_of, woken=self._woken)
        self._store = store
        self._bus = bus
        self._now = now
        self._random = random
        self._wake = asyncio.Event()
        self._running: dict[str, Running] = {}
        self._cursor = self._kept = 0
        self._kept_ms = self._refreshed_ms = 0

    async def run(self) -> None:
        """Works for ever. What cannot be written now is done again, from the journal."""
        await self._insist(self._restore)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear())
            while True:
                await self._insist(lambda: self._turn(group))
                with suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_S):
                        await self._wake.wait()
                        await asyncio.sleep(GATHER_S)
                self._wake.clear()

    def fault(self, way: str) -> str:
        """Why the last attempt by that way did not arrive; '' where it did, and before there was one."""
        running = self._running.get(way)
        return running.lane.fault if running is not None else ""

    async def trim(self, before_ms: int) -> None:
        """Forgets notices that are over, and were changed last before then."""
        await self.notices.trim(before_ms)

    async def _insist(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except StoreError as error:
                log.warning("notices wait for the disk", why=error.message)
                await asyncio.sleep(RETRY_S)

    async def _restore(self) -> None:
        """Goes on where an earlier daemon came to; what happened before there was one is not told."""
        await asyncio.to_thread(self.arrangements.refresh)
        known = await self.notices.cursor()
        self._cursor = await self._store.last_seq() if known is None else known
        self._kept = -1 if known is None else known
        ways = self.arrangements.current.ways
        await self.book.restore(lambda name: name in ways and ways[name].out.idempotent)

    async def _hear(self) -> None:
        """Wakes whenever something is published; what it was stands in the journal."""
        while True:
            subscription = self._bus.subscribe()
            try:
                async for _ in subscription:
                    self._wake.set()
            finally:
                subscription.close()
            if not subscription.lagged:
                return
            self._wake.set()

    async def _turn(self, group: asyncio.TaskGroup) -> None:
        now_ms = self._now().ms
        if now_ms >= self._refreshed_ms + REFRESH_S * 1000:
            await asyncio.to_thread(self.arrangements.refresh)
            self._refreshed_ms = now_ms
        wishes = self.arrangements.current.wishes(self.source)
        self._arrange(group)
        if wishes.targets or self.book.standing:
            await self._read(wishes)
        else:  # nobody is told anything, and nothing waits
            self._cursor = await self._store.last_seq()
        await self.book.tick(wishes, whole=not self.arrangements.problem)
        if self._kept != self._cursor and now_ms >= self._kept_ms + KEEP_MS:
            await self.notices.keep((), self._cursor)
            self._kept, self._kept_ms = self._cursor, now_ms

    async def _read(self, wishes: Wishes) -> None:
        while page := await self._store.events(since=self._cursor, limit=PAGE):
            made = await self.book.read(wishes, page)
            self._cursor = page[-1].seq
            if made:
                self._kept = self._cursor
            if len(page) < PAGE:
                return

    # ---- lanes -----------------------------------------------------------------------------------

    def _arrange(self, group: asyncio.TaskGroup) -> None:
        """Starts lanes for ways that are new or other than before, and retires those of ways that are gone."""
        ways = self.arrangements.current.ways
        for name, running in tuple(self._running.items()):
            if ways.get(name) is not running.lane.way:
                running.lane.retire()
                running.listening.cancel()
                del self._running[name]
        for name, way in ways.items():
            if name not in self._running:
                self._running[name] = self._start(group, way)

    def _start(self, group: asyncio.TaskGroup, way: Way) -> Running:
        lane = Lane(way, self.book, asked=self._asked, clock=lambda: self._now().ms, random=self._random)
        group.create_task(lane.run())
        return Running(lane, group.create_task(way.out.listen()))

    async def _asked(self, ids: Sequence[str]) -> Mapping[str, Approval]:
        found = {each: await self._store.approval(each) for each in ids}
        return {each: approval for each, approval in found.items() if approval is not None}

    def _woken(self) -> None:
        for running in self._running.values():
            running.lane.wake()
