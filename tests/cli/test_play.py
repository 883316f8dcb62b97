"""The verbs play and recording, against a daemon that answers from a table, and on files."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_daemon import FakeDaemon, agent
from fake_daemon import daemon as serving
from outrider.cli.app import run

HEADER = {"version": 2, "width": 80, "height": 24, "timestamp": 1_795_000_000, "title": "my-task"}
RECORDING = {
    "id": "a1-1000",
    "session": "my-task",
    "begun": 1_795_000_000_000,
    "duration_s": 75.2,
    "size": 2_000_000,
    "width": 80,
    "height": 24,
    "live": False,
    "cut": "the recording reached its limit of 50 MB",
}


def cast(*moments: tuple[float, str, str]) -> str:
    return "\n".join(json.dumps(line) for line in (HEADER, *moments)) + "\n"


STORY = cast((0.0, "o", "\x1bconce "), (500.0, "o", "upon a time"), (501.0, "m", "cut: the limit"))


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeDaemon]:
    with serving() as one:
        yield one


@pytest.fixture
def listed(fake: FakeDaemon) -> FakeDaemon:
    newest = {**RECORDING, "id": "a1-2000", "live": True, "cut": None}
    fake.fresh().answers["GET /api/recordings"] = (200, {"recordings": [newest, RECORDING], "count": 2})
    return fake


def test_a_file_goes_into_a_pipe_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "story.cast"
    file.write_text(STORY)
    assert run(["play", str(file)], {}) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("\x1bconce upon a time", "outrider: it was cut: the limit\n")
    assert run(["play", str(file), "--json"], {}) == 0
    assert json.loads(capsys.readouterr().out)["duration_s"] == 501.0


def test_on_a_terminal_it_is_played_and_the_terminal_put_in_order(tmp_path: Path) -> None:
    file = tmp_path / "story.cast"
    file.write_text(cast((0.1, "o", "\x1bcfirst\x1b[?1049h"), (0.2, "o", "second")))
    ours, theirs = pty.openpty()
    player = subprocess.Popen(
        [sys.executable, "-m", "outrider", "play", str(file), "--speed", "10"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "40", "LINES": "10"},
    )
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:  # the other side is closed
        os.close(ours)
    assert player.stderr is not None
    told = player.stderr.read()
    assert player.wait(30) == 0
    assert b"first" in said
    assert said.index(b"second") < said.rindex(b"\x1b[?1049l") < said.rindex(b"\x1b[?25h")
    assert b"\x1bc" not in said
    assert told == b"outrider: it was recorded at 80x24; this terminal has 40x10.\n"


@pytest.mark.parametrize("what", ["my-task", "a1-2000"])
def test_an_agents_newest_recording_or_the_one_that_is_named(
    what: str, listed: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    listed.answers["GET /api/recordings/a1-2000/cast"] = (200, STORY)
    assert run(["play", what], {"OUTRIDER_URL": listed.url}) == 0
    assert "once upon a time" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["play", "nobody"], 1, "no recorded agent and no recording 'nobody'"),
        (["play", "/none.cast"], 2, "There is no file /none.cast."),
        (["play", "/"], 2, "/ is no recording but a folder."),
        (["play", "FILE"], 2, "cannot be played. This is no asciicast"),
        (["play", "my-task", "--speed", "0"], 2, "--speed should be above 0"),
        (["recording", "get", "a1-1000", "FILE"], 2, "is there already"),
        (["recording", "get", "none", "/nowhere/at/all"], 1, "no recording 'none'"),
        (["recording", "remove", "none"], 1, "no recording 'none'"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: int, says: str, listed: FakeDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed.answers["GET /api/recordings/a1-1000/cast"] = (200, STORY)
    missing = {"error": "There is no recording 'none'.", "code": "not_found", "detail": {}}
    for what in ("GET /api/recordings/none/cast", "DELETE /api/recordings/none"):
        listed.answers[what] = (404, missing)
    file = tmp_path / "notes.txt"
    file.write_text("my notes")
    line = [str(file) if word == "FILE" else word for word in words]
    assert run(line, {"OUTRIDER_URL": listed.url}) == code
    assert says in capsys.readouterr().err
    assert file.read_text() == "my notes"


def test_recordings_are_listed_saved_and_removed(
    listed: FakeDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = {"OUTRIDER_URL": listed.url}
    assert run(["recording", "list", "my-task"], where) == 0
    assert listed.asked[-1].query == "session=my-task&limit=1000"
    _, live, old = capsys.readouterr().out.splitlines()
    assert live.endswith("goes on")
    assert old.endswith("1:15    2.0 MB  cut: the recording reached its limit of 50 MB")
    listed.answers["GET /api/recordings/a1-1000/cast"] = (200, STORY)
    assert run(["recording", "get", "a1-1000", str(tmp_path / "saved.cast")], where) == 0
    assert (tmp_path / "saved.cast").read_text() == STORY
    listed.answers["DELETE /api/recordings/a1-1000"] = (200, RECORDING)
    assert run(["recording", "remove", "a1-1000"], where) == 0
    assert "a1-1000 of my-task was removed." in capsys.readouterr().out


def test_an_agent_is_recorded_from_now_on_or_no_longer(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    where = {"OUTRIDER_URL": fake.fresh().url}
    fake.answers["PATCH /api/agents/my-task"] = (200, agent())
    assert run(["recording", "start", "my-task"], where) == 0
    assert fake.asked[-1].body == {"recording": True}
    assert run(["recording", "stop", "my-task"], where) == 0
    assert fake.asked[-1].body == {"recording": False}
    assert "outrider play my-task" in capsys.readouterr().out
