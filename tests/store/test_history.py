"""Longer stretches are made of shorter ones once, however often the daemon ends."""

import itertools
from pathlib import Path

import pytest

from outrider.errors import StoreError
from outrider.model.history import Mark, Standing, Stretch
from outrider.store.database import Database
from outrider.store.history import History

LEVELS = (0, 60, 600)


def counted(at: int, **amounts: float) -> Stretch:
    return Stretch(at, "", amounts)


async def test_what_was_counted_is_found_in_the_longest_stretches_that_there_are(database: Database) -> None:
    history = History(database, LEVELS)
    for at in range(0, 1330, 10):
        await history.add([counted(at, sent=1), Stretch(at, "one", {"sent": 1})], Mark(at, at + 10))
    for step in LEVELS:
        found = await history.between(step, 0, 2000, "")
        assert sum(each.amounts["sent"] for each in found) == 133
    lengths = [each.at_ms for each in await history.between(600, 0, 2000, "")]
    assert lengths == [0, 600, 1200, 1260, 1320]
    assert {each.session for each in await history.between(600, 0, 2000, None)} == {"one"}


async def test_the_mark_and_what_was_counted_stand_or_fall_together(tmp_path: Path) -> None:
    clock = itertools.count(1).__next__
    mark = Mark(7, 130, {"one": Standing("idle", 5, 10, 0.25)})
    database = await Database.open(tmp_path / "outrider.db", clock=clock)
    history = History(database, LEVELS)
    assert await history.mark() is None
    await history.add([counted(0, sent=3)], mark)
    await database.close()
    database = await Database.open(tmp_path / "outrider.db", clock=clock)
    history = History(database, LEVELS)
    assert await history.mark() == mark
    await history.add([counted(130, sent=1)], Mark(8, 700))
    assert [each.amounts for each in await history.between(600, 0, 1000, "")] == [{"sent": 4}]
    await database.close()
    with pytest.raises(StoreError):
        await history.add([counted(700, sent=1)], Mark(9, 710))


async def test_what_is_old_goes_and_what_was_made_of_it_stays(database: Database) -> None:
    history = History(database, LEVELS)
    for at in range(0, 1200, 10):
        await history.add([counted(at, sent=1)], Mark(at, at + 10))
    await history.trim((100, 300, 10_000), 1200)
    assert [each.at_ms for each in await history.between(0, 0, 2000, "")] == list(range(1100, 1200, 10))
    assert sum(each.amounts["sent"] for each in await history.between(600, 0, 2000, "")) == 120
    assert min(each.at_ms for each in await history.between(60, 0, 2000, "")) == 900
