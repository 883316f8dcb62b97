"""Whose processes are whose, and that only those named are ended."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from outrider.processes import Process, alive, beneath, carrying, end, tree
from tmux.world import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans and environments are read from /proc")

# A child, a grandchild that its parent abandons, and one in a session of its own; then it waits.
FAMILY = """
(sleep 1000 & echo $! >> pids)
setsid sh -c 'echo $$ >> pids; exec sleep 1000' &
sh -c 'echo $$ >> pids; trap "" TERM; while :; do sleep 1000; done' &
echo ready > ready
wait
"""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a session, with its relatives; all ended afterwards."""
    env = {**os.environ, "OUTRIDER_GENERATION": f"token-{tmp_path.name}"}
    with subprocess.Popen(["sh", "-c", FAMILY], cwd=tmp_path, start_new_session=True, env=env) as process:
        yield process
        for each in carrying(f"token-{tmp_path.name}"):
            os.kill(each.pid, 9)


async def born(folder: Path) -> set[int]:
    """The pids that the family wrote down, once all are there."""
    await until(lambda: (folder / "pids").exists() and len((folder / "pids").read_text().split()) == 3)
    return {int(pid) for pid in (folder / "pids").read_text().split()}


async def test_a_tree_has_children_and_the_orphans_of_its_session(
    family: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """The root first; what left the session and lost its parent is found by its environment."""
    pids = await born(tmp_path)
    found = tree(family.pid)
    assert found[0].pid == family.pid
    assert found[0].argv[:2] == ("sh", "-c")
    assert found[0].cwd == str(tmp_path)
    assert pids <= {process.pid for process in found}
    assert {process.pid for process in found} == {process.pid for process in carrying(f"token-{tmp_path.name}")}
    assert os.getpid() not in {process.pid for process in found}


async def test_ending_ends_all_of_them_and_nobody_else(family: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Also the one that ignores SIGTERM, and what outlives its root."""
    await born(tmp_path)
    found = tree(family.pid)
    with subprocess.Popen(["sleep", "1000"]) as bystander:
        assert await end(found, 0.3) == ()
        assert not any(alive(process) for process in found)
        assert bystander.poll() is None
        bystander.kill()
    assert carrying(f"token-{tmp_path.name}") == ()


async def test_a_reused_id_is_another_process() -> None:
    """Same id, other start: it is neither alive nor ended."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        (found,) = tree(process.pid)
        former = replace(found, start=found.start - 1)
        assert alive(found)
        assert not alive(former)
        assert await end([former], 0.2) == ()
        assert alive(found)
        assert await end([found], 2) == ()
        assert not alive(found)


async def test_ourselves_and_nobody() -> None:
    """This process is never ended; what is not there is no error."""
    (ourselves, *_) = tree(os.getpid())
    assert await end([ourselves, Process(1, 0, ("init",), 0)], 0.1) == ()
    assert alive(ourselves)
    assert tree(2**22 + 1) == ()
    assert tree(0) == tree(1) == ()
    assert carrying("") == ()
    assert not alive(Process(2**22 + 1, 1, (), 1))


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap, which makes the namespace, is not installed")
def test_what_has_ids_of_its_own_is_found_by_them() -> None:
    walls = [
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--unshare-pid",
        "--die-with-parent",
        "--",
    ]
    argv = [*walls, "sh", "-c", "echo $$; sleep 60 & wait"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as outer:
        assert outer.stdout is not None
        inside = outer.stdout.readline()
        if not inside:
            pytest.skip("bubblewrap cannot make a namespace here")
        assert int(inside) < 10
        assert beneath(outer.pid, int(inside))
        assert not beneath(outer.pid, 99)
        outer.kill()
    assert not beneath(outer.pid, int(inside))
