"""A slow and lossy line for daemons: the relay of tests/fleet, in a thread of its own, or in a process on a host of a test's own.

    python slow_line.py HOST PORT

listens at a port of that host, which it prints, and carries to HOST PORT, until its standard input ends.
"""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from fleet.relay import relay
from redis_server import RedisServer

DELAY_S, LOSS = 0.2, 0.05


class SlowLine:
    """`url` is where that Redis is found 200 ms away, each way, over a line that loses one in twenty; `close` ends it."""

    def __init__(self, redis: RedisServer) -> None:
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._there = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._carry(redis),), daemon=True)
        self._thread.start()
        assert self._there.wait(10)

    async def _carry(self, redis: RedisServer) -> None:
        async with relay(redis.host, redis.port, delay_s=DELAY_S, loss=LOSS) as line:
            self.url = line.url
            self._there.set()
            await self._ended.wait()

    def close(self) -> None:
        """Ends it, with all that is under way."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)


class Relayed:
    """A relay that listens on a host of a test's own, to a Redis there; `close` ends it."""

    def __init__(self, host: str, port: int, *, within: Sequence[str]) -> None:
        argv = [*within, sys.executable, __file__, host, str(port)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.communicate(timeout=10)


async def carry(host: str, port: int) -> None:
    """As this file's head says."""
    async with relay(host, port, delay_s=DELAY_S, loss=LOSS, at=host) as line:
        print(line.url.rpartition(":")[2].partition("/")[0], flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(carry(sys.argv[1], int(sys.argv[2])))
