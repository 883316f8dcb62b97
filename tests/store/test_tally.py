"""An older copy of a database, put back by hand: what waits in it may have been typed since it was made."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from outrider.model.command import Attempt, Command, Stage, Status
from outrider.store import Change, Step, Store, care
from outrider.store.directory import DATABASE

MakeCommand = Callable[..., Command]
Clock = Callable[[], int]


async def opened(data: Path, clock: Clock) -> Store:
    return await Store.open(data, node="here", clock=clock)


def begins(command_id: str) -> Change:
    return Change(steps=(Step(command_id, Status.SENDING, Attempt(1, Stage.OPENED, 2), None, 2),), durable=True)


def by_hand(copy: Path, data: Path) -> None:
    for part in data.glob(f"{DATABASE}*"):
        part.unlink()
    shutil.copyfile(copy, data / DATABASE)


@pytest.mark.parametrize("put_back", [by_hand, lambda copy, data: care.restore(copy, data, now_ms=5)])
async def test_what_waits_in_it_is_uncertain_and_it_counts_as_another_database(
    tmp_path: Path, clock: Clock, make_command: MakeCommand, put_back: Callable[[Path, Path], object]
) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    store = await opened(data, clock)
    for name in ("typed", "under way", "waits"):
        await store.add(make_command(id=name))
    await store.commit(begins("under way"))
    care.backup(data / DATABASE, copy)
    await store.commit(begins("typed"))
    first = store.incarnation
    await store.close()
    put_back(copy, data)
    store = await opened(data, clock)
    for name in ("typed", "under way", "waits"):
        command = await store.command(name)
        assert command is not None
        assert command.status is Status.UNCERTAIN
        assert "may have been typed since it was made" in str(command.error)
    assert await store.unfinished() == ()
    second = store.incarnation
    assert second != first
    if put_back is by_hand:
        assert "is an older copy, put back by hand" in str(store.health()["notice"])
    await store.add(make_command(id="new"))
    await store.commit(begins("new"))
    await store.close()

    store = await opened(data, clock)  # the database of today
    assert store.incarnation == second
    assert "notice" not in store.health()
    assert [command.id for command in await store.unfinished()] == ["new"]
    await store.close()


async def test_a_copy_since_which_nothing_was_typed_is_as_good_as_the_database(
    tmp_path: Path, clock: Clock, make_command: MakeCommand
) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    store = await opened(data, clock)
    for name in ("typed", "waits"):
        await store.add(make_command(id=name))
    await store.commit(begins("typed"))
    care.backup(data / DATABASE, copy)
    first = store.incarnation
    await store.close()
    by_hand(copy, data)
    store = await opened(data, clock)
    assert store.incarnation == first
    assert [command.id for command in await store.unfinished()] == ["typed", "waits"]
    await store.close()


async def test_a_tally_that_cannot_be_read_or_written_stops_nothing(
    tmp_path: Path, clock: Clock, make_command: MakeCommand
) -> None:
    data = tmp_path / "data"
    store = await opened(data, clock)
    await store.add(make_command(id="typed"))
    (data / "typed.tally").mkdir()
    await store.commit(begins("typed"))
    await store.close()
    (data / "typed.tally").rmdir()
    (data / "typed.tally").write_text("no tally", encoding="utf-8")
    store = await opened(data, clock)
    assert "notice" not in store.health()
    await store.close()
