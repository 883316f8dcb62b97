"""Our small supervisor, for where there is no systemd: it holds the sockets, and keeps a daemon running behind them.

It never ends an agent: what it signals is the one process that it started, by its id. What it does about that process is
decided in logic/vigil.py. The sockets stay open whatever becomes of the daemon: who connects meanwhile waits, and is answered
by the next one. A reload starts the next one first, which waits for the leases of the one before (daemon/serving.py).
"""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from outrider.errors import Conflict, OutriderError
from outrider.logic import vigil
from outrider.logic.vigil import Bounds, Call, Sighting
from outrider.service.doors import Doors
from outrider.service.logfile import LogFile
from outrider.service.worker import Legacy, Worker
from outrider.settings import Loaded, Settings

GONE_S = 10.0
"""How long a daemon that was told to go may take, besides sending its clients away; then it is killed."""
ABORT_S = 2.0
PUMP_S = 1.0
LOOK_S = 0.5
ENDS_KEPT = 20


@dataclass(frozen=True, slots=True)
class End:
    """One end of a daemon: when (Unix ms), which process, its status, and why; `asked` where somebody asked for it."""

    at_ms: int
    pid: int
    status: int
    why: str
    asked: bool


def bounds_of(settings: Settings) -> Bounds:
    """What a daemon of these settings is held to."""
    held = settings.service
    return Bounds(
        memory_mb=held.memory_mb,
        memory_soft_mb=held.memory_soft_mb,
        watchdog_s=held.watchdog_s,
        start_s=held.start_s,
        backoff_s=held.backoff_s,
        backoff_most_s=held.backoff_most_s,
    )


