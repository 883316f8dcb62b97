"""A database is copied while it is written to, put back only where that is safe, and made small."""

import itertools
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from outrider.errors import Conflict, NoSuchThing, StoreError
from outrider.model.event import EventName, Fact
from outrider.store import Change, Lease, Store, care
from outrider.store.directory import DATABASE


def told(number: int) -> Change:
    return Change(facts=(Fact(EventName.PROGRESS, "one", number, {"text": "x" * 500}),))


async def filled(folder: Path, count: int = 200) -> Store:
    store = await Store.open(folder, node="here", clock=itertools.count(1).__next__)
    for number in range(count):
        await store.commit(told(number))
    return store


async def test_a_backup_is_whole_while_the_store_is_in_use(tmp_path: Path) -> None:
    store = await filled(tmp_path / "data")
    copy = tmp_path / "copy.db"
    assert care.backup(tmp_path / "data" / DATABASE, copy) > 0
    await store.commit(told(1))
    found = care.check(copy)
    assert (found.wrong, found.rows["journal"]) == (None, 200)
    assert care.check(tmp_path / "data" / DATABASE).rows["journal"] == 201
    assert copy.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Conflict, match="there already"):
        care.backup(tmp_path / "data" / DATABASE, copy)
    incarnation = store.incarnation
    await store.close()
    aside = care.restore(copy, tmp_path / "data", now_ms=5)
    assert aside is not None
    assert care.check(aside).rows["journal"] == 201
    again = await Store.open(tmp_path / "data", node="here", clock=itertools.count(1).__next__)
    assert again.health()["status"] == "ok"
    assert "notice" not in again.health()
    assert len(await again.events(since=0, limit=500)) == 200
    assert again.incarnation != incarnation
    await again.close()


def test_a_backup_ends_whatever_is_committed_meanwhile(tmp_path: Path) -> None:
    path, copy, ended, begun = tmp_path / DATABASE, tmp_path / "copy.db", threading.Event(), threading.Event()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE journal (number INTEGER, filling BLOB)")
        connection.executemany("INSERT INTO journal VALUES (?, zeroblob(4000))", ((number,) for number in range(5000)))
        connection.commit()

    def write() -> None:
        with closing(sqlite3.connect(path)) as connection:
            for number in range(2000):
                connection.execute("UPDATE journal SET number = number + 1 WHERE rowid = ?", (1 + number % 5000,))
                connection.commit()
                begun.set()
                if ended.wait(0.004):
                    return

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    size = care.backup(path, copy)
    still_writing = writer.is_alive()
    ended.set()
    writer.join()
    assert still_writing, "the copy had to wait until nobody wrote"
    assert size > 20_000_000
    assert (care.check(copy).wrong, care.check(copy).rows) == (None, {"journal": 5000})


async def test_what_cannot_be_restored_changes_nothing(tmp_path: Path) -> None:
    store = await filled(tmp_path / "data", 3)
    await store.close()
    path = tmp_path / "data" / DATABASE
    before = path.read_bytes()
    newer, broken, other = tmp_path / "newer.db", tmp_path / "broken.db", tmp_path / "other.db"
    care.backup(path, newer)
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 999")
    broken.write_bytes(b"no database at all" * 100)
    sqlite3.connect(other).close()
    for source, says in (
        (newer, "version 999"),
        (broken, "not a database. Nothing was restored"),
        (other, "no database of Outrider"),
    ):
        with pytest.raises(StoreError, match=says):
            care.restore(source, tmp_path / "data", now_ms=1)
    with pytest.raises(NoSuchThing, match="no database at"):
        care.restore(tmp_path / "none.db", tmp_path / "data", now_ms=1)
    lease = Lease.acquire(tmp_path / "data" / care.LOCK, "the data directory")
    copy = tmp_path / "copy.db"
    care.backup(path, copy)
    for refused in (lambda: care.restore(copy, tmp_path / "data", now_ms=1), lambda: care.vacuum(tmp_path / "data")):
        with pytest.raises(Conflict, match="Another Outrider daemon"):
            refused()
    lease.release()
    assert path.read_bytes() == before


async def test_unused_room_is_given_back(tmp_path: Path) -> None:
    store = await filled(tmp_path / "data", 3000)
    await store.retain(events_days=1, events_max=1, commands_days=1, now_ms=10**12)
    await store.close()
    before, after = care.vacuum(tmp_path / "data")
    assert after < before / 2
