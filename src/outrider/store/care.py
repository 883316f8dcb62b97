"""Care for a database file: looked over, copied while it is in use, put back, made small. Without the daemon's help.

A copy is made by SQLite's backup, so that it is whole whatever is written meanwhile, and gets its name only when it is complete.
"""

import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import Conflict, NoSuchThing, StoreError
from outrider.logic.chain import Finding as AuditFinding
from outrider.logic.chain import Head, look
from outrider.store import audit as audits
from outrider.store import fault, migration, queue
from outrider.store.directory import DATABASE
from outrider.store.lease import Lease

LOCK = "daemon.lock"
CHAINED = 5
"""The version of the schema that chained the audit."""
_COUNTED = ("agents", "commands", "approvals", "journal", "audit", "history")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look over a database found: `wrong` is a sentence, or None where it is sound; sizes are in bytes."""

    path: str
    version: int
    size: int
    rows: dict[str, int]
    wrong: str | None = None


def check(path: Path) -> Finding:
    """Looks the whole file over, also while a daemon uses it; changes nothing."""
    with closing(_open(path)) as connection:
        try:
            version = migration.version(connection)
            told = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(5)") if line != "ok"]
            known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            rows = {
                name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608
                for name in _COUNTED
                if name in known
            }
        except sqlite3.DatabaseError as error:
            return Finding(str(path), 0, path.stat().st_size, {}, fault.translate(error, path).message)
    wrong = f"The database {path} is damaged: {'; '.join(told)}." if told else None
    if not told and "journal" not in known:
        wrong = f"{path} is no database of Outrider."
    return Finding(str(path), version, path.stat().st_size, rows, wrong)


def audit(path: Path, known: Head | None = None) -> AuditFinding:
    """Looks the audit's chain over, also while a daemon writes it; `known` is a head of earlier that must still be in it."""
    with closing(_open(path)) as connection:
        try:
            if migration.version(connection) < CHAINED:
                raise StoreError(f"The audit of {path} is not chained yet: start this Outrider on it once.")
            connection.execute("BEGIN")
            return look(audits.every(connection), newest=audits.last_id(connection), known=known)
        except sqlite3.DatabaseError as error:
            raise fault.translate(error, path) from error
        except ValueError as error:
            raise StoreError(f"A row of the audit of {path} cannot be read: {error}.") from error


def backup(path: Path, target: Path) -> int:
    """Copies the database to a file that must not exist yet; its size in bytes. The daemon may run."""
    if target.exists():
        raise Conflict(f"{target} is there already: choose another name, or move it away.")
    _copy(path, target)
    return target.stat().st_size


def restore(source: Path, data: Path, *, now_ms: int) -> Path | None:
    """Puts a copy in the place of the data directory's database; where the one before is kept, None where there was none.

    Refused, with nothing changed: while a daemon has the directory (Conflict), a file that is damaged, no database of Outrider, or of
    a newer version (StoreError). The restored one is another database than the one copied: its events are told apart. What is queued in
    it may have been typed since it was made, and is uncertain.
    """
    found = check(source)
    if found.wrong is not None:
        raise StoreError(f"{found.wrong} Nothing was restored.")
    if found.version > (ours := len(migration.scripts())):
        raise StoreError(
            f"{source} has version {found.version}, made by a newer Outrider; this one knows version {ours}: install the newer one first. "
            "Nothing was restored."
        )
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lease = Lease.acquire(data / LOCK, f"the data directory {data}")
    try:
        path, new = data / DATABASE, data / f"{DATABASE}.new"
        new.unlink(missing_ok=True)
        _copy(source, new)
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.execute("UPDATE meta SET value = ? WHERE name = 'incarnation'", (secrets.token_hex(8),))
            queue.doubt(connection, f"A backup was put back. {queue.PUT_BACK}", now_ms)
        aside = path.with_name(f"{path.name}.before-{now_ms}") if path.exists() else None
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if aside is not None and part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        new.rename(path)
        return aside
    finally:
        lease.release()


def vacuum(data: Path) -> tuple[int, int]:
    """Gives unused room back to the disk; the size in bytes before and after. Conflict while a daemon has the directory."""
    path = data / DATABASE
    with closing(_open(path)):
        before = path.stat().st_size
    lease = Lease.acquire(data / LOCK, f"the data directory {data}")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise fault.translate(error, path) from error
    finally:
        lease.release()
    return before, path.stat().st_size


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise NoSuchThing(f"There is no database at {path}.", detail={"path": str(path)})
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with closing(_open(source)) as reading, closing(sqlite3.connect(part)) as writing:
            # In one step: between two, a commit of another connection has SQLite start over, so a busy daemon's copy would never end.
            # In WAL mode the writer isn't held up meanwhile.
            reading.backup(writing, pages=-1)
            writing.execute("PRAGMA journal_mode = DELETE")
        part.rename(target)
    except sqlite3.Error as error:
        raise fault.translate(error, source) from error
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
