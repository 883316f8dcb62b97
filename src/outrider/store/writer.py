"""The one thread that writes: what waits is committed together, and each piece of work stands or falls alone.

In come closures over a connection; out go their results, once what they did is committed. All that wait when the thread
comes round run in one transaction, each in a savepoint, so that one that fails undoes only itself; one flush to disk then
serves them all. Results are handed out in the order in which the work came, which is the order of what they wrote.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from outrider.errors import OutriderError, StoreError
from outrider.store import fault

T = TypeVar("T")
BATCH = 512
"""The most pieces of work in one transaction, so that the first does not wait for ever."""

# What a piece of work may fail with and be told so, the thread living on: our own refusals, SQLite's, and data that
# cannot be stored. Anything else is a fault of the program and ends the writer, loudly.
_REFUSALS = (OutriderError, sqlite3.Error, ValueError, TypeError, LookupError, ArithmeticError)


class _Job(Generic[T]):
    """A piece of work and the caller who waits for it."""

    def __init__(self, work: Callable[[sqlite3.Connection], T], *, durable: bool, future: "asyncio.Future[T]") -> None:
        self._work = work
        self._future = future
        self._settle: Callable[[], object] = future.cancel
        self.durable = durable

    def run(self, connection: sqlite3.Connection) -> None:
        self._settle = partial(self._future.set_result, self._work(connection))

    def fail(self, error: Exception) -> None:
        self._settle = partial(self._future.set_exception, error)

    def settle(self) -> None:
        if not self._future.done():
            self._settle()


class Writer:
    """Owns the writing connection, which must be in autocommit mode, from `start` to the end of its thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, damaged: Callable[[], None]) -> None:
        """`damaged` is called in the thread when the file turns out to be broken; the writer then ends."""
        self._connection = connection
        self._path = path
        self._damaged = damaged
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[_Job[object] | None] = queue.SimpleQueue()
        self._taken: list[_Job[object]] = []
        self._lock = threading.Lock()
        self._closing = False
        self._ended = False
        self._synchronous = ""
        self._broken = False
        self._thread = threading.Thread(target=self._serve, name="outrider-store", daemon=True)
        self.why: str | None = None
        """What is wrong with the file or the disk, until a write succeeds again."""
        self.failed = asyncio.Event()
        """Set when the thread ended without having been asked to."""

    def start(self) -> None:
        self._thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], T], *, durable: bool) -> T:
        """The result of the work, committed. The work may be run again after a rollback; it must change nothing else."""
        future: asyncio.Future[T] = self._loop.create_future()
        job = _Job(work, durable=durable, future=future)
        with self._lock:
            if self._ended or self._closing:
                raise self._gone()
            self._waiting.put(job)  # type: ignore[arg-type]  # a job settles its own future: what T is matters to it alone
        return await future

    async def close(self) -> None:
        """Finishes what was accepted, and ends the thread and its connection."""
        with self._lock:
            if not self._closing:
                self._closing = True
                self._waiting.put(None)
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    def _gone(self) -> StoreError:
        return StoreError(f"The database {self._path} takes no more writes: {self.why or 'it was closed'}")

    def _serve(self) -> None:
        try:
            while self._take():
                self._run(self._taken)
                self._loop.call_soon_threadsafe(_settle, tuple(self._taken))
                self._taken.clear()
                if self._broken:
                    return
        finally:
            self._end()

    def _take(self) -> bool:
        """Fills `_taken` with everything that waits; false when the writer is to end."""
        job = self._waiting.get()
        while job is not None:
            self._taken.append(job)
            if len(self._taken) >= BATCH:
                return True
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                return True
        if self._taken:  # finish these first, then find the end again
            self._waiting.put(None)
        return bool(self._taken)

    def _run(self, jobs: Sequence[_Job[object]]) -> None:
        try:
            faulty = self._transaction(jobs)
        except sqlite3.Error as error:
            self._rollback()
            if len(jobs) > 1:  # one that overfills the disk must not take the others along
                for job in jobs:
                    self._run([job])
                return
            faulty = error
            jobs[0].fail(fault.translate(error, self._path))
        if faulty is None:
            self.why = self.why if self._broken else None
            return
        self.why = fault.translate(faulty, self._path).message
        if fault.is_damage(faulty):
            self._damaged()
            self._broken = True

    def _transaction(self, jobs: Sequence[_Job[object]]) -> sqlite3.Error | None:
        """Runs and commits them; returns the last fault of the storage that struck only some of them."""
        connection, faulty = self._connection, None
        self._flush_level("FULL" if any(job.durable for job in jobs) else "NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            connection.execute("SAVEPOINT job")
            try:
                job.run(connection)
            except _REFUSALS as error:
                if not connection.in_transaction:  # SQLite gave up the whole transaction, so the others must run again
                    raise (
                        sqlite3.OperationalError(str(error)) if not isinstance(error, sqlite3.Error) else error
                    ) from None
                connection.execute("ROLLBACK TO job")
                if isinstance(error, sqlite3.Error):
                    faulty = error if fault.is_storage(error) else faulty
                    job.fail(fault.translate(error, self._path))
                else:
                    job.fail(error)
            connection.execute("RELEASE job")
        connection.execute("COMMIT")
        return faulty

    def _flush_level(self, level: str) -> None:
        # The pragma does nothing within a transaction, and a durable piece of work makes its whole group durable.
        if level != self._synchronous:
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    def _rollback(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _end(self) -> None:
        """Refuses what is left, so that nobody waits for a thread that is gone."""
        with self._lock:
            self._ended = True
            expected = self._closing and not self._taken and not self._broken
            if not expected and self.why is None:
                self.why = "its writer thread ended by a fault of the program; see the log"
        rest = list(self._taken)
        with contextlib.suppress(queue.Empty):
            while True:
                if job := self._waiting.get_nowait():
                    rest.append(job)
        for job in rest:
            job.fail(self._gone())
        self._rollback()
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_settle, rest)
            if not expected:
                self._loop.call_soon_threadsafe(self.failed.set)


def _settle(jobs: Sequence[_Job[object]]) -> None:
    for job in jobs:
        job.settle()
