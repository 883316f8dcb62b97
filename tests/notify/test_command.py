"""Commands of one's own: what they are given, and what their end means."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from outrider.model.event import Event, EventName, Fact
from outrider.model.notice import Item, Notice
from outrider.notify.command import Command
from outrider.notify.way import Refused, Unclear, Unsent

EVENT = Event(7, "here", Fact(EventName.AGENT_COMPLETE, "fix; touch pwned", 5, {}))
NOTICE = Notice("n7", "run", "", "r", 5, 5, 5, (Item(EVENT),))


def command(*argv: str, timeout_s: float = 20) -> Command:
    return Command(argv, {"PATH": os.environ["PATH"], "HOME": "/"}, timeout_s)


async def test_it_reads_the_notice_from_its_input(tmp_path: Path) -> None:
    await command(
        sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())", str(tmp_path / "x")
    ).send(NOTICE)
    given = json.loads((tmp_path / "x").read_text())
    assert given["id"] == "n7"
    assert given["events"][0]["session"] == "fix; touch pwned"
    await command("true").send(NOTICE)


@pytest.mark.parametrize(
    ("argv", "error", "says"),
    [
        (("sh", "-c", "echo broken >&2; exit 3"), Unsent, "sh exited with 3: broken."),
        (("/nowhere/at-all",), Refused, "/nowhere/at-all cannot be run: No such file or directory."),
    ],
)
async def test_what_its_end_means(argv: tuple[str, ...], error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        await command(*argv).send(NOTICE)
    assert str(caught.value) == says


async def test_one_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path / 'pid'}; wait"
    with pytest.raises(Unclear, match="was not done within 1 s and was killed"):
        await command("sh", "-c", script, timeout_s=1).send(NOTICE)
    pid = int((tmp_path / "pid").read_text())
    while lives(pid):
        pass


def lives(pid: int) -> bool:
    """Whether it runs; one that only waits to be noticed does not."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(listed.strip()) and not listed.startswith("Z")


async def test_what_it_leaves_in_the_background_goes_on(tmp_path: Path) -> None:
    script = f"(while [ ! -e {tmp_path / 'go'} ]; do sleep 0.02; done; touch {tmp_path / 'done'}) &"
    await command("sh", "-c", script).send(NOTICE)
    (tmp_path / "go").touch()
    while not (tmp_path / "done").exists():
        pass
