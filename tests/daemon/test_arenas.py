"""Threads of one process share what the C library keeps for them."""

import platform
import subprocess
import sys

import pytest

# Heaps of glibc's further pools begin at multiples of 64 MB (HEAP_MAX_SIZE of its malloc/arena.c).
PROGRAM = """
import sys, threading
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
maps = [line.split() for line in open("/proc/self/maps")]
print(sum("rw" in rights and int(span.split("-")[0], 16) % (64 << 20) == 0 for span, rights, *_ in maps))
meet.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has a pool for each thread")
def test_threads_share_two_pools() -> None:
    pools = {
        how: int(subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True).stdout)
        for how in ("apart", "shared")
    }
    assert pools["apart"] >= 4
    assert pools["shared"] <= 1
