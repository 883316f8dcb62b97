"""One SQLite file: opened safely, written by one thread, read by a few others.

Opening goes in this order, since each step may find what makes the next one harmful: a look at the file that cannot
change it, putting it aside if it is broken, the WAL switch and the schema on a first connection, and only then the readers.
"""

import asyncio
import contextlib
import queue
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Never, TypeVar

from outrider.errors import StoreError
from outrider.store import fault, migration
from outrider.store.writer import Writer

T = TypeVar("T")
READERS = 3
# Above this size a whole check at every start would take too long: then only a file that is under suspicion is checked.
CHECKED_BYTES = 256 * 1024 * 1024
_BUSY_S = 5.0
_READ_CACHE_KIB = 256
_WAL_LIMIT = 32 * 1024 * 1024


class Database:
    """An open database. Only one process may have it open for writing: hold the data directory's Lease first."""

    def __init__(self, path: Path, connection: sqlite3.Connection, notice: str | None) -> None:
        """Use `open`."""
        self.path = path
        self.notice = notice
        """A sentence on what a person should know about the opening (a broken file was put aside), or None."""
        self._reading: str | None = None
        self._writer = Writer(connection, path, damaged=self._suspect)
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="outrider-read")
        # The one used last comes first: its cache is warm, and those of the others need not be filled.
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._closed = False
        self.failed = self._writer.failed
        """Set when the writer thread died; see `watch`."""

    @classmethod
    async def open(cls, path: Path, *, clock: Callable[[], int]) -> "Database":
        """Opens the file, makes it (mode 0600) where it is missing, and brings its schema up to date.

        A broken file is kept as `NAME.corrupt-<ms>` and a fresh one is opened; `notice` then says so. StoreError where it
        cannot be opened, or is newer than this program. `clock` gives Unix ms.
        """
        connection, notice = await asyncio.to_thread(_open, path, clock)
        database = cls(path, connection, notice)
        for _ in range(READERS):
            database._idle.put(await asyncio.to_thread(_reader, path))
        database._writer.start()
        return database

    async def write(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = False) -> T:
        """The work's result, once its writes are committed; what the work raises undoes its writes alone and is raised here.

        `durable` waits until they are on the disk; without it they survive a kill of the process, and a power cut may take
        the last ones. The work runs in another thread, perhaps twice: it must change nothing but the connection's data. It
        runs also when the caller is cancelled. Results come back in the order of the writes.
        """
        return await self._writer.write(work, durable=durable)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The work's result, read from one consistent state that has every write acknowledged before the call."""
        if self._closed:
            raise StoreError(f"The database {self.path} is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._idle.get()
        try:
            connection.execute("BEGIN")
            result = work(connection)
        except sqlite3.Error as error:
            translated = fault.translate(error, self.path)
            self._reading = translated.message if fault.is_storage(error) else self._reading
            if fault.is_damage(error):
                self._suspect()
            raise translated from error
        else:
            self._reading = None
            return result
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._idle.put(connection)

    async def watch(self) -> Never:
        """Waits until the writer thread has died, and raises StoreError: a daemon without a store must not go on."""
        await self.failed.wait()
        raise StoreError(f"The database {self.path} takes no more writes: {self._writer.why}")

    async def check(self) -> str | None:
        """What SQLite's whole integrity check finds wrong, in a sentence; None if all is well. Takes seconds per GB."""
        found = await self.read(lambda connection: connection.execute("PRAGMA integrity_check(3)").fetchall())
        wrong = "; ".join(str(line) for (line,) in found if line != "ok")
        return f"The database {self.path} is damaged: {wrong}." if wrong else None

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status` (`ok` or `degraded`), `path`, `size` and of it the `log` (bytes), `why` if degraded,
        `notice` if there is one."""
        why = self._writer.why or self._reading
        told = {
            "status": "degraded" if why else "ok",
            "path": str(self.path),
            "size": _size(self.path) + (log := _size(_beside(self.path, "-wal"))),
            "log": log,
        }
        return told | ({"why": why} if why else {}) | ({"notice": self.notice} if self.notice else {})

    async def close(self) -> None:
        """Finishes the writes accepted so far and closes the file; idempotent. The writes are then all on the disk."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)
        while not self._idle.empty():
            self._idle.get().close()
        await self._writer.close()

    def _suspect(self) -> None:
        """Leaves a mark, so that the next start looks at the whole file."""
        try:
            _mark(self.path).touch(mode=0o600)
        except OSError as error:
            self._reading = f"The mark {_mark(self.path)} cannot be made: {error.strerror}."


def _open(path: Path, clock: Callable[[], int]) -> tuple[sqlite3.Connection, str | None]:
    try:
        notice = _put_aside(path, broken, clock()) if (broken := _inspect(path)) else None
        path.touch(mode=0o600)
        path.chmod(0o600)
        _mark(path).unlink(missing_ok=True)
        connection = _connect(path, "rwc")
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            _prepare(connection, path)
            undo.pop_all()
    except OSError as error:
        raise StoreError(f"The database {path} cannot be opened: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise fault.translate(error, path) from error
    return connection, notice


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(f"The disk that holds {path} cannot keep a database safely: choose a local one with --data.")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
    migration.migrate(connection, migration.scripts(), path)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in autocommit mode that may pass between threads; `mode` is SQLite's (`ro`, `rwc`)."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that reads, with a small cache: one long read fills it, and the system keeps the file's pages anyway."""
    connection = _connect(path, "ro")
    connection.execute(f"PRAGMA cache_size = -{_READ_CACHE_KIB}")
    return connection


def _inspect(path: Path) -> str | None:
    """What is broken about the file, in words; None where it is sound, new or missing. Changes neither it nor its log."""
    size = path.stat().st_size if path.exists() else 0
    if size == 0:
        # SQLite deletes the log of an empty file: what it holds would be lost.
        return "it is empty, but its log is not" if _size(_beside(path, "-wal")) else None
    connection = _connect(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if size > CHECKED_BYTES and not _mark(path).exists():
            return None
        (word,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if not fault.is_damage(error):
            raise
        return str(error)
    else:
        return None if word == "ok" else str(word)
    finally:
        connection.close()


def _put_aside(path: Path, broken: str, now_ms: int) -> str:
    """Renames the file and what belongs to it, and says so."""
    aside = _beside(path, f".corrupt-{now_ms}")
    for suffix in ("", "-wal", "-shm"):
        part = _beside(path, suffix)
        if part.exists():
            part.rename(_beside(aside, suffix))
    return f"The database {path} was damaged ({broken}): it is kept as {aside}, and a fresh one was begun."


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _mark(path: Path) -> Path:
    return _beside(path, ".suspect")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
