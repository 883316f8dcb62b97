"""A bad line to a Redis: TCP connections through it are slow, lose what must be sent again, and can be cut.

A stand-in for a kernel's queue discipline, which not every machine has: what is lost comes later, with all that was sent after it, as TCP
has it. While it is cut nothing is refused and nothing arrives; what was under way arrives when it is mended, also for who has given up.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

AGAIN_S = 0.2
"""After which TCP sends again, at the least."""


class Relay:
    """`url` is where its Redis is found through it."""

    def __init__(self, host: str, port: int, *, delay_s: float, loss: float) -> None:
        self.url = ""
        self._to = (host, port)
        self._delay_s = delay_s
        self._loss = loss
        self._chance = random.Random(7)
        self._whole = asyncio.Event()
        self._whole.set()

    def cut(self) -> None:
        """Nothing arrives any more."""
        self._whole.clear()

    def mend(self) -> None:
        """It does again."""
        self._whole.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carries one connection."""
        await self._whole.wait()
        try:
            there, back = await asyncio.open_connection(*self._to)
        except OSError:
            writer.close()
            return
        with suppress(OSError):
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._carry(reader, back))
                    group.create_task(self._carry(there, writer))
            finally:
                back.close()
                writer.close()

    async def _carry(self, come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
        """One direction: in order, each part as late as it is, as many under way as there are."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        async def arrive() -> None:
            while True:
                at, part = await under_way.get()
                await asyncio.sleep(at - loop.time())
                await self._whole.wait()
                if not part:
                    go.close()
                    return
                go.write(part)

        async with asyncio.TaskGroup() as group:
            group.create_task(arrive())
            with suppress(OSError):
                while part := await come.read(4096):
                    lost_s = AGAIN_S if self._chance.random() < self._loss else 0.0
                    under_way.put_nowait((loop.time() + self._delay_s + lost_s, part))
            under_way.put_nowait((0, b""))


@asynccontextmanager
async def relay(
    host: str, port: int, *, delay_s: float = 0.0, loss: float = 0.0, at: str = "127.0.0.1"
) -> AsyncIterator[Relay]:
    """A line to it, of that delay each way, of which that part is lost; it begins at that address of this machine."""
    line = Relay(host, port, delay_s=delay_s, loss=loss)
    server = await asyncio.start_server(line.take, at, 0)
    line.url = f"redis://{at}:{server.sockets[0].getsockname()[1]}/0"
    try:
        yield line
    finally:
        line.mend()
        server.close()
