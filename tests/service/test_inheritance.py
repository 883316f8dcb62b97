"""What a service manager hands over, and what of it goes no further."""

import os
import socket
from pathlib import Path

import pytest

from outrider.errors import BadSetting
from outrider.service.inheritance import apart, handing_over, inherited


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_FDS": "2", "LISTEN_PID": "1"},
        {"LISTEN_FDS": "2"},
        {"LISTEN_FDS": "two", "LISTEN_PID": str(os.getpid())},
        {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"},
    ],
)
def test_what_is_not_meant_for_this_process_is_left_alone(environ: dict[str, str]) -> None:
    found = inherited(environ, os.getpid())
    assert (list(found.sockets), found.lifeline, found.watchdog_s, found.managed) == ([], None, None, False)


def test_a_descriptor_that_is_no_socket_is_a_sentence() -> None:
    with pytest.raises(BadSetting, match="descriptor 3 is a listening socket, and it is not"):
        inherited({"LISTEN_FDS": "900", "LISTEN_PID": str(os.getpid())}, os.getpid())


def test_it_reports_and_takes_how_often(tmp_path: Path) -> None:
    address = tmp_path / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        environ = {"HOME": "/home/me", **handing_over(["listening"], notify=str(address), watchdog_s=3)}
        found = inherited(environ, os.getpid())
        found.say("READY=1", "STATUS=up")
        assert manager.recv(100) == b"READY=1\nSTATUS=up"
        assert found.watchdog_s == 3
        assert apart(environ) == {"HOME": "/home/me"}
    found.say("WATCHDOG=1")  # nobody listens: that is its manager's affair
