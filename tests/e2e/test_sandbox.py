"""Agents in a sandbox: what they cannot write, what still arrives, and that nothing of them is left."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.test_worktrees import git, repository, shell
from e2e.user_systemd import UserSystemd
from e2e.waiting import until
from e2e.world import World
from outrider.logic.sandbox import Limits
from outrider.supervisor.groups import Groups

SCOPE = re.compile(r"/(run-[^/]+\.scope)$", re.MULTILINE)


def can() -> bool:
    """Whether a sandbox can be had here: some containers forbid it."""
    argv = ("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-pid", "true")
    return shutil.which("bwrap") is not None and subprocess.run(argv, capture_output=True, check=False).returncode == 0


needs_bwrap = pytest.mark.skipif(not can(), reason="bubblewrap is not installed, or may not be used here")


def groups() -> bool:
    """Whether this machine lets us hold memory and processes by control groups."""
    mine = f"test{os.getpid()}"
    made = asyncio.run(Groups().hold(Limits(memory_mb=256, processes=64), mine, {}))
    Groups().sweep({mine})
    return not made.unapplied


@contextmanager
def limited(config: str) -> Iterator[World]:
    """A world whose agents are to be held to limits."""
    made = World(config=f"[sandbox]\n{config}").start()
    try:
        yield made
    finally:
        made.close()


def tries(world: World, session: str, line: str, tree: Path, name: str) -> str:
    """Has a line run in the shell, which stands in `tree`, and gives its exit status."""
    done = tree / f"done-{name}"
    (tree / name).write_text(f"{{ {line}; }}\necho $? > {done}.new; mv {done}.new {done}\n")
    world.sent(world.send(session, f"bash {name}"))
    until(done.exists, what=f"{line} to end")
    return done.read_text().strip()


@needs_bwrap
def test_writes_outside_fail_and_the_work_tree_is_writable(world: World) -> None:
    repo = repository(world)
    (world.home / "precious").write_text("mine\n")
    assert shell(world, "task", "--worktree", "--sandbox=no-network").returncode == 0
    agent = world.agent("task")
    assert (agent["sandbox"], agent["unapplied"]) == ("no-network", [])
    tree = Path(str(agent["worktree"]))
    until(lambda: world.agent("task")["state"] == "idle", what="the shell to be ready")
    outside = (
        ("home", f"echo x >> {world.home}/precious"),
        ("hooks", f"echo x > {repo}/.git/hooks/post-checkout"),
        ("config", f"echo x >> {repo}/.git/config"),
        ("etc", "touch /etc/outrider-test"),
        ("database", f"test -e {world.data}/outrider.db"),
        ("socket", f"tmux -L {world.socket} list-sessions"),
        ("network", f"(exec 3<>/dev/tcp/127.0.0.1/{world.port}) 2>&-"),
        ("daemon", f"kill -0 {world.pid}"),
    )
    for name, line in outside:
        assert tries(world, "task", line, tree, name) != "0", name
    tries(world, "task", f"echo x >> {repo}/a.txt", tree, "repository")  # it lies in /tmp here: the write goes nowhere
    assert (repo / "a.txt").read_text() == "one\n"
    assert (world.home / "precious").read_text() == "mine\n"
    commit = "echo two > b.txt; git add b.txt; git -c user.name=T -c user.email=t@example.invalid commit -q -m two"
    assert tries(world, "task", commit, tree, "commit") == "0"
    assert git(world, "show", "outrider/task:b.txt", at=repo) == "two"
    assert "no-network" in world.cli("show", "task").stdout


@needs_bwrap
def test_kill_ends_everything_inside(world: World) -> None:
    repository(world)
    assert shell(world, "task", "--sandbox").returncode == 0
    until(lambda: world.agent("task")["state"] == "idle", what="the shell to be ready")
    world.send("task", "(setsid sleep 4321 &) ; env -i setsid sleep 4322 & true")
    until(lambda: len(sleepers()) >= 2, what="the sleepers")
    assert world.cli("kill", "task").returncode == 0
    until(lambda: not sleepers(), what="the sleepers to be gone")


@needs_bwrap
def test_restart_stays_inside(world: World) -> None:
    repository(world)
    assert shell(world, "task", "--sandbox").returncode == 0
    assert world.cli("restart", "task").returncode == 0
    assert world.agent("task")["sandbox"] == "network"
    until(lambda: world.agent("task")["state"] == "idle", what="the shell to be ready")
    assert tries(world, "task", f"touch {world.home}/x", world.workdir(), "home") != "0"


@needs_bwrap
@pytest.mark.skipif(not groups(), reason="no control groups can be made here that hold memory and processes")
def test_limits_hold_what_is_inside_and_nobody_else() -> None:
    with limited("memory_mb = 256\nprocesses = 64\n") as world:
        tree = repository(world)
        assert shell(world, "task", "--sandbox").returncode == 0
        assert world.agent("task")["unapplied"] == []
        until(lambda: world.agent("task")["state"] == "idle", what="the shell to be ready")
        eater = f"{sys.executable} -c 'x = bytearray(600 << 20); print(len(x))'"
        assert tries(world, "task", eater, tree, "memory") != "0", "it is ended where it takes more"
        assert tries(world, "task", f"{sys.executable} -c 'print(len(bytearray(20 << 20)))'", tree, "little") == "0"
        forks = "for i in $(seq 100); do sleep 30 & done 2>forks"
        tries(world, "task", f"({forks})", tree, "processes")
        until(lambda: "fork" in (tree / "forks").read_text(), what="forks to be refused")
        assert world.agent("task")["alive"]
        inside = held(world)
        assert inside
        world.send("task", "exit")
        until(lambda: not any(group.exists() for group in inside), what=f"{inside} to go with it")


@needs_bwrap
def test_limits_hold_beside_a_real_systemd_which_is_given_those_that_it_can_hold() -> None:
    made = World(config="[sandbox]\nmemory_mb = 256\n")
    manager = UserSystemd(made)
    try:
        if why := manager.start():
            pytest.skip(why)
        made.start()
        tree = repository(made)
        assert shell(made, "task", "--sandbox").returncode == 0
        until(lambda: made.agent("task")["state"] == "idle", what="the shell to be ready")
        inside = held(made)
        eater = f"{sys.executable} -c 'x = bytearray(600 << 20); print(len(x))'"
        # By the systemd, where it has the controller, else by a group of ours, else told.
        if not made.agent("task")["unapplied"]:
            assert inside
            assert tries(made, "task", eater, tree, "memory") != "0"
        made.send("task", "exit")
        until(lambda: not any(group.exists() for group in inside), what=f"{inside} to go with it")
        _takes_the_limits(manager, made)
    finally:
        manager.close()
        made.close()


def _takes_the_limits(manager: UserSystemd, world: World) -> None:
    """What is put before an agent where the systemd has the controllers, given to a real one; which it has, a look-alike says here."""
    own = manager.run("systemctl", "--user", "show", "--property=ControlGroup", "--value").stdout.strip()
    listed = world.root / "groups" / own.lstrip("/")
    listed.mkdir(parents=True)
    (listed / "cgroup.controllers").write_text("memory cpu pids\n")
    limits = Limits(memory_mb=256, cpu_percent=50, processes=64)
    words = asyncio.run(Groups(root=world.root / "groups").hold(limits, "task", world.env)).words
    process = subprocess.Popen([*words, "sleep", "600"], env=world.env)
    try:
        scope = until(lambda: SCOPE.search(Path(f"/proc/{process.pid}/cgroup").read_text()), what="its scope")[1]
        shown = ("-p", "MemoryMax", "-p", "TasksMax", "-p", "CPUQuotaPerSecUSec", "-p", "ActiveState")
        told = manager.run("systemctl", "--user", "show", scope, *shown).stdout.split()
        assert set(told) == {f"MemoryMax={256 << 20}", "TasksMax=64", "CPUQuotaPerSecUSec=500ms", "ActiveState=active"}
    finally:
        process.kill()
        process.wait()
    left = ("systemctl", "--user", "show", scope, "-p", "LoadState", "--value")
    until(lambda: manager.run(*left).stdout.strip() == "not-found", what="the scope to be gone")


def held(world: World) -> list[Path]:
    """The control groups of the one agent that were made for it."""
    lines = Path(f"/proc/{world.agent('task')['pid']}/cgroup").read_text().splitlines()
    ends = {path.rpartition("/")[2] for line in lines for path in [line.split(":", 2)[2]]}
    names = [name for name in ends if name.startswith("outrider-") or SCOPE.fullmatch(f"/{name}")]
    return [Path(folder, name) for folder, below, _ in os.walk("/sys/fs/cgroup") for name in below if name in names]


@needs_bwrap
def test_limits_that_cannot_be_applied_are_told() -> None:
    with limited("processes = 5000000\n") as world:  # more than a kernel can have
        repository(world)
        spawned = shell(world, "task", "--sandbox")
        assert spawned.returncode == 0
        assert "The limit on processes is not applied" in spawned.stderr
        assert "The limit on processes is not applied" in world.agent("task")["unapplied"][0]
        assert "is not applied" in world.cli("show", "task").stdout


@needs_bwrap
def test_a_home_is_no_work_tree(world: World) -> None:
    words = ("--agent", "shell", "--workdir", str(world.root), "--sandbox")
    refused = world.cli("spawn", "--session", "task", *words)
    assert refused.returncode == 1
    assert "would be writable" in refused.stderr
    assert world.http.get("/api/agents").json()["count"] == 0


def test_words_that_are_none_and_a_machine_without_bubblewrap(world: World) -> None:
    world.workdir()
    assert "there are network, no-network, off" in shell(world, "task", "--sandbox=maybe").stderr
    bare = world.root / "bare"
    bare.mkdir()
    (bare / "sh").symlink_to("/bin/sh")
    refused = shell(world, "task", "--sandbox", "--env", f"PATH={bare}")
    assert refused.returncode == 1
    assert "Install it with: sudo apt install bubblewrap" in refused.stderr
    assert world.http.get("/api/agents").json()["count"] == 0


def sleepers() -> list[str]:
    """The sleepers of this file's test that run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if line.startswith(("sleep 4321", "sleep 4322")):
            found.append(line)
    return found
