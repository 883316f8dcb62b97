"""An agent in a worktree of its own, from spawn to removal, by the command line and over HTTP."""

import json
import subprocess
from pathlib import Path

from e2e.waiting import until
from e2e.world import World

IDENTITY = ("-c", "user.name=T", "-c", "user.email=t@example.invalid")


def git(world: World, *words: str, at: Path) -> str:
    done = subprocess.run(["git", *IDENTITY, *words], cwd=at, env=world.env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def repository(world: World) -> Path:
    """A repository with one commit."""
    repo = world.workdir()
    git(world, "init", "-q", "-b", "main", at=repo)
    repo.joinpath("a.txt").write_text("one\n")
    git(world, "add", ".", at=repo)
    git(world, "commit", "-q", "-m", "one", at=repo)
    return repo


def shell(world: World, session: str, *words: str) -> subprocess.CompletedProcess[str]:
    return world.cli("spawn", "--session", session, "--agent", "shell", "--workdir", str(world.workdir()), *words)


def test_from_spawn_to_removal(world: World) -> None:
    repo = repository(world)
    assert shell(world, "task", "--worktree=feature", "--base", "main").returncode == 0
    tree = Path(str(world.agent("task")["worktree"]))
    until(lambda: world.agent("task")["state"] == "idle", what="the shell to be ready")
    world.sent(world.send("task", "echo two > b.txt"))
    until(lambda: tree.joinpath("b.txt").exists(), what="the file")
    seen = world.http.get("/api/agents/task/worktree").json()
    assert (seen["branch"], seen["into"], seen["files"], seen["insertions"]) == ("feature", "main", 1, 1)
    assert (seen["session"], seen["dirty"], seen["ahead"]) == ("task", True, 0)
    assert "+two" in world.cli("worktree", "diff", "task").stdout
    busy = world.cli("worktree", "remove", "task", "--force")
    assert busy.returncode == 1
    assert "task is at work in task" in busy.stderr
    assert world.cli("kill", "task").returncode == 0
    refused = world.cli("worktree", "merge", "task")
    assert "not committed (b.txt)" in refused.stderr
    git(world, "add", ".", at=tree)
    git(world, "commit", "-q", "-m", "two", at=tree)
    world.kill9()
    world.start()
    assert json.loads(world.cli("worktree", "list", "--json").stdout)["worktrees"][0]["ahead"] == 1
    assert world.cli("worktree", "merge", "task").returncode == 0
    assert repo.joinpath("b.txt").read_text() == "two\n"
    tree.joinpath("c.txt").write_text("three\n")
    assert "it stays" in world.cli("worktree", "remove", "task").stderr
    removed = json.loads(world.cli("worktree", "remove", "task", "--force", "--json").stdout)
    assert git(world, "show", f"{removed['kept']}:c.txt", at=repo) == "three"
    assert not tree.exists()
    rows = world.http.get("/api/agents/task/log").json()["log"]
    assert [row["action"] for row in rows if row["action"].startswith("worktree")] == [
        "worktree remove",
        "worktree merge",
    ]


def test_what_cannot_be(world: World) -> None:
    world.workdir()
    for words, said in (
        (("--worktree",), "in no git repository"),
        (("--base", "main"), "none is asked for"),
    ):
        refused = shell(world, "task", *words)
        assert (refused.returncode, said in refused.stderr) == (1, True), refused.stderr
    assert world.cli("worktree", "list").stdout == "There are none; outrider spawn --worktree makes one.\n"
    assert "There is no worktree 'x'. There are none." in world.cli("worktree", "diff", "x").stderr
    assert not world.data.joinpath("worktrees").exists()