class Keeper:
    """Keeps one daemon running until `stop`. `words` are the flags of `outrider up`; `load` reads the settings they make."""

    def __init__(
        self, words: Sequence[str], environ: Mapping[str, str], load: Callable[[], Loaded], log: LogFile
    ) -> None:
        self._argv = (sys.executable, "-m", "outrider", "up", *words)
        self._environ = environ
        self._load = load
        self._log = log
        self._settings = load().settings
        self._doors = Doors()
        self._number = 0
        self._current: Worker | None = None
        self._successor: Worker | None = None
        self._workers: list[Worker] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self._forced = (0, "")
        self._changing = asyncio.Lock()
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._crashes = 0
        self._replaced_s: float | None = None
        self.ends: deque[End] = deque(maxlen=ENDS_KEPT)
        self.started_ms = _now_ms()

    def state(self) -> dict[str, object]:
        """What there is to tell of the service."""
        worker = self._current
        running = worker is not None and worker.status is None
        return {
            "by": "supervisor",
            "state": "running" if worker is not None and running and worker.ready.is_set() else "starting",
            "supervisor": os.getpid(),
            "pid": worker.pid if worker is not None and running else None,
            "memory_mb": worker.memory_mb() if worker is not None else None,
            "since": self.started_ms,
            "url": self._doors.url,
            "log": str(self._log.path),
            "ends": [
                {"at": end.at_ms, "pid": end.pid, "status": end.status, "why": end.why, "asked": end.asked}
                for end in self.ends
            ],
        }

    async def run(self) -> None:
        """Until `stop`; errors that a person must mend before the first start are raised."""
        self._doors.open(self._settings)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                tasks = [group.create_task(self._keep()), group.create_task(self._watch())]
                await self._stopping.wait()
                for task in tasks:
                    task.cancel()
                for worker in list(self._workers):
                    await self._end(worker, "the service was stopped")
                for pump in self._pumps:  # what the daemon started may hold its log open for longer than it lived
                    asyncio.get_running_loop().call_later(PUMP_S, pump.cancel)
        finally:
            loop.remove_signal_handler(signal.SIGCHLD)
            self._doors.close()

    def stop(self) -> None:
        """Ends the daemon, and `run` after it."""
        self._stopping.set()

    async def restart(self) -> None:
        """Ends the daemon and starts it again; OutriderError where the new one does not come up."""
        async with self._changing:
            before = self._current
            if before is not None:
                await self._end(before, "a restart was asked for")
            await self._came(before)

    async def reload(self, why: str = "a reload was asked for") -> None:
        """Puts a new daemon in the place of the one that runs. OutriderError where it cannot start: then the old one goes on."""
        async with self._changing:
            settings = self._load().settings
            before = self._current
            if before is None or not before.ready.is_set() or before.status is not None:
                raise Conflict("The daemon is not up yet: wait for it, or see its log.")
            self._doors.open(settings)
            self._settings = settings
            self._successor = fresh = self._start()
            try:
                if not await fresh.either(fresh.standby, settings.service.start_s):
                    await self._end(fresh, "it did not start")
                    raise Conflict("The new daemon did not start; the one before goes on. Its log says why.")
                if self._current is before:
                    self._take(fresh)
                    await self._end(before, why)
            finally:
                self._successor = None
            await self._came(before)

    # ---- one after the other -----------------------------------------------------------------------

    async def _keep(self) -> None:
        """Has a daemon running, always."""
        while True:
            worker = self._current
            try:
                if worker is None:
                    self._take(worker := self._start())
            except OutriderError as error:
                self._log.say("error", "the daemon cannot be started", why=error.message)
                await self._pause(0.0)
                continue
            await worker.ended.wait()
            if self._current is not worker:
                continue  # another has its place already
            if not worker.why:
                await self._pause(time.monotonic() - worker.started_s)
            if self._current is worker:
                self._take(self._successor)

    def _take(self, worker: Worker | None) -> None:
        self._current = worker
        self._changed.set()

    async def _pause(self, ran_s: float) -> None:
        bounds = bounds_of(self._settings)
        self._crashes = vigil.in_a_row(self._crashes, ran_s, bounds)
        pause_s = vigil.pause_s(self._crashes, bounds)
        self._log.say(
            "info", "the daemon is started again", crashes=self._crashes, ran_s=round(ran_s, 1), pause_s=pause_s
        )
        await asyncio.sleep(pause_s)

    def _start(self) -> Worker:
        self._number += 1
        worker = Worker.start(
            Legacy(
                argv=self._argv,
                environ=self._environ,
                sockets=self._doors.sockets,
                folder=self._settings.runtime,
                number=self._number,
                watchdog_s=self._settings.service.watchdog_s,
            )
        )
        self._workers.append(worker)
        pump = self._group.create_task(self._pump(worker))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        self._log.say("info", "the daemon was started", pid=worker.pid)
        return worker

    async def _came(self, before: Worker | None) -> None:
        """Waits until the daemon after that one is up; Conflict where it is not."""
        async with asyncio.timeout(self._settings.service.start_s + self._settings.service.backoff_most_s):
            while (worker := self._current) is before or worker is None:
                self._changed.clear()
                await self._changed.wait()
        if not await worker.either(worker.ready, self._settings.service.start_s):
            raise Conflict("The daemon did not come up; it is tried again. Its log says why.")

    async def _end(self, worker: Worker, why: str) -> None:
        worker.send(signal.SIGTERM, why)
        if not await worker.either(worker.ended, GONE_S + 2 * self._settings.service.lame_s):
            self._log.say("warning", "the daemon did not end when it was told to", pid=worker.pid)
            worker.send(signal.SIGKILL, why)
            await worker.ended.wait()

    # ---- watching over it ----------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._reap()
            for worker in list(self._workers):
                call, why = vigil.judge(self._seen(worker), bounds_of(self._settings))
                # One that is coming or going has its time limits elsewhere; the memory is everybody's.
                if call is Call.KILL or (call is not Call.NOTHING and worker is self._current and not worker.why):
                    await self._answer(worker, call, why)

    def _seen(self, worker: Worker) -> Sighting:
        return Sighting(
            now_s=time.monotonic(),
            started_s=worker.started_s,
            ready=worker.ready.is_set(),
            heard_s=worker.heard_s,
            memory_mb=worker.memory_mb(),
            replaced_s=self._replaced_s,
        )

    async def _answer(self, worker: Worker, call: Call, why: str) -> None:
        self._log.say("error", f"the daemon is to {_WORDS[call]}", pid=worker.pid, why=why)
        if call is Call.REPLACE:
            self._replaced_s = time.monotonic()
            self._group.create_task(self._replace(why))
        elif call is Call.ABORT:
            self._force(worker, signal.SIGABRT, why)
            self._force(worker, signal.SIGCONT, why)  # one that is stopped takes no signal before it goes on
            if not await worker.either(worker.ended, ABORT_S):
                self._force(worker, signal.SIGKILL, why)
        else:
            self._force(worker, signal.SIGKILL, why)
            await worker.either(worker.ended, ABORT_S)

    async def _replace(self, why: str) -> None:
        try:
            await self.reload(why)
        except (OutriderError, TimeoutError) as error:
            self._log.say("warning", "the daemon could not be replaced", why=str(error))

    def _force(self, worker: Worker, number: signal.Signals, why: str) -> None:
        """Ends it in a way that counts as a crash."""
        self._forced = (worker.pid, why)
        worker.send(number, "")

    def _reap(self) -> None:
        for worker in list(self._workers):
            worker.reap()
            if worker.status is None:
                continue
            self._workers.remove(worker)
            forced = self._forced[1] if self._forced[0] == worker.pid else ""
            end = End(
                _now_ms(), worker.pid, worker.status, worker.why or forced or _ended(worker.status), bool(worker.why)
            )
            self.ends.append(end)
            self._log.say(
                "info" if end.asked else "error", "the daemon ended", pid=end.pid, status=end.status, why=end.why
            )

    async def _pump(self, worker: Worker) -> None:
        """Its log into ours, line by line, until nobody can write there any more."""
        reader = asyncio.StreamReader(limit=2**20)
        with os.fdopen(worker.output, "rb", 0) as pipe:
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
            while True:
                try:
                    line = await reader.readline()
                except ValueError:  # longer than any line of ours
                    continue
                if not line:
                    return
                self._log.take(line.rstrip(b"\n"))


_WORDS: Mapping[Call, str] = {Call.REPLACE: "be replaced", Call.ABORT: "be aborted", Call.KILL: "be killed"}


def _ended(status: int) -> str:
    if status >= 0:
        return f"it ended with status {status}"
    with suppress(ValueError):
        return f"it was ended by {signal.Signals(-status).name}"
    return f"it was ended by signal {-status}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
