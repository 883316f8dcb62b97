"""What is done for agents by itself: nothing that could not be written down first."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from outrider.errors import StoreError
from outrider.model.actor import Actor, Scope
from outrider.settings import load
from outrider.store import Change
from outrider.supervisor.counter import Counter
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.discharge import Discharge
from outrider.supervisor.lanes import Lanes
from outrider.supervisor.muster import Muster
from outrider.supervisor.record import Record
from outrider.supervisor.steward import Steward
from outrider.supervisor.trees import Trees
from supervisor.stage import ScriptedTerminal
from web.engine_double import make_agent

ME = Actor("uid:1", Scope.WRITE)


class LittleRecord:
    """Takes nothing while it is `full`; `told` are the events that were told."""

    def __init__(self) -> None:
        self.full = True
        self.told: list[str] = []

    async def commit(self, change: Change) -> None:
        if self.full:
            raise StoreError("The disk is full.")
        self.told += [fact.name.value for fact in change.facts]


async def test_what_cannot_be_written_down_is_neither_announced_nor_kept(tmp_path: Path) -> None:
    ended = replace(make_agent("task", at=1000), ended_ms=1000)
    member = cast(
        "Member", SimpleNamespace(agent=replace(ended, verdict=replace(ended.verdict, alive=False)), alive=False)
    )
    crew, record, now = Crew(), LittleRecord(), 10**9
    crew.add(member)
    environ = {"HOME": str(tmp_path), "OUTRIDER_CLEANUP__EXITED_MINUTES": "1"}
    steward = Steward(
        load({"data": str(tmp_path)}, environ).settings,
        crew=crew,
        record=cast("Record", record),
        terminal=ScriptedTerminal(lambda: now),
        counter=cast("Counter", None),
        lanes=cast("Lanes", SimpleNamespace(depth=lambda agent_id: 0)),
        muster=cast("Muster", None),
        discharge=cast("Discharge", None),
        trees=cast("Trees", None),
        watched=lambda member: False,
        clock=lambda: now,
    )
    before = member.agent
    await steward.turn()
    for work in (steward.keep("task", ME, keep=True), steward.patience("task", ME, {"frozen": 60})):
        with pytest.raises(StoreError):
            await work
    assert member.agent == before
    record.full = False
    await steward.turn()
    assert record.told == ["cleanup_announced"]
    assert (await steward.keep("task", ME, keep=True)).keep
    assert record.told == ["cleanup_announced", "cleanup_withdrawn"]
