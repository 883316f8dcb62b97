"""What holds an agent to its limits, and what is told where nothing does: on folders that look like the kernel's."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from outrider.logic.sandbox import Limits
from outrider.supervisor.groups import Groups

ALL = Limits(memory_mb=256, cpu_percent=50, processes=64)


@pytest.fixture
def process(tmp_path: Path) -> Path:
    """A process without any control groups."""
    folder = tmp_path / "proc"
    folder.mkdir()
    return folder


def mounted(process: Path, mounts: str, mine: str) -> None:
    (process / "mountinfo").write_text(mounts)
    (process / "cgroup").write_text(mine)


@pytest.fixture
def systemd(tmp_path: Path) -> Mapping[str, str]:
    """A user's systemd in the group /me."""
    runtime, programs = tmp_path / "run", tmp_path / "bin"
    (runtime / "systemd").mkdir(parents=True)
    (runtime / "systemd" / "private").touch()
    programs.mkdir()
    for name in ("systemctl", "systemd-run"):
        (programs / name).write_text("#!/bin/sh\necho /me\n")
        (programs / name).chmod(0o755)
    (tmp_path / "cgroup" / "me").mkdir(parents=True)
    return {"PATH": str(programs), "XDG_RUNTIME_DIR": str(runtime)}


async def test_no_limits_need_nothing(process: Path) -> None:
    held = await Groups(process).hold(Limits(), "g", {})
    assert (held.words, held.unapplied) == ((), ())


async def test_systemd_holds_what_it_was_given_and_the_rest_is_told(
    process: Path, systemd: Mapping[str, str], tmp_path: Path
) -> None:
    root = tmp_path / "cgroup"
    (root / "me" / "cgroup.controllers").write_text("memory pids\n")
    held = await Groups(process, root).hold(ALL, "g", systemd)
    assert held.words[:3] == ("systemd-run", "--user", "--scope")
    assert {"MemoryMax=256M", "TasksMax=64"} <= set(held.words)
    assert not any("CPUQuota" in word for word in held.words)
    assert [sentence.partition(":")[0] for sentence in held.unapplied] == ["The limit on CPU is not applied"]


async def test_a_systemd_without_controllers_holds_nothing(
    process: Path, systemd: Mapping[str, str], tmp_path: Path
) -> None:
    held = await Groups(process, tmp_path / "cgroup").hold(ALL, "g", systemd)
    assert held.words == ()
    assert "limits on memory, CPU and processes are not applied" in held.unapplied[0]


async def test_groups_of_the_first_version_are_made_where_this_process_stands(process: Path, tmp_path: Path) -> None:
    memory, pids = tmp_path / "memory" / "box", tmp_path / "pids"
    for folder, file in ((memory, "memory.limit_in_bytes"), (pids, "pids.max")):
        (folder / "outrider-g").mkdir(parents=True)
        (folder / "outrider-g" / file).touch()  # as the kernel does it
    mounts = (
        f"1 2 0:1 / {tmp_path}/memory rw - cgroup cgroup rw,memory\n1 2 0:2 /deep {pids} rw - cgroup cgroup rw,pids\n"
    )
    mounted(process, mounts, "4:memory:/box\n3:pids:/deep\n2:cpu:/nowhere\n")
    held = await Groups(process).hold(ALL, "g", {})
    assert held.words[:2] == ("sh", "-c")
    assert held.words[4:] == (f"{memory}/outrider-g", f"{pids}/outrider-g", "--")
    assert (memory / "outrider-g" / "memory.limit_in_bytes").read_text() == str(256 << 20)
    assert (pids / "outrider-g" / "pids.max").read_text() == "64"
    assert "The limit on CPU is not applied" in held.unapplied[0]


async def test_a_group_of_the_second_version_holds_all_where_its_controllers_are_there(
    process: Path, tmp_path: Path
) -> None:
    group = tmp_path / "unified" / "outrider-g"
    group.mkdir(parents=True)
    for file in ("memory.max", "cpu.max", "pids.max"):
        (group / file).touch()
    mounted(process, f"1 2 0:1 / {tmp_path}/unified rw - cgroup2 cgroup2 rw\n", "0::/\n")
    held = await Groups(process).hold(ALL, "g", {})
    assert held.words[4:] == (str(group), "--")
    assert (group / "cpu.max").read_text() == "50000 100000"
    assert held.unapplied == ()


async def test_a_group_that_holds_nothing_is_not_left_behind(process: Path, tmp_path: Path) -> None:
    (tmp_path / "unified").mkdir()
    mounted(process, f"1 2 0:1 / {tmp_path}/unified rw - cgroup2 cgroup2 rw\n", "0::/\n")
    held = await Groups(process).hold(ALL, "g", {})
    assert held.words == ()
    assert held.unapplied
    assert list((tmp_path / "unified").iterdir()) == []


def test_empty_groups_go_with_their_agents_and_those_of_others_once_nobody_came(process: Path, tmp_path: Path) -> None:
    for name, age_s in (("ended", 0), ("lives", 0), ("left", 3600)):
        group = tmp_path / "unified" / f"outrider-{name}"
        group.mkdir(parents=True)
        os.utime(group, (time.time() - age_s,) * 2)
    (tmp_path / "unified" / "others").mkdir()
    mounted(process, f"1 2 0:1 / {tmp_path}/unified rw - cgroup2 cgroup2 rw\n", "0::/\n")
    Groups(process).sweep({"ended"})
    assert {path.name for path in (tmp_path / "unified").iterdir()} == {"outrider-lives", "others"}
