"""The verb `policy` from outside."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from outrider.cli import app

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    tree = tmp_path / "tree"
    tree.mkdir()
    return lambda *argv: app.run(["policy", *argv], {"HOME": str(tmp_path)})


def test_a_decision_is_explained(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = str(tmp_path / "tree")
    assert run("test", "--workdir", tree, "--", "pytest", "-q") == 0
    assert "allow" in capsys.readouterr().out
    assert run("test", "--workdir", tree, "--json", "--", "ls && rm -rf src") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["rule"], found["part"], found["hazard"]) == (
        "ask",
        "always-ask: delete",
        "rm -rf src",
        "delete",
    )
    assert run("test", "--workdir", tree, "--tool", "Edit", "--path", "src/x") == 0
    assert run("test", "--workdir", tree, "--tool", "Edit", "--path", "../x") == 1
    capsys.readouterr()
    assert run("explain", "--workdir", tree, "--policy", "careful", "--", "ls | wc -l && touch x") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[3:]] == ["allow", "allow", "ask"]


def test_usage(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("test") == 2
    assert "no command to test" in capsys.readouterr().err
    assert run("test", "--workdir", str(tmp_path / "absent"), "--", "ls") == 2
    assert run("test", "--policy", "yolo", "--workdir", str(tmp_path), "--", "ls") == 1
    assert "careful, sandboxed, standard" in capsys.readouterr().err


def test_list_and_check(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    assert {"careful", "standard", "sandboxed"} == {
        each["name"] for each in json.loads(capsys.readouterr().out)["policies"]
    }
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "mine"\ncolour = 1\n')
    assert run("check", str(mine)) == 2
    assert f"{mine}:2: colour" in capsys.readouterr().err
    mine.write_text('name = "mine"\nextends = "standard"\n')
    assert run("check", str(mine)) == 0
