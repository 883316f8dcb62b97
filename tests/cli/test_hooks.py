"""`outrider hooks`: what a user sees, and what becomes of their file."""

import json
import os
from pathlib import Path

import pytest

from outrider.cli import app


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.defpath, "OUTRIDER_DATA": str(tmp_path / "data")}


def test_hooks_go_in_and_come_out_again(
    environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"model":  "opus"}')
    assert app.run(["hooks", "install", "claude"], environ) == 0
    assert str(settings) in capsys.readouterr().out
    assert "Stop" in json.loads(settings.read_text())["hooks"]
    assert app.run(["hooks", "install", "claude", "--json"], environ) == 0
    assert json.loads(capsys.readouterr().out)["changed"] is False
    assert app.run(["hooks", "uninstall", "claude"], environ) == 0
    assert settings.read_text() == '{"model":  "opus"}'


def test_codex_users_are_told_to_trust_them(
    environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["hooks", "install", "codex"], environ) == 0
    assert "trust" in capsys.readouterr().out
    assert (tmp_path / ".codex" / "hooks.json").is_file()


def test_what_does_not_parse_is_refused(
    environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / ".qwen" / "settings.json"
    settings.parent.mkdir()
    settings.write_text("{ // mine\n}")
    assert app.run(["hooks", "install", "qwen"], environ) == 1
    assert "left as it is" in capsys.readouterr().err
    assert settings.read_text() == "{ // mine\n}"
    assert app.run(["hooks", "install", "aider"], environ) == 1
    assert "claude, codex, gemini, qwen" in capsys.readouterr().err
