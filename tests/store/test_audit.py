"""The audit in the database: chained as it is written, blanked, never changed, and chained on upgrade."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from outrider.errors import StoreError
from outrider.logic.chain import look
from outrider.model.audit import AuditQuery, AuditRow
from outrider.model.command import Command, Status
from outrider.model.event import EventName, Fact
from outrider.store import Change, Step, Store, care, migration
from outrider.store.directory import DATABASE


def row(number: int, **data: object) -> AuditRow:
    return AuditRow(number, "uid:1", "command", f"task{number % 2}", data)


async def test_rows_are_chained_in_the_order_of_their_writing(store: Store) -> None:
    await asyncio.gather(*(store.commit(Change(audit=(row(n, text="go"), row(n, text="on")))) for n in range(50)))
    entries, head = await store.audit(AuditQuery(since=0, limit=1000))
    assert [entry.id for entry in entries] == list(range(1, 101))
    assert (look(entries).wrong, look(entries).head) == (None, head)


async def test_a_change_that_is_undone_leaves_no_gap(store: Store) -> None:
    async def broken() -> None:
        with pytest.raises(TypeError):
            await store.commit(Change(audit=(row(2, text="go"), row(3, what=object()))))

    await asyncio.gather(store.commit(Change(audit=(row(1),))), broken(), store.commit(Change(audit=(row(4),))))
    assert care.audit(store.database.path).rows == 2
    assert care.audit(store.database.path).wrong is None


async def test_secrets_are_blanked_and_the_chain_holds(store: Store) -> None:
    await store.commit(Change(audit=(row(1, text="use TOKEN=hunter2", argv=["x", "--api-key", "hunter2"]),)))
    ((entry,), _) = await store.audit(AuditQuery())
    assert "hunter2" not in str(entry)
    assert care.audit(store.database.path).wrong is None


async def test_queries(store: Store) -> None:
    await store.commit(Change(audit=tuple(row(n) for n in range(1, 7))))
    await store.commit(Change(audit=(AuditRow(9, "token:phone", "kill", "task1"),)))

    async def ids(query: AuditQuery) -> list[int]:
        return [entry.id for entry in (await store.audit(query))[0]]

    assert await ids(AuditQuery(limit=3)) == [7, 6, 5]
    assert await ids(AuditQuery(since=2, limit=3)) == [3, 4, 5]
    assert await ids(AuditQuery(session="task1")) == [7, 5, 3, 1]
    assert await ids(AuditQuery(session="task1", actor="token:phone")) == [7]
    assert await ids(AuditQuery(action="kill", since=0)) == [7]


async def test_sqlite_itself_refuses_changes(store: Store) -> None:
    await store.commit(Change(audit=(row(1), row(2))))
    for statement in ("UPDATE audit SET actor = 'uid:0'", "DELETE FROM audit WHERE id = 1"):
        with pytest.raises(StoreError, match="of the audit are not"):
            await store.database.write(lambda conn, sql=statement: conn.execute(sql) and None)  # type: ignore[misc]
    assert care.audit(store.database.path).wrong is None


TAMPERING = (
    ("UPDATE audit SET actor = 'uid:0' WHERE id = 2", "Line 2 is not"),
    ('UPDATE audit SET data = \'{"text":"other"}\' WHERE id = 3', "Line 3 is not"),
    ("DELETE FROM audit WHERE id = 1", "Line 1 is missing"),
    ("DELETE FROM audit WHERE id = 3", "Line 3 is missing"),
)


@pytest.mark.parametrize(("sql", "told"), TAMPERING)
async def test_tampering_behind_our_back_is_found(
    tmp_path: Path, clock: Callable[[], int], sql: str, told: str
) -> None:
    data = tmp_path / "data"
    store = await Store.open(data, node="here", clock=clock)
    await store.commit(Change(audit=tuple(row(n, text="go") for n in range(1, 4))))
    await store.close()
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_is_not_changed")
        connection.execute("DROP TRIGGER audit_is_not_shortened")
        connection.execute(sql)
    assert told in str(care.audit(data / DATABASE).wrong)
    store = await Store.open(data, node="here", clock=clock)
    await store.commit(Change(audit=(row(9),)))  # what is written on does not heal it
    await store.close()
    assert told in str(care.audit(data / DATABASE).wrong)


async def test_an_older_database_is_chained_on_upgrade(tmp_path: Path, clock: Callable[[], int]) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        migration.migrate(connection, migration.scripts()[: care.CHAINED - 1], data / DATABASE)
        connection.executemany(
            "INSERT INTO audit (id, at_ms, actor, action, session, data) VALUES (?, ?, 'uid:1', 'spawn', 'task', ?)",
            [(number * 2, number, f'{{"text":"\\u00fc {number}"}}') for number in range(1, 1001)],
        )
    with pytest.raises(StoreError, match="not chained yet"):
        care.audit(data / DATABASE)
    store = await Store.open(data, node="here", clock=clock)
    await store.commit(Change(audit=(row(1),)))
    entries, head = await store.audit(AuditQuery(since=0, limit=2000))
    await store.close()
    assert [(entry.id, entry.row.at_ms) for entry in entries[:1000]] == [(number, number) for number in range(1, 1001)]
    assert dict(entries[2].row.data) == {"text": "ü 3"}
    assert (care.audit(data / DATABASE).wrong, care.audit(data / DATABASE).head) == (None, head)


async def test_commands_and_events_keep_their_text_unless_it_is_asked_for(
    tmp_path: Path, clock: Callable[[], int], make_command: Callable[..., Command]
) -> None:
    text = "use TOKEN=hunter2"
    fact = Fact(EventName.COMMAND_QUEUED, "task", 1, {"command": text})
    for blank in (False, True):
        store = await Store.open(tmp_path / str(blank), node="here", clock=clock, blank_secrets=blank)
        command, (event,), _ = await store.add(make_command(text=text, key="k"), facts=(fact,))
        told = "use TOKEN=[redacted]" if blank else text
        assert event.fact.data["command"] == told
        assert (await store.commands())[0].text == text  # it has still to be typed
        await store.commit(Change(steps=(Step(command.id, Status.CANCELLED, None, None, 2),)))
        assert (await store.commands())[0].text == told
        again, _, created = await store.add(make_command(text=text, key="k"))
        assert (again.id, created) == (command.id, False)
        await store.close()
