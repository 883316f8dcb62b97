"""Whose socket: rows as the kernel writes them, then real sockets."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from outrider.web import sockdiag
from outrider.web.access import Door, Peer
from outrider.web.peer import Ask, Line, owner, peer_of

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/net/tcp is Linux's")
THEIRS, OURS = ("127.0.0.1", 40000), ("127.0.0.1", 3848)
ROW = b"   1: 0100007F:9C40 0100007F:0F08 %s 00000000:00000000 00:00000000 00000000  %d        0 %d 1 0000000 20 4 30 10 -1"
V6 = b"   2: 0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:0F08 01 0:0 00:0 0  1000        0 77 1 0"
SERVER = b"   3: 0100007F:0F08 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 78 1 0000000 20 4 30 10 -1"
LITTLE = pytest.mark.skipif(sys.byteorder != "little", reason="the rows are of a little-endian machine")


@LITTLE
@pytest.mark.parametrize(
    ("rows", "uid"),
    [
        ([SERVER, ROW % (b"01", 1000, 42)], 1000),
        ([SERVER, V6], 1000),
        ([SERVER], None),
        ([], None),
        ([b"", b"junk"], None),
        ([ROW % (b"01", 1000, 42), ROW % (b"01", 0, 43)], None),
        # Closed by its program: the kernel says uid 0 and no inode. Not root.
        ([ROW % (b"04", 0, 0)], None),
        ([ROW % (b"06", 0, 0)], None),
    ],
)
def test_rows(rows: list[bytes], uid: int | None) -> None:
    found = owner(rows, THEIRS, OURS)
    assert (found.uid if found else None) == uid


def silent(_theirs: sockdiag.End, _ours: sockdiag.End) -> None:
    """A kernel that does not answer over netlink."""


WAYS = pytest.mark.parametrize("ask", [sockdiag.owner, silent])


@LINUX
@WAYS
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_our_own_connection_is_ours(ask: Ask, family: socket.AddressFamily, host: str) -> None:
    with closing(socket.socket(family)) as listening:
        try:
            listening.bind((host, 0))
        except OSError:
            pytest.skip(f"no {host} here")
        listening.listen()
        with closing(socket.create_connection(listening.getsockname()[:2])):
            accepted, _ = listening.accept()
            with closing(accepted):
                assert peer_of(accepted, ask=ask) == Peer(Door.LOOPBACK, os.getuid())


@LINUX
@WAYS
def test_a_v6_socket_that_talks_v4_is_found(ask: Ask) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        closing(socket.socket(socket.AF_INET6)) as caller,
    ):
        caller.connect(("::ffff:127.0.0.1", listening.getsockname()[1]))
        accepted, _ = listening.accept()
        with closing(accepted):
            assert peer_of(accepted, ask=ask) == Peer(Door.LOOPBACK, os.getuid())


@LINUX
@WAYS
def test_who_has_closed_already_is_nobody(ask: Ask) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        socket.create_connection(listening.getsockname()).close()
        accepted, _ = listening.accept()
        with closing(accepted):
            assert peer_of(accepted, ask=ask).uid is None


@LINUX
@WAYS
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
async def test_another_user_is_told_apart(ask: Ask) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        code = f"exec 3<>/dev/tcp/127.0.0.1/{listening.getsockname()[1]}; read -r line <&3"
        caller = subprocess.Popen(["/bin/bash", "-c", code], user=65534, cwd="/")
        accepted, _ = await asyncio.to_thread(listening.accept)
        with closing(accepted):
            assert peer_of(accepted, ask=ask) == Peer(Door.LOOPBACK, 65534)
        caller.wait()


def test_a_unix_socket_tells_by_itself(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with closing(ours), closing(theirs):
        assert peer_of(ours) == Peer(Door.UNIX, os.getuid() if sys.platform.startswith("linux") else None)


def test_without_proc_nobody_is_known(tmp_path: Path) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        closing(socket.create_connection(listening.getsockname())),
    ):
        accepted, _ = listening.accept()
        with closing(accepted):
            assert peer_of(accepted, ask=silent, proc=tmp_path) == Peer(Door.LOOPBACK, None)


@LINUX
def test_netlink_tells_of_exactly_one_connection() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        ours = sockdiag.end(*listening.getsockname())
        with closing(socket.create_connection(listening.getsockname())) as caller:
            theirs = sockdiag.end(*caller.getsockname())
            told = sockdiag.owner(theirs, ours)
            if told is None:
                pytest.skip("this kernel does not answer over netlink; the tables serve instead")
            assert told == sockdiag.Owner(os.getuid(), os.fstat(caller.fileno()).st_ino)
            # A listener has the end, but not the connection.
            assert sockdiag.owner(ours, sockdiag.end("127.0.0.1", 1)) is None
            assert sockdiag.owner(sockdiag.end("127.0.0.2", theirs[1]), ours) is None


@pytest.mark.parametrize("answer", [b"", b"\0" * 20, b"\0" * 200])
def test_an_answer_that_is_none(answer: bytes) -> None:
    assert sockdiag.read(answer, sockdiag.end(*THEIRS), sockdiag.end(*OURS)) is None


@LINUX
@WAYS
def test_the_socket_is_numbered_and_stands_while_somebody_holds_it(ask: Ask) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        caller = socket.create_connection(listening.getsockname())
        accepted, _ = listening.accept()
        with closing(accepted):
            assert peer_of(accepted, ask=ask).inode == os.fstat(caller.fileno()).st_ino
            line = Line(accepted)
            assert line.stands()
            caller.close()
            assert not line.stands()


@LINUX
def test_a_unix_socket_tells_its_process() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with closing(ours), closing(theirs):
        assert peer_of(ours).pid == os.getpid()
