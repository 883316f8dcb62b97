"""Whose socket is at the other end of a connection, as the kernel tells it.

Unix sockets carry it (SO_PEERCRED). For loopback TCP, Linux tells the owner of the socket whose two ends are ours turned
round: when asked over netlink, or, where that is not allowed, in /proc/net/tcp and tcp6. Asked once, when the connection is
made: addresses are used again by others later. A socket that its program has closed already is told as root's, without an
inode: that says nothing. Which program it is, is told by the process (Unix sockets) or the socket's number (loopback).
"""

import socket
import struct
import sys
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from pathlib import Path

from outrider.web import sockdiag
from outrider.web.access import Door, Peer, door

Ask = Callable[[sockdiag.End, sockdiag.End], sockdiag.Owner | None]

_TABLES = ("tcp", "tcp6")
_MAPPED = bytes(10) + b"\xff\xff"


def peer_of(sock: socket.socket, *, ask: Ask = sockdiag.owner, proc: Path = Path("/proc/self/net")) -> Peer:
    """Who is at the other end of an accepted connection; `uid` is None where that cannot be told.

    `ask` is asked first, then the tables in `proc`.
    """
    if sock.family == socket.AF_UNIX:
        return _unix(sock)
    try:
        theirs, ours = sock.getpeername(), sock.getsockname()
    except OSError:  # gone before we looked
        return Peer(Door.REMOTE)
    way = door(theirs[0], ours[0])
    if way is not Door.LOOPBACK:
        return Peer(way)
    found = ask(sockdiag.end(*theirs[:2]), sockdiag.end(*ours[:2])) or _listed(theirs, ours, proc)
    return Peer(way) if found is None else Peer(way, found.uid, inode=found.inode)


class Line:
    """One accepted connection: who is at its other end, and whether they still are.

    `cleared_ms` is until when a connection that was found to be no agent's is taken for that.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.peer = peer_of(sock)
        self.cleared_ms = 0
        self._sock = sock

    def stands(self) -> bool:
        """Whether some program still holds the other end; so it seems where that cannot be told."""
        return self.peer.inode is None or peer_of(self._sock).inode == self.peer.inode


def _unix(sock: socket.socket) -> Peer:
    try:
        if sys.platform == "darwin":  # SOL_LOCAL, LOCAL_PEERPID of sys/un.h; whoever gets to the socket is its owner
            return Peer(Door.UNIX, pid=sock.getsockopt(0, 2))
        if not sys.platform.startswith("linux"):
            return Peer(Door.UNIX)
        ucred = struct.Struct("3i")
        pid, uid, _ = ucred.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, ucred.size))
    except OSError:
        return Peer(Door.UNIX)
    return Peer(Door.UNIX, int(uid), pid=int(pid))


def _listed(theirs: tuple[str, int], ours: tuple[str, int], proc: Path) -> sockdiag.Owner | None:
    for table in _TABLES:
        try:
            rows = (proc / table).read_bytes().splitlines()[1:]
        except OSError:
            continue
        found = owner(rows, theirs, ours)
        if found is not None:
            return found
    return None


def owner(rows: Iterable[bytes], theirs: tuple[str, int], ours: tuple[str, int]) -> sockdiag.Owner | None:
    """Whose is the one socket in these rows of /proc/net/tcp or tcp6 that runs from `theirs` to `ours` (address, port)."""
    wanted = {(a, b) for a, b in zip(_spellings(*theirs[:2]), _spellings(*ours[:2]), strict=True)}
    found = [row.split() for row in rows if _ends(row) in wanted]
    if len(found) != 1 or found[0][9] == b"0":
        return None
    return sockdiag.Owner(int(found[0][7]), int(found[0][9]))


def _ends(row: bytes) -> tuple[bytes, bytes]:
    columns = row.split(maxsplit=3)
    return (columns[1], columns[2]) if len(columns) > 3 else (b"", b"")


def _spellings(address: str, port: int) -> list[bytes]:
    """An address as the tables write it, in 32-bit words of the machine's byte order; IPv4 also as a v6 socket has it."""
    ip, _ = sockdiag.end(address, port)
    forms = [ip.packed, _MAPPED + ip.packed] if isinstance(ip, IPv4Address) else [ip.packed]
    return [f"{_words(form)}:{port:04X}".encode() for form in forms]


def _words(packed: bytes) -> str:
    return "".join(f"{word:08X}" for (word,) in struct.iter_unpack("=I", packed))
