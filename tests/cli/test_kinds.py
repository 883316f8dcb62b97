"""Verbs that need no daemon: agents, score, record's cases, config; and the start of the daemon with bad settings."""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_daemon import agent, daemon
from outrider.__main__ import UP
from outrider.cli import app


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.defpath + os.pathsep + os.environ.get("PATH", "")}


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[str]:
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    name = f"outrider-test-{uuid.uuid4().hex[:12]}"
    line = ["tmux", "-L", name, "-f", "/dev/null", "new-session", "-d", "-s", "my-task", "-x", "60", "-y", "10"]
    subprocess.run([*line, "printf 'one\\ntwo\\n'; exec sleep 60"], check=True, cwd=tmp_path)
    yield name
    subprocess.run(["tmux", "-L", name, "kill-server"], check=False)


def test_agents(environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["agents", "--json"], environ) == 0
    kinds = {kind["name"]: kind for kind in json.loads(capsys.readouterr().out)["kinds"]}
    assert {"claude", "shell"} <= kinds.keys()
    assert kinds["shell"]["program"]
    mine = tmp_path / ".config" / "outrider" / "agents" / "mine.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text("nonsense = 1\n")
    assert app.run(["agents"], environ) == 1
    captured = capsys.readouterr()
    assert "claude" in captured.out
    assert "mine.toml" in captured.err


def test_config(environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.toml").write_text("port = 3900\n")
    line = ["config", "--config", str(tmp_path / "c.toml"), "--json"]
    assert app.run(line, environ | {"OUTRIDER_NODE": "n"}) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["config"] == str(tmp_path / "c.toml")
    port = shown["settings"]["port"]
    assert (port["value"], port["from"], port["default"]) == (3900, f"{tmp_path}/c.toml:1", "3848")
    assert shown["settings"]["node"]["from"] == "environment OUTRIDER_NODE"
    assert app.run(["config"], environ) == 0
    assert "monitor.cpu_budget" in capsys.readouterr().out


def test_record_and_score(
    environ: dict[str, str], tmux: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "cases"
    with daemon() as fake:
        pane = {"server": tmux, "pane": "%0"}
        fake.answers["GET /api/agents/my-task"] = (200, agent(kind="shell", tmux=pane))
        line = ["record", "my-task", "--state", "working,idle", "--dir", str(folder), "--url", fake.url]
        assert app.run(line, environ) == 0
        assert app.run(line, environ) == 0
    cases = [json.loads(case) for case in (folder / "index.jsonl").read_text().splitlines()]
    assert len(cases) == 2
    assert (cases[0]["state"], cases[0]["accept"], cases[0]["size"]) == ("working", ["working", "idle"], "60x10")
    frames = cases[0]["frames"]
    assert len(frames) == 2
    assert frames[1]["t"] - frames[0]["t"] >= 0.3
    assert (folder / frames[0]["txt"]).read_text().splitlines()[:2] == ["one", "two"]
    assert frames[0]["cmd"] == "sleep"
    capsys.readouterr()
    assert app.run(["score", str(folder), "--json"], environ) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["cases"] == 2
    assert report.keys() == {"cases", "coarse", "exact", "by_kind", "confusion", "misses"}
    assert app.run(["score", str(folder)], environ) == 0
    assert "COARSE" in capsys.readouterr().out


def test_record_where_the_agent_is_not(
    environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with daemon() as fake:
        pane = {"server": f"outrider-test-{uuid.uuid4().hex[:12]}", "pane": "%0"}
        fake.answers["GET /api/agents/my-task"] = (200, agent(tmux=pane))
        line = ["record", "my-task", "--state", "idle", "--dir", str(tmp_path / "c"), "--url", fake.url]
        assert app.run(line, environ) == 1
    assert "does not show my-task here" in capsys.readouterr().err
    assert not (tmp_path / "c" / "index.jsonl").exists()


def test_score_of_no_folder(environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["score", str(tmp_path / "none")], environ) == 1
    assert "index.jsonl" in capsys.readouterr().err


BAD_STARTS = [
    (["--port", "99999"], "flag --port: port = 99999 should be"),
    (["--port", "x"], "--port"),
    (["--config", "/nowhere/c.toml"], "There is no config file"),
    (["--tmux-socket", "a/b"], "should be a tmux socket name"),
    (["--prot", "1"], "--prot"),
]


@pytest.mark.parametrize(("flags", "says"), BAD_STARTS, ids=lambda value: " ".join(value)[:20])
def test_up_refuses_bad_settings(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str], flags: list[str], says: str
) -> None:
    assert app.run(["up", *flags], environ, [UP]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert len(captured.err.splitlines()) == 1


def test_score_against_other_rules(environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    screens = str(Path(__file__).resolve().parents[1] / "screens")
    other = tmp_path / "aider.toml"
    other.write_text(
        'extends = "aider"\nname = "aider"\n[[rules]]\nid = "done"\nstate = "error"\n'
        'region = "before"\npattern = "^Tokens: "\n'
    )
    assert app.run(["score", screens, "--against", str(other)], environ) == 0
    shown = capsys.readouterr().out
    assert "AGAINST" in shown
    assert "better" in shown
    assert app.run(["score", screens, "--against", str(other), "--json"], environ) == 0
    report = json.loads(capsys.readouterr().out)
    assert {each["kind"] for each in report["changed"]} == {"aider"}
    assert report["against"]["by_kind"]["aider"]["coarse"] < report["now"]["by_kind"]["aider"]["coarse"]
    assert app.run(["score", screens, "--against", str(tmp_path / "none.toml")], environ) == 1
    assert "none.toml cannot be read" in capsys.readouterr().err
