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
    for name, words, said in (
        ("empty", ("-b", "main"), "has no commit yet"),
        ("bare", ("--bare",), "is a bare repository"),
    ):
        place = world.root / name
        git(world, "init", "-q", *words, str(place), at=world.workdir())
        body = {"session": "task", "kind": "shell", "workdir": str(place), "worktree": ""}
        answered = world.http.post("/api/agents", json=body)
        assert (answered.status_code, said in answered.json()["error"]) == (422, True), answered.text
    assert world.http.get("/api/agents").json()["count"] == 0
    assert world.cli("worktree", "list").stdout == "There are none; outrider spawn --worktree makes one.\n"
    assert "There is no worktree 'x'. There are none." in world.cli("worktree", "diff", "x").stderr
    assert not world.data.joinpath("worktrees").exists()


def changed(world: World, session: str) -> int:
    diff = world.agent(session)["diff"]
    return diff["files"] if diff else 0


def test_furnished_set_up_and_with_ports_of_its_own() -> None:
    config = '[spawn]\ncopy_files = [".env"]\nsetup = ["echo $AGENT_PORT > port", "test ! -e forbidden"]\nports_from = 42500\n'
    world = World(config=config)
    try:
        world.start()
        repo = repository(world)
        repo.joinpath(".git/info/exclude").write_text(".env\nport\n")
        repo.joinpath(".env").write_text("KEY=1\n")
        for name in ("one", "two"):
            assert shell(world, name, "--worktree").returncode == 0
        agents = [world.agent(name) for name in ("one", "two")]
        assert len({agent["port"] for agent in agents}) == 2
        for agent in agents:
            tree = Path(str(agent["worktree"]))
            assert tree.joinpath(".env").read_text() == "KEY=1\n"
            assert tree.joinpath("port").read_text() == f"{agent['port']}\n"
        first = agents[0]["port"]
        world.sent(world.send("one", "echo $AGENT_PORTS > seen; echo a > new.txt"))
        seen = Path(str(agents[0]["worktree"])) / "seen"
        until(seen.exists)
        until(lambda: seen.read_text() == f"{first}-{int(first or 0) + 9}\n")
        until(lambda: changed(world, "one") == 2, what="the size of what it changed")

        # Started again it keeps its ports; forgotten, it gives them up.
        assert world.cli("restart", "one").returncode == 0
        assert world.agent("one")["port"] == first
        assert world.cli("kill", "one").returncode == 0
        assert shell(world, "three").returncode == 0
        assert world.agent("three")["port"] not in (first, agents[1]["port"])
        assert world.cli("forget", "one").returncode == 0
        assert shell(world, "four").returncode == 0
        assert world.agent("four")["port"] == first

        # A line that fails leaves nothing behind.
        repo.joinpath("forbidden").touch()
        git(world, "add", "forbidden", at=repo)
        git(world, "commit", "-q", "-m", "forbid", at=repo)
        before = git(world, "for-each-ref", at=repo) + git(world, "worktree", "list", at=repo)
        refused = shell(world, "five", "--worktree")
        assert refused.returncode == 1
        assert "'test ! -e forbidden' ended with status 1 in the new worktree" in refused.stderr
        assert git(world, "for-each-ref", at=repo) + git(world, "worktree", "list", at=repo) == before
    finally:
        world.close()
