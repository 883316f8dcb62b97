"""Looking at one tmux server for ever: sweeps while it answers, Away while it does not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from outrider.errors import TerminalAway, TimedOut
from outrider.model.pane import Away, Pane, PaneRef, Screen, Sight, Sweep
from outrider.tmux.cadence import Listed, Pace, Seen, due, stands
from outrider.tmux.deaths import REAP, Deaths
from outrider.tmux.protocol import Reply
from outrider.tmux.quote import question
from outrider.tmux.rows import FORMAT, Row, Rows
from outrider.tmux.server import Channel, Server, ServerGone

_LIST = question("list-panes", "-a", "-F", FORMAT)
_SHORTEST_S = 0.015
"""Between two sweeps, however much is urged."""
_BACKOFF_MS = (50, 100, 200, 400, 800, 1000)


class Meter:
    """CPU seconds that looking costs, of all servers together."""

    def __init__(self, cpu: Callable[[], float]) -> None:
        self.cpu = cpu
        self.spent = 0.0

    def since(self, before: float) -> None:
        """Adds what was spent since `cpu()` gave `before`."""
        self.spent += self.cpu() - before


class Watch:
    """The sweeps of one server, given to `emit` one after another; it waits for each to be taken."""

    def __init__(
        self,
        server: Server,
        *,
        pace: Pace,
        clock: Callable[[], int],
        meter: Meter,
        emit: Callable[[Sight], Awaitable[None]],
    ) -> None:
        self.server = server
        self.away: Away | None = None
        self.panes: tuple[Pane, ...] = ()
        self.interval_ms = float(pace.busy_ms)
        self.captured = 0
        """How many screens were captured since the start."""
        self.rounds = 0
        """In how many goes that was, and how long tmux took to answer them all."""
        self.capture_s = 0.0
        self._pace = pace
        self._clock = clock
        self._meter = meter
        self._emit = emit
        self._wake = asyncio.Event()
        self._rows = Rows(server.name, 0)
        self._listed: dict[str, Row] | None = None
        self._started = 0
        self._followed: frozenset[PaneRef] = frozenset()
        self._seen: dict[str, Seen] = {}
        self._moving = False
        self._deaths = Deaths()
        self._failures = 0
        self._cost_s = 0.0
        self._due_s = 0.0
        server.noticed = self.wake

    def wake(self) -> None:
        """Has the server looked at again at once."""
        self._wake.set()

    def follow(self, refs: Iterable[PaneRef]) -> None:
        """Captures these panes from now on, and no others."""
        self._followed = frozenset(refs)
        ids = {ref.pane for ref in self._followed if ref.started == self._started}
        self._seen = {pane: seen for pane, seen in self._seen.items() if pane in ids}
        self.wake()

    def urge(self, ref: PaneRef) -> None:
        """Captures this pane at once."""
        if ref.started == self._started and ref.pane in self._seen:
            self._seen[ref.pane].urged = True
        self.wake()

    async def run(self) -> None:
        """Looks for ever. Woken before its time it looks at what is urged or new; everything else keeps its rhythm."""
        loop = asyncio.get_running_loop()
        spent, everything = self._spent(), True
        while True:
            began = loop.time()
            self._wake.clear()
            sight = await self._sight(everything=everything)
            self.away = sight if isinstance(sight, Away) else None
            await self._emit(sight)
            if everything or self.away is not None:
                now = self._spent()
                self._cost_s, spent = self._cost_s + 0.3 * (now - spent - self._cost_s), now
                self._due_s = began + self._interval() / 1000
            everything = await self._pause(began) or self.away is not None

    def _interval(self) -> float:
        if self.away is not None:
            self.interval_ms = _BACKOFF_MS[min(self._failures, len(_BACKOFF_MS) - 1)]
            self._failures += 1
        else:
            self._failures = 0
            self.interval_ms = self._pace.next_ms(moving=self._moving, before_ms=self.interval_ms, cost_s=self._cost_s)
        return self.interval_ms

    async def _pause(self, began: float) -> bool:
        """Waits until everything is due, or somebody wakes it before; whether everything is."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(self._due_s):
                await self._wake.wait()
        except TimeoutError:
            return True
        await asyncio.sleep(began + _SHORTEST_S - loop.time())
        return loop.time() >= self._due_s

    async def _sight(self, *, everything: bool) -> Sight:
        try:
            try:
                return await self._sweep(everything=everything)
            except TimedOut:
                if self.server.connected:
                    raise
                # The connection broke under the sweep: whether the server is there shows on the next one.
                return await self._sweep(everything=True)
        except ServerGone as error:
            return Away(self.server.name, self._clock(), error.message, gone=True)
        except (TerminalAway, TimedOut) as error:
            return Away(self.server.name, self._clock(), error.message)

    async def _sweep(self, *, everything: bool) -> Sweep:
        channel = await self.server.connect()
        if self._started != self.server.started or self.away is not None:
            self._started, self._seen = self.server.started, {}
            self._rows, self._listed = Rows(self.server.name, self._started), None
            self._deaths = Deaths()
        at_ms = self._clock()
        (listed,) = await channel.ask([_LIST], limit_s=self.server.limit_s)
        if not listed.ok:
            raise TerminalAway(f"tmux server {self.server.name!r}: {listed.text}")
        before = self._meter.cpu()
        rows = self._rows.read(listed.body)
        if rows is not self._listed or self._deaths.waiting:
            now_s = asyncio.get_running_loop().time()
            self._listed, self.panes = rows, self._deaths.told((row.pane for row in rows.values()), now_s)
        followed = {ref: rows[ref.pane] for ref in self._followed if ref.started == self._started and ref.pane in rows}
        wanted, looked = self._choose(followed, everything=everything)
        self._meter.since(before)
        screens = await self._capture(channel, wanted, looked) if wanted else ()
        if self._deaths.overdue:
            await channel.ask([REAP], limit_s=self.server.limit_s)
        if not rows and not self.server.own:
            await self.server.close()
        return Sweep(self.server.name, at_ms, self.panes, screens, frozenset(looked))

    def _choose(self, followed: dict[PaneRef, Row], *, everything: bool) -> tuple[list[Row], set[PaneRef]]:
        """What to capture now, and what is known to stand as it stood without a capture; of everything, or of what is urged or new."""
        now_ms = asyncio.get_running_loop().time() * 1000
        wanted: list[Row] = []
        looked: set[PaneRef] = set()
        self._moving = self._deaths.waiting or (self._moving and not everything)
        for ref, row in followed.items():
            seen = self._seen.get(ref.pane)
            if not everything and seen is not None and not seen.urged:
                continue
            now = told(row)
            standing = seen is not None and stands(seen, now)
            self._moving = self._moving or not standing
            if seen is None or due(seen, now, now_ms, self._pace):
                wanted.append(row)
            elif standing:
                looked.add(ref)
        return wanted, looked

    async def _capture(self, channel: Channel, wanted: list[Row], looked: set[PaneRef]) -> tuple[Screen, ...]:
        taken_ms = self._clock()
        questions = [question("capture-pane", "-p", "-t", row.pane.ref.pane) for row in wanted]
        for row in wanted:
            if seen := self._seen.get(row.pane.ref.pane):
                seen.urged = False
        began_s = asyncio.get_running_loop().time()
        replies = await channel.ask(questions, limit_s=self.server.limit_s)
        self.capture_s += asyncio.get_running_loop().time() - began_s
        self.captured, self.rounds = self.captured + len(wanted), self.rounds + 1
        before = self._meter.cpu()
        panes = {pane.ref: pane for pane in self.panes}
        screens = []
        for row, reply in zip(wanted, replies, strict=True):
            if not reply.ok:
                # It went between the list and the capture; the next list will say so.
                self.wake()
                continue
            looked.add(row.pane.ref)
            if self._remember(row, reply):
                pane = panes.get(row.pane.ref, row.pane)
                screens.append(Screen(pane, fitted(reply.lines, pane.height), taken_ms))
        self._meter.since(before)
        return tuple(screens)

    def _remember(self, row: Row, reply: Reply) -> bool:
        """Notes what was captured; true where it is news."""
        pane, now = row.pane, told(row)
        seen = self._seen.get(pane.ref.pane)
        changed = seen is None or seen.body != reply.body or seen.cursor != now.cursor
        self._seen[pane.ref.pane] = Seen(
            body=reply.body,
            at_ms=asyncio.get_running_loop().time() * 1000,
            second=reply.time,
            active=now.active,
            size=now.size,
            cursor=now.cursor,
            same=0 if changed or seen is None else seen.same + 1,
            urged=seen is not None and seen.urged,
        )
        return changed

    def _spent(self) -> float:
        return self._meter.spent + self.server.spent


