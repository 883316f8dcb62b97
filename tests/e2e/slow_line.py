"""A slow and lossy line for daemons: the relay of tests/fleet, in a thread of its own."""

import asyncio
import threading

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
