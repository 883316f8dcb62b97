"""The C library's memory: few pools for all threads, so that what one gave back another one uses.

glibc gives each thread that asks a pool of its own (mallopt(3), M_ARENA_MAX: eight a core). Each of ours grew to the 2 MB that
its largest read of the database took, and kept them: with four readers, hours apart, that looked like a leak.
"""

import ctypes

POOLS = 2
_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def share() -> bool:
    """Has all threads that start after this share few pools; whether the C library heeds it (glibc does, others have none)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_ARENA_MAX, POOLS))
