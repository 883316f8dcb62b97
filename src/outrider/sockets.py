"""Opening the doors: loopback TCP in both families, another address where asked for, and the Unix socket."""

import errno
import os
import socket
import stat
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from outrider.errors import BadSetting, Conflict

_LOCAL = frozenset({"localhost", "127.0.0.1"})
BACKLOG = 1024


def is_loopback(host: str) -> bool:
    """Whether only this machine can come in at that address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(host: str, *, has_tokens: bool) -> None:
    """BadSetting where the host is open to others while there is no token that they could come in with."""
    if not is_loopback(host) and not has_tokens:
        raise BadSetting(
            f"The setting host is {host!r}, which other machines can reach, and there is no token yet: "
            "make one with `outrider token create NAME`, or use 127.0.0.1."
        )


def open_tcp(host: str, port: int, *, has_tokens: bool = False) -> list[socket.socket]:
    """Listening sockets for host and port; 0 takes a free port.

    For `localhost` and `127.0.0.1` also on ::1 where there is one, because `localhost` may mean either. Conflict names who
    has the port; BadSetting where the host is no address here, or is open to others while there is no token.
    """
    check_host(host, has_tokens=has_tokens)
    if host not in _LOCAL:
        return [_listen(host, port)]
    first = _listen("127.0.0.1", port)
    both = [first]
    with suppress(Conflict, BadSetting):  # no IPv6 here, or somebody else's: IPv4 is the address we promise
        both.append(_listen("::1", first.getsockname()[1]))
    return both


def open_unix(path: Path) -> socket.socket:
    """A listening socket at path, in a directory of ours alone (0700); a stale one is replaced.

    Conflict where somebody answers there, BadSetting where the path cannot be used.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = path.parent.stat()
    if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077:
        raise BadSetting(
            f"The directory {path.parent} of the socket must be yours alone: chmod 700 it, or use another."
        )
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _answers(path):
            raise Conflict(f"Another daemon answers on {path}: stop it, or use another data directory.")
        path.unlink(missing_ok=True)
        sock.bind(str(path))
        path.chmod(0o600)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise BadSetting(f"The socket {path} cannot be opened: {error.strerror or error}.") from error
    except Conflict:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except OSError as error:
        raise BadSetting(f"The setting host is {host!r}, which is no address: {error.strerror}.") from error
    try:
        sock = socket.socket(family, kind)
    except OSError as error:
        raise BadSetting(f"This system has no sockets for {host!r}: {error.strerror}.") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise _why_not(error, host, port) from error
    sock.setblocking(False)
    return sock


def _why_not(error: OSError, host: str, port: int) -> Conflict | BadSetting:
    if error.errno == errno.EADDRINUSE:
        holder = port_holder(port)
        return Conflict(
            f"Port {port} on {host} is in use{f' by {holder}' if holder else ''}: "
            f"stop that, or choose another with `--port {port + 1 if port < 65535 else 3849}`.",
            detail={"port": port, "holder": holder},
        )
    if error.errno == errno.EACCES:
        return BadSetting(f"Port {port} may only be opened by root: choose one of 1024 or more with `--port`.")
    return BadSetting(f"{host} port {port} cannot be opened: {error.strerror}.")


def port_holder(port: int, proc: Path = Path("/proc")) -> str | None:
    """Who listens on a TCP port, as `pid 123 (command line)`; None where that cannot be told (no /proc, another's process)."""
    inodes = _listening(port, proc)
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for entry in proc.iterdir():
        if entry.name.isdigit() and _holds(entry, wanted):
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
                return f"pid {entry.name} ({words[:100]})"
    return None


def _listening(port: int, proc: Path) -> set[str]:
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            rows = [row.split() for row in (proc / "net" / table).read_text().splitlines()[1:]]
            found |= {row[9] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    return found


def _holds(process: Path, wanted: set[str]) -> bool:
    with suppress(OSError):
        for handle in (process / "fd").iterdir():
            with suppress(OSError):
                if str(handle.readlink()) in wanted:
                    return True
    return False


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
