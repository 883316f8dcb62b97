"""The verbs worktree list, diff, merge and remove, against a daemon that answers from a table."""

import json
from collections.abc import Iterator

import pytest

from fake_daemon import FakeDaemon
from fake_daemon import daemon as serving
from outrider.cli.app import run

TREE = {
    "name": "task",
    "path": "/data/worktrees/repo-1/task",
    "repository": "/repo",
    "session": "task",
    "branch": None,
    "head": "a" * 40,
    "base": "a" * 40,
    "into": "main",
    "ahead": 2,
    "behind": 0,
    "files": 3,
    "insertions": 10,
    "deletions": 4,
    "dirty": True,
    "locked": "on a stick",
    "problem": None,
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeDaemon]:
    with serving() as one:
        yield one


def test_they_are_listed(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.fresh().answers["GET /api/worktrees"] = (200, {"worktrees": [TREE], "count": 1})
    assert run(["worktree", "list"], {"OUTRIDER_URL": fake.url}) == 0
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row == [
        "task",
        "task",
        "(detached)",
        "2",
        "0",
        "3",
        "+10",
        "-4",
        "uncommitted,",
        "locked",
        "on",
        "a",
        "stick",
    ]
    assert run(["worktree", "list", "--json"], {"OUTRIDER_URL": fake.url}) == 0
    assert json.loads(capsys.readouterr().out)["worktrees"] == [TREE]


def test_a_patch_is_printed_as_it_is(fake: FakeDaemon, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    answer = {"name": "task", "patch": "+\x1b[31m\n", "cut": True}
    fake.fresh().answers["GET /api/worktrees/task/diff"] = (200, answer)
    assert run(["worktree", "diff", "task"], {"OUTRIDER_URL": fake.url}) == 0
    printed = capsysbinary.readouterr()
    assert printed.out == b"+\x1b[31m\n"
    assert b"only the beginning" in printed.err


def test_merged_and_removed(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    merged = {"name": "task", "branch": "outrider/task", "into": "main", "commit": "b" * 40}
    kept = "refs/outrider/trash/task-1"
    removed: dict[str, object] = {"name": "task", "path": "/x/task", "branch": "outrider/task", "branch_removed": True}
    fake.fresh().answers["POST /api/worktrees/task/merge"] = (200, merged)
    fake.answers["DELETE /api/worktrees/task"] = (
        200,
        {**removed, "kept": kept, "back": "git worktree add", "moved": "/repo/.git/x"},
    )
    assert run(["worktree", "merge", "task"], {"OUTRIDER_URL": fake.url}) == 0
    assert capsys.readouterr().out == "outrider/task is merged: main is at bbbbbbbbbbbb.\n"
    assert run(["worktree", "remove", "task", "--force"], {"OUTRIDER_URL": fake.url}) == 0
    assert capsys.readouterr().out.splitlines() == [
        "/x/task is gone, and its branch outrider/task.",
        f"What was nowhere else is kept as {kept}. Get it back: git worktree add",
        "Ignored files that were only there are in /repo/.git/x.",
    ]
    removed |= {"branch_removed": False, "branch_used": "/repo", "kept": None, "moved": None}
    fake.fresh().answers["DELETE /api/worktrees/task"] = (200, removed)
    assert run(["worktree", "remove", "task"], {"OUTRIDER_URL": fake.url}) == 0
    said = capsys.readouterr().out
    assert said == "/x/task is gone.\nIts branch outrider/task stays: it is checked out in /repo.\n"


def test_a_refusal_is_its_sentence_and_1(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    said = {"error": "task has work that is not committed; it stays.", "code": "conflict", "detail": {}}
    fake.fresh().answers["DELETE /api/worktrees/task"] = (409, said)
    assert run(["worktree", "remove", "task"], {"OUTRIDER_URL": fake.url}) == 1
    assert "it stays" in capsys.readouterr().err
