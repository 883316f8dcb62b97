"""Worktrees of agents that came to rest are measured; where that cannot be done, the daemon goes on."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from outrider.errors import Unavailable
from outrider.supervisor.crew import Crew
from outrider.supervisor.record import Record
from outrider.supervisor.trees import Trees
from outrider.worktrees.place import MARKER
from web.engine_double import make_agent


async def test_a_git_that_cannot_be_started_is_a_sentence_and_ends_nothing(tmp_path: Path) -> None:
    for name in ("bin", "common", "trees/repo/task"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin" / "git").write_text("not a program")
    (tmp_path / "trees" / "repo" / MARKER).write_text(str(tmp_path / "common"))
    agent = replace(make_agent("task", at=1), worktree=str(tmp_path / "trees" / "repo" / "task"))
    trees = Trees(
        tmp_path / "trees",
        {"PATH": str(tmp_path / "bin")},
        crew=cast("Crew", [SimpleNamespace(agent=agent, pane=None)]),
        record=cast("Record", None),
        clock=lambda: 5,
    )
    await trees.measure()
    with pytest.raises(Unavailable, match="git cannot be started: Permission denied"):
        await trees.listed()