def told(row: Row) -> Listed:
    """The part of a row that decides about captures."""
    pane = row.pane
    return Listed(row.activity, (pane.width, pane.height), (pane.cursor_x, pane.cursor_y))


def fitted(lines: tuple[str, ...], height: int) -> tuple[str, ...]:
    """Exactly `height` rows, trailing blanks cut."""
    rows = tuple(line.rstrip(" ") for line in lines[:height])
    return rows + ("",) * (height - len(rows))


def complaint(watch: Watch) -> str:
    """Why this server is not looked at as it should be; empty where it is, or is gone."""
    if watch.server.fallback:
        return watch.server.fallback
    return watch.away.why if watch.away is not None and not watch.away.gone else ""


def state(watch: Watch) -> dict[str, object]:
    """One server in `health`: `state` is `ok`, `forks` (the fallback), `away` (unknown) or `gone` (nobody listens)."""
    away = watch.away
    state = ("gone" if away.gone else "away") if away else ("forks" if watch.server.fallback else "ok")
    row: dict[str, object] = {"server": watch.server.name, "state": state, "panes": len(watch.panes) if not away else 0}
    if away:
        return row | {"why": away.why}
    return row | {
        "started": watch.server.started_s,
        "version": watch.server.version,
        "interval_ms": round(watch.interval_ms),
        "captured": watch.captured,
        "rounds": watch.rounds,
        "capture_s": round(watch.capture_s, 3),
    }
