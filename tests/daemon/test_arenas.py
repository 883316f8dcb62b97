"""Threads of one process share what the C library keeps for them."""

import platform
import subprocess
import sys

import pytest

from outrider.daemon import arenas

# malloc_info(3) names every pool of the process, the first one included: counting maps at multiples of 64 MB, where heaps of
# further pools begin, counts a library's data that lies at one by chance.
PROGRAM = """
import ctypes, sys, threading
from outrider.daemon import arenas
if sys.argv[1] == "shared":
    assert arenas.share()
meet = threading.Barrier(9)
def use():
    kept = [bytearray(100_000) for _ in range(5)]
    meet.wait(); meet.wait()
threads = [threading.Thread(target=use) for _ in range(8)]
[thread.start() for thread in threads]
meet.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
assert libc.malloc_info(0, out) == 0
libc.fflush(out)
meet.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has a pool for each thread")
def test_threads_share_two_pools() -> None:
    pools = {
        how: subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True).stdout.count(
            b"<heap nr="
        )
        for how in ("apart", "shared")
    }
    assert pools["apart"] >= 5
    assert pools["shared"] <= arenas.POOLS
