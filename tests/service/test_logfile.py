"""The service's log: nothing of it is lost or cut while it is rotated, and the files before are kept up to their number."""

import json
import subprocess
import sys
from pathlib import Path

from outrider.service.logfile import Follower, LogFile, files

WRITES = """
import json, sys
for number in range(4000):
    sys.stdout.write(json.dumps({"message": "line", "number": number}) + "\\n")
    sys.stdout.flush()
"""


def test_a_log_that_is_rotated_while_it_is_written_and_read(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "out.log", size=20_000, files=50)
    follower = Follower(log.path)
    seen: list[str] = []
    with subprocess.Popen([sys.executable, "-c", WRITES], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for count, line in enumerate(process.stdout):
            log.take(line.rstrip(b"\n"))
            if count % 1500 == 0:  # the log is rotated several times from one look to the next
                seen += follower.fresh()
    seen += follower.fresh()
    written = [line for file in files(log.path) for line in file.read_text().splitlines()]
    assert [json.loads(line)["number"] for line in written] == list(range(4000))
    assert seen == written
    assert len(files(log.path)) > 5
    assert all(file.stat().st_size <= 20_000 for file in files(log.path))
    assert [json.loads(line)["number"] for line in Follower(log.path).last(600)] == list(range(3400, 4000))
    late = Follower(log.path)
    assert late.last(600) == written[-600:]
    log.take(b"{}")
    assert (list(late.fresh()), late.last(0)) == (["{}"], []), "each line once"


def test_only_so_many_files_are_kept_and_they_are_its_users_alone(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "out.log", size=100, files=2)
    for number in range(50):
        log.say("info", "line", number=number)
    found = files(log.path)
    assert [file.name for file in found] == ["out.log.2", "out.log.1", "out.log"]
    assert json.loads(Follower(log.path).last(1)[0])["number"] == 49
    assert {file.stat().st_mode & 0o777 for file in found} == {0o600}
    assert log.path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_no_json_becomes_some_and_a_log_is_gone_on_with(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "out.log", size=10_000, files=2)
    log.take(b"Fatal Python error: \xff Aborted")
    log.close()
    log = LogFile(tmp_path / "out.log", size=10_000, files=2)
    log.take(b'{"message": "up"}')
    first, second = (json.loads(line) for line in Follower(log.path).last(10))
    assert (first["message"], first["level"]) == ("the daemon wrote", "warning")
    assert first["text"].startswith("Fatal Python error")
    assert second == {"message": "up"}


def test_a_full_disk_costs_lines_which_are_counted(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        return
    log = LogFile(tmp_path / "out.log", size=10_000, files=2)
    good = log._descriptor
    with full.open("wb") as device:
        log._descriptor = device.fileno()
        log.say("info", "lost")
        log.say("info", "lost too")
    log._descriptor = good
    log.say("info", "kept")
    assert [json.loads(line).get("lost") for line in Follower(log.path).last(10)] == [None, 2]
