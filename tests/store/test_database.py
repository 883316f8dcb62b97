"""The database file: opened safely, written in groups, and honest when the disk or the file fails."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from outrider.errors import Conflict, StoreError
from outrider.store import migration
from outrider.store.database import Database

Clock = Callable[[], int]


def _note(text: str) -> Callable[[sqlite3.Connection], None]:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (text, text))

    return work


def _notes(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM meta WHERE name != 'incarnation'")}


async def _filled(path: Path, clock: Clock, rows: int = 400) -> None:
    """A closed database of some hundred pages."""
    database = await Database.open(path, clock=clock)
    for number in range(rows):
        await database.write(_note(f"{number}:" + "x" * 1000))
    await database.close()


async def test_what_was_written_is_there_after_reopening_and_only_its_owner_may_read_it(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "outrider.db"
    database = await Database.open(path, clock=clock)
    await database.write(_note("kept"), durable=True)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    await database.close()
    assert modes == {0o600}
    database = await Database.open(path, clock=clock)
    assert await database.read(_notes) == {"kept"}
    assert (database.notice, database.health()["status"]) == (None, "ok")
    await database.close()


async def test_in_one_group_a_failing_piece_of_work_undoes_only_itself(database: Database) -> None:
    def refuse(connection: sqlite3.Connection) -> None:
        _note("half done")(connection)
        raise Conflict("no")

    work = [_note("one"), refuse, _note("two"), _note("two"), _note("three")]
    results = await asyncio.gather(*(database.write(each) for each in work), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), Conflict, type(None), StoreError, type(None)]
    assert await database.read(_notes) == {"one", "two", "three"}


async def test_what_waits_is_committed_together(database: Database) -> None:
    await asyncio.gather(*(database.write(_note(str(number)), durable=True) for number in range(200)))
    pages_written = Path(f"{database.path}-wal").stat().st_size // 4096
    assert pages_written < 100  # a transaction each would have written a page each, at least


async def test_results_come_back_in_the_order_of_the_writes(database: Database) -> None:
    done: list[int] = []

    async def write(number: int) -> None:
        await database.write(_note(str(number)), durable=number % 7 == 0)
        done.append(number)

    await asyncio.gather(*(write(number) for number in range(300)))
    assert done == list(range(300))


async def test_a_caller_that_gave_up_disturbs_nobody(database: Database) -> None:
    impatient = asyncio.ensure_future(database.write(_note("given up")))
    await asyncio.sleep(0)
    impatient.cancel()
    await database.write(_note("patient"))
    assert await database.read(_notes) == {"given up", "patient"}


async def test_a_read_sees_one_state_and_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        await database.read(_note("sneaked in"))
    await database.write(_note("after"))
    assert await database.read(_notes) == {"after"}


async def test_a_full_database_refuses_with_a_sentence_and_works_again_once_there_is_room(database: Database) -> None:
    (pages,) = await database.read(lambda connection: connection.execute("PRAGMA page_count").fetchone())
    await database.write(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone())
    small = [database.write(_note(f"small {number}")) for number in range(3)]
    big = database.write(_note("big" * 100_000))
    results = await asyncio.gather(*small, big, return_exceptions=True)
    assert [type(result) for result in results] == [type(None)] * 3 + [StoreError]
    assert "is full" in str(results[-1])
    with pytest.raises(StoreError, match="is full"):
        await database.write(_note("big" * 100_000))
    assert database.health()["status"] == "degraded"
    assert "is full" in str(database.health()["why"])
    await database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchone())
    await database.write(_note("roomy" * 100_000))
    assert database.health()["status"] == "ok"
    assert {name[:5] for name in await database.read(_notes)} == {"small", "roomy"}


_LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from outrider.errors import StoreError
from outrider.store.database import Database

def note(name):
    return lambda connection: connection.execute("INSERT INTO meta VALUES (?, ?)", (name, name)) and None

async def main():
    database = await Database.open(Path(sys.argv[1]), clock=lambda: 1)
    await database.write(note("first"), durable=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    try:
        for number in range(1000):
            await database.write(note(f"{number}" + "x" * 20_000), durable=True)
    except StoreError as error:
        print(number, error)
    for number in range(3):
        try:
            await database.write(note("again" + "x" * 20_000), durable=True)
        except StoreError as error:
            pass
    print(database.health()["status"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await database.write(note("last"), durable=True)
    print(database.health()["status"], await database.check())
    await database.close()

asyncio.run(main())
"""


