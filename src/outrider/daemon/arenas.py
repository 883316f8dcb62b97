"""The C library's memory: few pools for all threads, so that what one gave back another one uses.

glibc gives each thread that asks a pool of its own (mallopt(3), M_ARENA_MAX: eight a core). CPython's table of interned strings, 2 MB
with us, is made anew every few minutes (pathlib, 3.11, interns every part of a path), in the pool of the thread that is at it: the
process grew by 2 MB each time until every thread had kept its 2 MB, which looked like a leak (bench/soak.py).
"""

import ctypes

POOLS = 2
_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def share() -> bool:
    """Has all threads that start after this share few pools; whether the C library heeds it (glibc does, others have none)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_ARENA_MAX, POOLS))
