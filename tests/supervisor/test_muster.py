"""A restart ends nothing that could not be started again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from outrider.errors import InvalidInput, OutriderError
from outrider.logic.sandbox import NETWORK
from outrider.model.actor import Actor
from outrider.model.agent import SpawnRequest
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.discharge import Discharge
from supervisor.stage import ScriptedTerminal
from worktrees.test_spawned import ME, muster
from worktrees.world import World


@dataclass
class Reaper:
    """Notes whom it was to end."""

    killed: list[str] = field(default_factory=list)

    async def kill(self, member: Member, actor: Actor) -> None:
        self.killed.append(member.agent.session)
        member.agent = replace(member.agent, ended_ms=1)

    async def clear_dead_pane(self, member: Member) -> None:
        """There is none."""


def without_folder(member: Member, place: Path) -> None:
    (place / "work").rmdir()


def without_program(member: Member, place: Path) -> None:
    (place / "bin" / "program").unlink()


def without_bubblewrap(member: Member, place: Path) -> None:
    member.agent = replace(member.agent, sandbox=NETWORK)


def without_kind(member: Member, place: Path) -> None:
    member.agent = replace(member.agent, kind="nothing")


BROKEN = (
    (without_folder, r"workdir: .*work does not exist"),
    (without_program, r"no program 'program' on PATH"),
    (without_bubblewrap, r"bubblewrap is not installed"),
    (without_kind, r"nothing"),
)


@pytest.mark.parametrize(("broken", "said"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
async def test_what_could_not_be_started_again_is_not_ended(
    tmp_path: Path, broken: Callable[[Member, Path], None], said: str
) -> None:
    for name in ("work", "bin"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin" / "program").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "program").chmod(0o755)
    world = World(tmp_path, tmp_path / "data" / "trees", {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")})
    reaper, crew = Reaper(), Crew()
    starts = muster(world, ScriptedTerminal(lambda: 1), crew, discharge=cast("Discharge", reaper))
    request = SpawnRequest("task", str(tmp_path / "work"), kind="generic", extra=("program",))
    member = await starts.spawn(request, ME)
    again = await starts.restart(member, ME)
    assert (reaper.killed, again.agent.id != member.agent.id) == (["task"], True)
    broken(again, tmp_path)
    before = again.agent
    with pytest.raises(OutriderError, match=said) as refused:
        await starts.restart(again, ME)
    assert isinstance(refused.value, InvalidInput)
    assert (reaper.killed, crew.find("task"), again.agent) == (["task"], again, before)
