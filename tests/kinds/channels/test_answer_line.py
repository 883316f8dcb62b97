import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from outrider.kinds.channels import answer_line
from outrider.kinds.channels.answer_line import FOLDER, Answers
from outrider.model.approval import Behavior

SPAWN = "0123456789abcdef0123456789abcdef"
DATA = b'{"hook_event_name":"PermissionRequest"}'


class Asking:
    """One hook that waits for an answer."""

    def __init__(self, root: Path, wait_s: float) -> None:
        self.spool = root / "it's a spool"
        self.answers = root / SPAWN / FOLDER
        self.spool.mkdir()
        self.answers.mkdir(parents=True)
        self.hook = subprocess.Popen(
            ["/bin/sh", "-c", answer_line.command(self.spool, self.answers, wait_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"]},
        )
        assert self.hook.stdin is not None
        self.hook.stdin.write(DATA)
        self.hook.stdin.close()
        self.hook.stdin = None

    def call(self) -> str:
        """The call's name, once it lies in the spool."""
        for _ in range(4000):
            for file in self.spool.glob("*.json"):
                assert file.read_bytes() == DATA
                return file.name.removesuffix(".json")
            time.sleep(0.01)
        raise AssertionError("the call never came")

    def said(self) -> tuple[int, bytes, bytes]:
        out, err = self.hook.communicate(timeout=60)
        return self.hook.returncode, out, err


@pytest.mark.parametrize("behavior", Behavior)
def test_an_answer_is_printed_and_gone(tmp_path: Path, behavior: Behavior) -> None:
    asking, answers = Asking(tmp_path, 8), Answers(tmp_path)
    call = asking.call()
    assert answers.put(SPAWN, call, answer_line.decision(behavior, 'not "now"\nü'))
    code, out, err = asking.said()
    assert (code, err) == (0, b"")
    decision = json.loads(out)["hookSpecificOutput"]["decision"]
    assert decision["behavior"] == behavior.value
    assert decision.get("message") == ('not "now"\nü' if behavior is Behavior.DENY else None)
    assert list(asking.answers.iterdir()) == []
    assert not answers.take_back(SPAWN, call)


def test_without_an_answer_it_says_nothing_and_the_answer_can_be_taken_back(tmp_path: Path) -> None:
    asking, answers = Asking(tmp_path, 0.2), Answers(tmp_path)
    call = asking.call()
    assert asking.said() == (0, b"", b"")
    assert answers.put(SPAWN, call, "too late")
    assert answers.lies(SPAWN, call)
    assert answers.take_back(SPAWN, call)
    assert not answers.lies(SPAWN, call)
    assert list(asking.answers.iterdir()) == []


def test_it_does_not_outlive_what_prepared_it(tmp_path: Path) -> None:
    asking = Asking(tmp_path, 60)
    asking.call()
    asking.answers.rmdir()
    assert asking.said() == (0, b"", b"")


def test_an_answer_for_a_spawn_that_is_gone_cannot_be_put(tmp_path: Path) -> None:
    assert not Answers(tmp_path).put(SPAWN, "1.0", "x")