async def test_a_file_that_may_not_grow_loses_nothing_acknowledged(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "outrider.db"
    done = subprocess.run([sys.executable, "-c", _LIMITED, str(path)], capture_output=True, text=True, check=True)
    first, degraded, after = done.stdout.splitlines()
    acknowledged, sentence = first.split(" ", 1)
    assert str(path) in sentence
    assert (degraded, after) == ("degraded", "ok None")
    database = await Database.open(path, clock=clock)
    names = await database.read(_notes)
    await database.close()
    assert {"first", "last"} <= names
    assert {name.rstrip("x") for name in names} == {"first", "last", *map(str, range(int(acknowledged)))}


_FULL_DISK = """
import asyncio, sys
from pathlib import Path
from outrider.errors import StoreError
from outrider.store.database import Database

def note(name):
    return lambda connection: connection.execute("INSERT INTO meta VALUES (?, ?)", (name, name)) and None

def fill(path):
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass

async def main():
    disk = Path(sys.argv[1])
    database = await Database.open(disk / "outrider.db", clock=lambda: 1)
    await database.write(note("first"), durable=True)
    fill(disk / "filler")
    for number in range(3):
        try:
            await database.write(note(f"{number}" + "x" * 200_000), durable=True)
        except StoreError as error:
            print(error)
    (disk / "filler").unlink()
    await database.write(note("last"), durable=True)
    print(database.health()["status"], await database.check())
    await database.close()
    fill(disk / "filler")
    try:
        await Database.open(disk / "outrider.db", clock=lambda: 1)
    except StoreError as error:
        print(error)

asyncio.run(main())
"""


def test_a_full_disk_is_named_and_survived(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size=2m none "{disk}" && exec "$0" "$@"'
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*own_mounts, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("needs a mount namespace of its own (unshare) to make a small disk")
    run = subprocess.run(
        [*own_mounts, sys.executable, "-c", _FULL_DISK, str(disk)], capture_output=True, text=True, check=True
    )
    *refused, after, opened = run.stdout.splitlines()
    assert after == "ok None"
    assert all(f"The disk that holds {disk / 'outrider.db'} is full" in sentence for sentence in (*refused, opened))
    assert len(refused) == 3


async def test_a_file_that_cannot_be_written_is_told_until_it_can(database: Database) -> None:
    def locked(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA query_only = ON")
        try:
            _note("no")(connection)
        finally:
            connection.execute("PRAGMA query_only = OFF")

    with pytest.raises(StoreError, match="cannot be written"):
        await database.write(locked)
    assert database.health()["status"] == "degraded"
    await database.write(_note("yes"))
    assert (await database.read(_notes), database.health()["status"]) == ({"yes"}, "ok")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_dead_writer_is_loud_and_lets_nobody_hang(database: Database) -> None:
    together = threading.Event()

    def wait(connection: sqlite3.Connection) -> None:
        together.wait(40)

    def die(connection: sqlite3.Connection) -> None:
        raise SystemExit

    async with asyncio.timeout(40):
        first = asyncio.ensure_future(database.write(wait))
        await asyncio.sleep(0)
        writes = [asyncio.ensure_future(database.write(each)) for each in (_note("before"), die, _note("behind"))]
        await asyncio.sleep(0)
        together.set()
        results = await asyncio.gather(first, *writes, return_exceptions=True)
        assert {type(result) for result in results[1:]} == {StoreError}
        with pytest.raises(StoreError, match="takes no more writes"):
            await database.watch()
        with pytest.raises(StoreError, match="takes no more writes"):
            await database.write(_note("later"))
    assert await database.read(_notes) == set()
    assert database.health()["status"] == "degraded"


async def test_closing_finishes_what_was_accepted_and_is_no_failure(tmp_path: Path, clock: Clock) -> None:
    database = await Database.open(tmp_path / "outrider.db", clock=clock)
    writes = [asyncio.ensure_future(database.write(_note(str(number)))) for number in range(2000)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    await asyncio.gather(*writes)
    assert not database.failed.is_set()
    for refused in (database.write(_note("late")), database.read(_notes)):
        with pytest.raises(StoreError, match="closed"):
            await refused
    assert {file.name for file in tmp_path.iterdir()} == {"outrider.db"}
    database = await Database.open(tmp_path / "outrider.db", clock=clock)
    assert len(await database.read(_notes)) == 2000
    await database.close()


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 1000)


def _hole(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(40_960)
        file.write(os.urandom(40_960))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [_garbage, _hole, _cut])
async def test_a_damaged_file_is_kept_aside_whole_and_a_fresh_one_opened(
    damage: Callable[[Path], None], tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "outrider.db"
    await _filled(path, clock)
    damage(path)
    broken = path.read_bytes()
    database = await Database.open(path, clock=clock)
    (aside,) = (
        file
        for file in tmp_path.iterdir()
        if file.name.startswith("outrider.db.corrupt-") and file.suffix[-1].isdigit()
    )
    assert aside.read_bytes() == broken
    assert database.notice is not None
    assert str(aside) in database.notice
    assert database.health()["notice"] == database.notice
    await database.write(_note("fresh"))
    assert await database.read(_notes) == {"fresh"}
    await database.close()
    database = await Database.open(path, clock=clock)
    assert database.notice is None
    await database.close()


async def test_the_log_of_an_emptied_file_is_kept_aside_too(tmp_path: Path, clock: Clock) -> None:
    path, log = tmp_path / "outrider.db", tmp_path / "outrider.db-wal"
    path.touch()
    log.write_bytes(b"what was not yet in the file")
    database = await Database.open(path, clock=clock)
    await database.close()
    (kept,) = tmp_path.glob("outrider.db.corrupt-*-wal")
    assert kept.read_bytes() == b"what was not yet in the file"


async def test_damage_found_while_running_ends_the_writer_and_the_next_start_puts_the_file_aside(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "outrider.db"
    await _filled(path, clock)
    database = await Database.open(path, clock=clock)
    with path.open("r+b") as file:  # every page but the first
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(StoreError, match="damaged"):
        await database.write(_note("into the hole"))
    with pytest.raises(StoreError, match="damaged"):
        await database.watch()
    await database.close()
    database = await Database.open(path, clock=clock)
    assert database.notice is not None
    await database.close()


async def test_the_whole_check_says_what_is_wrong(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "outrider.db"
    await _filled(path, clock)
    database = await Database.open(path, clock=clock)
    assert await database.check() is None
    _hole(path)
    sentence = await database.check()
    assert sentence is not None
    assert str(path) in sentence
    await database.close()


def _versions(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return migration.version(connection)
    finally:
        connection.close()


async def test_an_empty_database_gets_every_step_and_a_newer_one_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "outrider.db"
    sqlite3.connect(path).close()
    await (await Database.open(path, clock=clock)).close()
    assert _versions(path) == len(migration.scripts())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(StoreError, match="newer Outrider"):
        await Database.open(path, clock=clock)
    assert _versions(path) == 9999


def test_a_step_is_applied_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "steps.db"
    connection = sqlite3.connect(path, isolation_level=None)
    steps = ("CREATE TABLE one (a);", "CREATE TABLE two (a); CREATE TABLE one (a);")
    with pytest.raises(sqlite3.Error, match="already exists"):
        migration.migrate(connection, steps, path)
    assert migration.version(connection) == 1
    migration.migrate(connection, (steps[0], "CREATE TABLE two (a); INSERT INTO two VALUES (';');"), path)
    assert migration.version(connection) == 2
    assert connection.execute("SELECT a FROM two").fetchall() == [(";",)]
    connection.close()
