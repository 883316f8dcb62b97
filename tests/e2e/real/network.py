"""A network of its own for an agent and its model: nothing but loopback, so that no byte can leave the machine.

It lives as long as its holder process, which ends when our end of its standard input is closed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

# Brings loopback up (SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP), says so, and stays until nobody holds its input any more.
HOLDER = """
import fcntl, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    ask = struct.pack("16sh22x", b"lo", 0)
    flags = struct.unpack("16sh22x", fcntl.ioctl(s, 0x8913, ask))[1]
    fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", flags | 1))
print("up", flush=True)
sys.stdin.read()
"""


class Network:
    """A private network namespace where one can be made; `private` says whether it could. Not `wanted`: the machine's own."""

    def __init__(self, *, wanted: bool = True) -> None:
        self._holder: subprocess.Popen[str] | None = None
        self._enter: tuple[str, ...] = ()
        if not wanted or shutil.which("unshare") is None or shutil.which("nsenter") is None:
            return
        flags = ("-n",) if os.geteuid() == 0 else ("-r", "-n")
        holder = subprocess.Popen(
            ["unshare", *flags, sys.executable, "-c", HOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert holder.stdout is not None
        if holder.stdout.readline().strip() != "up":
            holder.kill()
            holder.communicate()
            return
        self._holder = holder
        user = () if os.geteuid() == 0 else ("-U", "--preserve-credentials")
        self._enter = ("nsenter", "-t", str(holder.pid), *user, "-n", "--")

    @property
    def private(self) -> bool:
        """Whether what runs inside can reach nothing but itself."""
        return self._holder is not None

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The argument list that runs this inside."""
        return [*self._enter, *argv]

    def close(self) -> None:
        """Gives it up."""
        if self._holder is not None:
            self._holder.communicate()
