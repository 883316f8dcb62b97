"""A database of the first schema, filled by the program of its time, is taken over whole: every row, and what is read from it."""

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

from outrider.logic.chain import look
from outrider.model.actor import Scope
from outrider.model.audit import AuditQuery
from outrider.model.command import Status
from outrider.model.state import State
from outrider.store import Store, Tokens, audit, care, migration
from outrider.store.directory import DATABASE

FIRST = Path(__file__).parent / "recorded" / "first-schema.sql"
TOKEN = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"  # of a test
Table = list[tuple[object, ...]]


def filled(path: Path) -> None:
    """The database as it was."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST.read_text(encoding="utf-8"))


def rows(path: Path, columns: dict[str, str]) -> dict[str, Table]:
    """Those columns of every table."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT {names} FROM {table} ORDER BY 1, 2").fetchall()
            for table, names in columns.items()
        }


def columns(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        return {
            table: ", ".join(f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table})"))
            for table in tables
        }


async def test_every_row_of_the_first_schema_is_there_and_can_be_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    path = data / DATABASE
    filled(path)
    assert care.check(path).version == 1
    known = columns(path)
    before = rows(path, known)
    assert {table: len(found) for table, found in before.items()} == {
        "meta": 1,
        "agents": 6,
        "commands": 7,
        "attempts": 4,
        "audit": 47,
        "journal": 55,
        "tokens": 1,
    }
    clock = itertools.count(1_796_000_000_000).__next__
    store = await Store.open(data, node="here", clock=clock)
    assert rows(path, known) == before
    assert store.health()["status"] == "ok"
    assert {agent.session: agent.verdict.state for agent in await store.agents()} == {
        "task-0": State.WORKING,
        "task-1": State.WAITING,
        "task-2": State.IDLE,
        "task-3": State.COMPLETE,
        "task-4": State.STUCK,
        "task-9": State.ERROR,
    }
    assert (await store.counts()) == dict.fromkeys(Status, 1)
    (uncertain,) = await store.commands(status=Status.UNCERTAIN)
    assert (uncertain.text, uncertain.attempts[0].screen) == ("go on 6\nzweite Zeile — ✓", "a screen\nwith rows")
    assert [event.seq for event in await store.events(since=0, limit=100)] == list(range(1, 56))
    entries, head = await store.audit(AuditQuery(limit=100))
    assert len(entries) == head.id == 47
    found = await store.database.read(
        lambda connection: look(audit.every(connection), newest=audit.last_id(connection))
    )
    assert found.wrong is None
    actor = await Tokens(store.database, clock=clock).find(TOKEN)
    assert actor is not None
    assert (actor.name, actor.scope) == ("token:phone", Scope.WRITE)
    await store.close()
    after = care.check(path)
    assert (after.version, after.wrong) == (len(migration.scripts()), None)


async def test_an_old_backup_is_restored_and_taken_over(tmp_path: Path) -> None:
    filled(tmp_path / "old.db")
    care.restore(tmp_path / "old.db", tmp_path / "data", now_ms=1)
    store = await Store.open(tmp_path / "data", node="here", clock=lambda: 1)
    assert len(await store.agents()) == 6
    await store.close()
