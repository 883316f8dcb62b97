"""Ports for what a test starts in another process, and must know the address of before it listens there.

Taken from below those that the system gives out by itself, so that no connection and no listener of another test gets one meanwhile, and
held against other workers: by a UDP socket of the same number, which is in nobody's way.
"""

import random
import socket

FIRST, COUNT = 12_000, 18_000
_held: list[socket.socket] = []
_chance = random.SystemRandom()


def free_port() -> int:
    """One that nobody listens at now, and that no other process of these tests is given while this one lives."""
    for port in _chance.sample(range(FIRST, FIRST + COUNT), 200):
        hold = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            hold.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            hold.close()
            continue
        _held.append(hold)
        return port
    raise AssertionError("no port is free")
