import json
import os
import subprocess
from pathlib import Path

import pytest

from outrider.kinds.channels import hook_line


def run_hook(folder: Path, data: bytes, *, path: str | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["/bin/sh", "-c", hook_line.command(folder)],
        input=data,
        capture_output=True,
        timeout=60,
        env={"PATH": path if path is not None else os.environ["PATH"]},
        check=False,
    )


@pytest.mark.parametrize("name", ["plain", "a b", 'it\'s $HOME `x` "y" ü', "-n", "semi;colon\nline"])
def test_the_line_leaves_its_input_as_a_file_and_says_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    data = json.dumps({"a": "ü\\n", "big": "x" * 300_000}).encode()
    done = run_hook(folder, data)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (file,) = folder.iterdir()
    assert file.name.endswith(f".0.{os.getpid()}.json")
    assert file.read_bytes() == data
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_line_never_fails_its_agent(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    not_a_folder = tmp_path / "file"
    not_a_folder.write_text("")
    for done in (
        run_hook(gone, b"{}" * 200_000),
        run_hook(not_a_folder, b"{}"),
        run_hook(tmp_path, b"{}", path="/nowhere"),
    ):
        assert (done.returncode, done.stdout) == (0, b"")
    assert not gone.exists()
    assert not list(tmp_path.glob("*.json"))


def test_the_line_never_overwrites_a_call_of_an_earlier_process_of_its_id(tmp_path: Path) -> None:
    # exec keeps the process id: two hook calls by one.
    line = hook_line.command(tmp_path).replace("; exit 0", "")
    subprocess.run(["sh", "-c", f"echo 1 | ({line}); echo 2 | ({line})"], check=True, timeout=60)
    assert sorted(file.read_text() for file in tmp_path.iterdir()) == ["1\n", "2\n"]
    assert len({file.name.split(".")[0] for file in tmp_path.iterdir()}) == 1


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh", "zsh"])
def test_the_line_is_plain_posix(tmp_path: Path, shell: str) -> None:
    words = shell.split()
    if not any((Path(place) / words[0]).exists() for place in os.environ["PATH"].split(":")):
        pytest.skip(f"{words[0]} is not installed")
    subprocess.run([*words, "-c", hook_line.command(tmp_path)], input=b"{}", check=True, timeout=60)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"{}"]
