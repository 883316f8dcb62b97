"""A worktree on a disk that is full, for passing files as well: a sentence, and nothing is left behind, there or in the repository.

The disk is a small tmpfs that only the daemon and its agents see.
"""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from e2e.test_worktrees import git, repository, shell
from e2e.world import World

MOUNT = 'mkdir -p "$0" && mount -t tmpfs -o size=2m,mode=700 none "$0" && exec "$@"'
OWN = ("unshare", "--mount")


def mountable(place: Path) -> bool:
    try:
        return (
            subprocess.run([*OWN, "sh", "-c", MOUNT, str(place), "true"], capture_output=True, check=False).returncode
            == 0
        )
    except FileNotFoundError:
        return False


def fill(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.write_bytes(bytes(4 << 20))


def test_a_worktree_that_does_not_fit_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not mountable(tmp_path / "disk"):
        pytest.skip("needs root, and a mount namespace in which a file system can be mounted")
    world = World()
    disk = world.root / "disk"
    world.config.write_text(f'[spawn]\ncopy_files = [".env"]\nworktrees = "{disk}"\n')
    world.within = (*OWN, "sh", "-c", MOUNT, str(disk))
    world.env["TMPDIR"] = str(disk)  # a machine with one disk
    try:
        world.start()
        repo = repository(world)
        repo.joinpath(".git/info/exclude").write_text(".env\n")
        repo.joinpath("large.bin").write_bytes(os.urandom(4 << 20))
        git(world, "add", ".", at=repo)
        git(world, "commit", "-q", "-m", "large", at=repo)
        before = git(world, "for-each-ref", at=repo) + git(world, "worktree", "list", at=repo)
        seen = Path(f"/proc/{world.pid}/root{disk}")

        filler = seen / "filler"

        def refused(*words: str) -> str:
            done = shell(world, "task", *words)
            assert done.returncode == 1
            left = [each for each in seen.rglob("*") if each != filler]
            now = git(world, "for-each-ref", at=repo) + git(world, "worktree", "list", at=repo)
            assert (left, now, world.http.get("/api/agents").json()["count"]) == ([], before, 0)
            return done.stderr

        assert "its files take 4.2 MB, and the disk of" in refused("--worktree=feature")
        fill(filler)
        assert "cannot be made: No space left on device" in refused("--worktree=feature")
        filler.unlink()
        repo.joinpath(".env").write_bytes(os.urandom(4 << 20))
        said = refused("--worktree=feature", "--base", "main~1")
        assert said == f"outrider: {repo}/.env cannot be copied into the worktree: No space left on device\n"
        repo.joinpath(".env").write_text("KEY=1\n")
        assert shell(world, "task", "--worktree=feature", "--base", "main~1").returncode == 0
        tree = Path(str(world.agent("task")["worktree"]))
        assert (seen / tree.relative_to(disk) / "a.txt").read_text() == "one\n"
        fill(filler)
        assert shell(world, "other", "--worktree").returncode == 1
        assert [each["name"] for each in json.loads(world.cli("worktree", "list", "--json").stdout)["worktrees"]] == [
            "task"
        ]
    finally:
        world.close()
