"""What must be there before an agent is started."""

import os
from pathlib import Path

import pytest

from outrider.errors import BadSetting, InvalidInput
from outrider.model.agent import SpawnRequest
from outrider.model.kind import Kind, LaunchSpec
from outrider.policies.load import find
from outrider.supervisor.premises import check_workdir, find_program, under_policy


@pytest.mark.parametrize(
    ("path", "says"), [("relative", "not an absolute path"), ("/no/such/folder", "does not exist")]
)
def test_a_folder_that_cannot_be_worked_in(path: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_workdir(path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="is not a directory"):
        check_workdir(str(tmp_path / "file"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    with pytest.raises(InvalidInput, match="cannot be read and entered"):
        check_workdir(str(tmp_path / "closed"))


@pytest.mark.parametrize("policy", ["~nobody-of-that-name/p.toml", "/a\0b.toml", "/tmp/\ud800.toml"])
def test_a_policy_whose_path_cannot_be_one(policy: str) -> None:
    with pytest.raises(InvalidInput, match=r"policy: .* Give a preset's name, or the path of a file"):
        under_policy(SpawnRequest("task", "/tmp", policy=policy))
    with pytest.raises(BadSetting, match="the policy cannot be read"):
        find(policy, Path("/"))


def test_a_program_that_is_not_installed_is_named_with_how_to_install_it(tmp_path: Path) -> None:
    kind = Kind(
        "claude", "Claude Code", "", LaunchSpec(("claude",), install="npm install -g @anthropic-ai/claude-code")
    )
    with pytest.raises(InvalidInput, match=r"Claude Code is not installed: .*Install it with: npm install"):
        find_program(kind, {"PATH": str(tmp_path)})
    program = tmp_path / "claude"
    program.touch(mode=0o755)
    assert find_program(kind, {"PATH": str(tmp_path)}) == str(program)
