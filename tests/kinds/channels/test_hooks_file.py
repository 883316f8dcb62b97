"""Hooks in a user's own settings: what is there stays, and what was there comes back byte for byte."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from outrider.errors import InvalidInput
from outrider.kinds.channels.hook_line import adopted
from outrider.kinds.channels.hooks_file import HooksFile
from outrider.kinds.channels.user_hooks import ADOPTED, PLACES, generation_of
from outrider.logic.names import is_generation

MINE = '{\n    "theme":   "dark",\n  "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say \\u00e9 done"}]}]}\n}'


def file_of(kind: str, home: Path) -> HooksFile:
    return HooksFile(kind, {"HOME": str(home)}, home / "kept")


@pytest.mark.parametrize("kind", sorted(PLACES))
@pytest.mark.parametrize("before", [None, "", MINE, MINE.replace("\n", "\r\n")])
def test_uninstall_brings_back_what_was_there(kind: str, before: str | None, tmp_path: Path) -> None:
    file = file_of(kind, tmp_path)
    if before is not None:
        file.path.parent.mkdir(parents=True)
        file.path.write_bytes(before.encode())
        file.path.chmod(0o640)
    assert file.install(tmp_path / "spool")
    settings = json.loads(file.path.read_text())
    assert set(settings["hooks"]) >= set(PLACES[kind].events)
    if before == MINE:
        assert settings["theme"] == "dark"
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o640
        assert "say é done" in json.dumps(settings["hooks"]["Stop"], ensure_ascii=False)
    assert not file.install(tmp_path / "spool")
    assert file.uninstall()
    assert (file.path.read_bytes() if file.path.exists() else None) == (None if before is None else before.encode())
    assert not file.uninstall()


def test_what_was_changed_since_stays_changed(tmp_path: Path) -> None:
    file = file_of("claude", tmp_path)
    file.path.parent.mkdir()
    file.path.write_text(MINE)
    file.install(tmp_path / "spool")
    settings = json.loads(file.path.read_text())
    file.path.write_text(json.dumps({**settings, "theme": "light"}))
    assert file.uninstall()
    after = json.loads(file.path.read_text())
    assert after == {**json.loads(MINE), "theme": "light"}


def test_a_second_spool_replaces_the_first_and_uninstall_still_restores(tmp_path: Path) -> None:
    file = file_of("claude", tmp_path)
    file.path.parent.mkdir()
    file.path.write_text(MINE)
    file.install(tmp_path / "one")
    assert file.install(tmp_path / "two")
    text = file.path.read_text()
    assert str(tmp_path / "one") not in text
    assert len(json.loads(text)["hooks"]["Stop"]) == 2
    assert file.uninstall()
    assert file.path.read_text() == MINE


def test_from_another_data_directory_only_ours_are_taken_out(tmp_path: Path) -> None:
    first = file_of("qwen", tmp_path)
    first.path.parent.mkdir()
    first.path.write_text(MINE)
    first.install(tmp_path / "spool")
    other = HooksFile("qwen", {"HOME": str(tmp_path)}, tmp_path / "other")
    assert not other.install(tmp_path / "spool")
    assert (tmp_path / "other" / "qwen.json").is_file()
    assert other.uninstall()
    assert json.loads(first.path.read_text()) == json.loads(MINE)


@pytest.mark.parametrize("text", ["{ // mine\n}", "[1]", '{"hooks": 3}', '{"hooks": {"Stop": 1}}', '{"a": \udcff'])
def test_a_file_that_cannot_be_kept_is_refused_and_left(text: str, tmp_path: Path) -> None:
    file = file_of("claude", tmp_path)
    file.path.parent.mkdir()
    content = text.encode("utf-8", "surrogateescape")
    file.path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"left as it is"):
        file.install(tmp_path / "spool")
    assert file.path.read_bytes() == content


def test_a_link_into_dotfiles_stays_a_link(tmp_path: Path) -> None:
    file = file_of("qwen", tmp_path)
    real = tmp_path / "dotfiles.json"
    real.write_text(MINE)
    file.path.parent.mkdir()
    file.path.symlink_to(real)
    file = file_of("qwen", tmp_path)
    file.install(tmp_path / "spool")
    assert file.path.is_symlink()
    file.uninstall()
    assert real.read_text() == MINE


def test_an_unknown_kind_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="claude, codex, gemini, qwen"):
        HooksFile("aider", {"HOME": str(tmp_path)}, tmp_path)


def test_a_spool_for_adopted_agents_is_one_like_others() -> None:
    assert all(is_generation(name) for name in ADOPTED)
    assert ADOPTED[generation_of("codex")] == "codex"


def test_the_line_names_the_agent_and_passes_spawned_ones_over(tmp_path: Path) -> None:
    line = adopted(tmp_path)
    agent = (
        "import os,subprocess,sys; print(os.getpid()); subprocess.run(['sh','-c',sys.argv[1]],input=b'{}',check=True)"
    )
    env = {"PATH": "/usr/bin:/bin"}
    ran = subprocess.run(["python3", "-c", agent, line], env=env, capture_output=True, text=True, check=True)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(f"{ran.stdout.strip()}.")
    assert left.suffix == ".json"
    left.unlink()
    spawned = {**env, "OUTRIDER_GENERATION": "0" * 32}
    subprocess.run(["python3", "-c", agent, line], env=spawned, capture_output=True, check=True)
    assert list(tmp_path.iterdir()) == []
