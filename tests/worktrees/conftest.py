"""Every test of worktrees has a repository of its own."""

import os
from pathlib import Path

import pytest

from worktrees.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    home = tmp_path / "home"
    home.mkdir()
    env = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "T",
        "GIT_AUTHOR_EMAIL": "t@example.invalid",
        "GIT_COMMITTER_NAME": "T",
        "GIT_COMMITTER_EMAIL": "t@example.invalid",
    }
    made = World(tmp_path / "my repo", tmp_path / "data" / "worktrees", env)
    made.repo.mkdir()
    made.git("init", "-q", "-b", "main")
    (made.repo / "src").mkdir()
    (made.repo / "src" / "a.txt").write_text("one\n")
    made.git("add", ".")
    made.git("commit", "-q", "-m", "one")
    made.git("branch", "old")
    return made
