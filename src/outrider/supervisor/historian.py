"""The historian: counts the journal into the history now and then, and answers for charts what was counted."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from outrider.errors import InvalidInput
from outrider.logic import book, metrics
from outrider.logic.book import NODE, Book, merged, rolled
from outrider.logic.metrics import LEVELS_MS, METRICS, MOST_POINTS, STEPS_MS
from outrider.logic.strips import strips
from outrider.model.agent import Agent
from outrider.model.event import Event
from outrider.model.history import Amounts, Series, Share, Stretch, Strips
from outrider.settings.keeping import Retention
from outrider.store import Store
from outrider.store.history import History

PAGE = 1000
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
SHARE_POINTS, STRIP_POINTS, REMEMBERED = 40, 100, 8


class Historian:
    """One turn reads what was journalled since the last, counts it, and keeps it with how far it came."""

    def __init__(
        self, *, store: Store, agents: Callable[[], Iterable[Agent]], keep: Retention, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._history = History(store.database, LEVELS_MS)
        self._agents = agents
        self._clock = clock
        self._started_ms = clock()
        self._keep_ms = (
            int(keep.history_hours * _HOUR_MS),
            *(int(days * _DAY_MS) for days in (keep.history_minute_days, keep.history_quarter_days, keep.history_days)),
        )
        self._book: Book | None = None
        self.totals: Amounts = {}
        """Everything that was counted on this node since this daemon started."""
        self._read: dict[tuple[int, int, int, str], Sequence[Stretch]] = {}
        self._reading = asyncio.Lock()

    async def turn(self) -> Sequence[Event]:
        """Counts what happened since the last turn, and gives those events. StoreError where it could not be kept: the next turn
        then begins again from what was kept."""
        current, self._book = self._book or await self._resumed(), None
        events: list[Event] = []
        while page := await self._store.events(since=current.seq, limit=PAGE):
            current.events(page)
            events += page
            if len(page) < PAGE:
                break
        stretches, mark = current.close(self._agents(), self._clock())
        await self._history.add(stretches, mark)
        self._read.clear()
        self.totals = merged((self.totals, next(each.amounts for each in stretches if each.session == NODE)))
        self._book = current
        return events

    async def _resumed(self) -> Book:
        mark = await self._history.mark()
        if mark is None:
            mark = book.begun(self._agents(), await self._store.last_seq(), self._clock())
        return Book(mark, max(self._started_ms, mark.at_ms))

    async def trim(self) -> None:
        """Removes what is older than the settings say."""
        await self._history.trim(self._keep_ms, self._clock())

    async def series(
        self, metric: str, *, since_ms: int | None, until_ms: int | None, session: str | None, step_s: int | None
    ) -> Series:
        """A metric over time, of one agent or of the node. InvalidInput where metric, time or step cannot be had."""
        since, until, floor = self._stretch(since_ms, until_ms)
        if metric not in METRICS:
            raise InvalidInput(
                f"metric: there is no metric {metric[:60]!r}; there are: {', '.join(METRICS)}.",
                detail={"field": "metric", "known": list(METRICS)},
            )
        if metric == "progress" and not session:
            raise InvalidInput("session: the metric progress is of one agent; say which.", detail={"field": "session"})
        step = self._step(step_s, since, until, floor)
        first = since - since % step
        return metrics.series(metric, await self._counted(step, first, until, session or NODE), step, since, until)

    async def _counted(self, step: int, first: int, until: int, session: str) -> Sequence[Stretch]:
        """What was counted, in steps. Read once between two turns: charts ask for several metrics of the same time at once."""
        key = (step, first, until, session)
        async with self._reading:
            if key not in self._read:
                if len(self._read) >= REMEMBERED:
                    self._read.clear()
                self._read[key] = rolled(await self._history.between(step, first, until, session), step)
            return self._read[key]

    async def shares(self, *, since_ms: int | None, until_ms: int | None) -> Sequence[Share]:
        """What each agent did in that time, in order of session; at the granularity that is kept that far back."""
        since, until, floor = self._stretch(since_ms, until_ms)
        fine = (step for step in LEVELS_MS[1:] if step >= floor and (until - since) / step <= SHARE_POINTS)
        step = next(fine, LEVELS_MS[-1])
        by_session: dict[str, list[dict[str, float]]] = {}
        for each in await self._history.between(step, since - since % step, until, None):
            by_session.setdefault(each.session, []).append(dict(each.amounts))
        return [metrics.share(session, merged(parts)) for session, parts in sorted(by_session.items())]

    async def strips(self, *, since_ms: int | None, until_ms: int | None) -> Strips:
        """What each agent was mostly doing, in at most STRIP_POINTS steps."""
        since, until, floor = self._stretch(since_ms, until_ms)
        long_enough = (step for step in STEPS_MS if step >= floor and (until - since) / step <= STRIP_POINTS)
        step = next(long_enough, STEPS_MS[-1])
        first = since - since % step
        counted = await self._history.between(step, first, until, None)
        return Strips(step, first, strips(counted, step, first, until))

    def _stretch(self, since_ms: int | None, until_ms: int | None) -> tuple[int, int, int]:
        """The time asked for, the last hour where it is left open, and the length (ms) of what is kept that far back."""
        now = self._clock()
        until = min(until_ms if until_ms is not None else now, now)
        since = since_ms if since_ms is not None else until - _HOUR_MS
        if since >= until:
            raise InvalidInput("since: should be before until, and before now (Unix ms).", detail={"field": "since"})
        since = max(since, now - self._keep_ms[-1])
        kept = (level for level, keep in zip(LEVELS_MS, self._keep_ms, strict=True) if since >= now - keep)
        return since, max(until, since + 1), max(next(kept, LEVELS_MS[-1]), STEPS_MS[0])

    @staticmethod
    def _step(asked_s: int | None, since: int, until: int, floor: int) -> int:
        if asked_s is None:
            return metrics.step_for(since, until, floor)
        step = max(asked_s * 1000, floor)
        if asked_s * 1000 not in STEPS_MS:
            known = ", ".join(str(each // 1000) for each in STEPS_MS)
            raise InvalidInput(f"step: should be one of {known} (seconds), not {asked_s}.", detail={"field": "step"})
        if (until - since) / step > MOST_POINTS:
            raise InvalidInput(
                f"step: {asked_s} s would give more than {MOST_POINTS} points; ask for a shorter time or a longer step.",
                detail={"field": "step"},
            )
        return next(each for each in STEPS_MS if each >= step)
