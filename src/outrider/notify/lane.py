"""The lane of one way out: sends what is due by it, one after the other, whatever becomes of the others."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

import structlog

from outrider.errors import OutriderError, StoreError
from outrider.logic import notices, sending
from outrider.model.approval import Approval
from outrider.model.notice import TEST, Notice, NoticeStatus
from outrider.notify.book import Book
from outrider.notify.catalogue import Way
from outrider.notify.way import Refused, Unsent

log = structlog.get_logger()

GRACE_S, LONGEST_SLEEP_S, RETRY_S, LOOK_S = 5.0, 60.0, 1.0, 0.25
Asked = Callable[[Sequence[str]], Awaitable[Mapping[str, Approval]]]
FAREWELL_S = 0.8


class Lane:
    """Runs until it is told to retire; then it finishes what it is at. `asked` gives dialogs by their ids."""

    def __init__(
        self, way: Way, book: Book, *, asked: Asked, clock: Callable[[], int], random: Callable[[], float]
    ) -> None:
        self.way = way
        self.fault = ""
        """Why the last attempt by it did not arrive; '' where it did, and before there was one."""
        self._book = book
        self._asked = asked
        self._clock = clock
        self._random = random
        self._wake = asyncio.Event()
        self._retired = False

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def retire(self) -> None:
        """Nothing more is to be sent by it."""
        self._retired = True
        self._wake.set()

    async def run(self) -> None:
        """Sends for ever."""
        while not self._retired:
            self._wake.clear()
            try:
                busy = await self._turn()
            except StoreError as error:
                log.warning("a notice waits for the disk", way=self.way.name, why=error.message)
                await asyncio.sleep(RETRY_S)
                continue
            if not busy:
                await self._rest()

    async def _turn(self) -> bool:
        """Sends or mends one; whether there was one."""
        mine = [each for each in self._book.standing.values() if each.way == self.way.name]
        due = sending.next_up(mine, self.way.name, self._clock())
        if due is not None:
            await self._send(due)
            return True
        for stale in (each for each in mine if _is_stale(each)):
            asked = await self._asked(sending.dialogs(stale))
            if not sending.undecided(stale, asked, self._clock()):
                await self._amend(stale, asked)
                return True
        return False

    async def _rest(self) -> None:
        mine = [each for each in self._book.standing.values() if each.way == self.way.name]
        at = sending.next_ms(mine)
        longest = LOOK_S if any(map(_is_stale, mine)) else LONGEST_SLEEP_S
        pause = longest if at is None else min(longest, max(0.0, (at - self._clock()) / 1000))
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()

    async def _send(self, due: Notice) -> None:
        now = self._clock()
        # It may have been closed, or added to, since it was chosen: what is sent is what is written down as being sent.
        asked, taken = await self._asked(sending.dialogs(due)), []

        def take(each: Notice) -> Notice:
            if each.status is not NoticeStatus.QUEUED:
                return each
            taken.append(sending.begun(each, now, asked))
            return taken[-1]

        await self._book.change(due.id, take)
        if taken:
            await self._finish(taken[-1])

    async def _finish(self, begun: Notice) -> None:
        """Sends it and writes down what came of it. A daemon that ends gives it a moment: what is cut off may be uncertain for ever."""
        done = asyncio.Event()

        async def work() -> None:
            try:
                await self._book.insist(begun.id, await self._attempt(begun))
            finally:
                done.set()

        try:
            await asyncio.shield(work())
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await done.wait()
            raise

    async def _attempt(self, begun: Notice) -> Callable[[Notice], Notice]:
        """Sends it; what that makes of it."""
        out = self.way.out
        attempts = 1 if begun.rule == TEST else self.way.attempts
        after_s, why = None, ""
        try:
            async with asyncio.timeout(self.way.timeout_s + GRACE_S):
                receipt = await out.send(begun)
            self.fault = ""
            return lambda each: sending.arrived(each, receipt, self._clock())
        except Unsent as error:
            after_s, why = error.after_s, error.message
        except Refused as error:
            return partial(self._refused, error.message)
        except OutriderError as error:
            why = error.message
            if not out.idempotent:
                return partial(self._unclear, why)
        except TimeoutError:
            why = f"It was not sent within {self.way.timeout_s + GRACE_S:g} s; it may have arrived."
            if not out.idempotent:
                return partial(self._unclear, why)
        self.fault = why
        jitter = self._random()
        return lambda each: sending.unsent(each, why, self._clock(), attempts=attempts, jitter=jitter, after_s=after_s)

    def _refused(self, why: str, notice: Notice) -> Notice:
        self.fault = why
        log.warning("a notice was refused", way=self.way.name, notice=notice.id, why=why)
        return sending.refused(notice, why, self._clock())

    def _unclear(self, why: str, notice: Notice) -> Notice:
        self.fault = why
        log.warning("it cannot be told whether a notice arrived", way=self.way.name, notice=notice.id, why=why)
        return sending.unclear(notice, why, self._clock())

    async def _amend(self, stale: Notice, asked: Mapping[str, Approval]) -> None:
        """Mends it once: what was sent stands where it was, and whoever answers it there is told."""
        try:
            async with asyncio.timeout(self.way.timeout_s + GRACE_S):
                await self.way.out.amend(sending.explained(stale, asked))
        except (OutriderError, TimeoutError) as error:
            log.info(
                "what was sent could not be brought up to date", way=self.way.name, notice=stale.id, why=str(error)
            )
        await self._book.insist(stale.id, lambda each: sending.mended(each, stale, self._clock()))


def _is_stale(notice: Notice) -> bool:
    return notice.stale and notice.status not in notices.UNDER_WAY
