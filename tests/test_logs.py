"""Log lines as machines read them."""

import json
import subprocess
import sys

import pytest

SAY = """
import logging, structlog
from outrider.logs import configure
configure({level!r})
log = structlog.get_logger()
log.debug("detail")
log.info("a pane is gone", pane="%3", count=2, odd=object, command="login --password hunter2")
logging.getLogger("library").warning("it %s", "says")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it failed")
"""


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_json_lines_on_standard_error(level: str, count: int) -> None:
    done = subprocess.run([sys.executable, "-c", SAY.format(level=level)], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(lines) == count
    assert all({"message", "level", "timestamp"} <= line.keys() for line in lines)
    assert "ZeroDivisionError" in lines[-1]["exception"]
    if level == "info":
        assert (lines[0]["message"], lines[0]["pane"], lines[0]["count"]) == ("a pane is gone", "%3", 2)
        assert lines[0]["command"] == "login --password [redacted]"
        assert lines[1]["message"] == "it says"
