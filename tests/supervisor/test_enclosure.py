"""A sandbox that cannot be had is refused before anything is made, with the words of who refuses it."""

from pathlib import Path

import pytest

from outrider.errors import InvalidInput
from outrider.logic.sandbox import Limits
from outrider.supervisor.enclosure import Enclosure
from outrider.supervisor.trial import Trial

NO = "bwrap: No permissions to create new namespace"


def machine(folder: Path, script: str | None, answer_s: float = 30) -> tuple[Enclosure, dict[str, str]]:
    """One with that bwrap, or without any."""
    if script is not None:
        (folder / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bwrap").chmod(0o755)
    return Enclosure("off", Limits(), (), trial=Trial(answer_s)), {
        "PATH": f"{folder}:/usr/bin:/bin" if script else str(folder)
    }


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (None, "bubblewrap is not installed"),
        (f"echo '{NO}' >&2; exit 1", f"cannot make one here. It says: {NO}. Let this user make user namespaces"),
        ("exit 3", "bwrap ended with exit code 3 and without a word"),
        ("exec sleep 100", "bwrap gave no answer for 0.2 s"),
    ],
)
async def test_where_none_can_be_had_that_is_said(tmp_path: Path, script: str | None, says: str) -> None:
    enclosure, environ = machine(tmp_path, script, 0.2 if script and "sleep" in script else 30)
    with pytest.raises(InvalidInput, match=r"^sandbox: .* The agent was not started\.$") as refused:
        await enclosure.check("network", environ)
    assert says in refused.value.message
    await enclosure.check("off", environ)


async def test_what_worked_is_not_tried_again_for_each_spawn_and_without_network_on_its_own(tmp_path: Path) -> None:
    tried = tmp_path / "tried"
    enclosure, environ = machine(tmp_path, f'echo "$*" >>{tried}')
    for asked in ("network", "network", "no-network"):
        await enclosure.check(asked, environ)
    assert ["--unshare-net" in line for line in tried.read_text().splitlines()] == [False, True]
