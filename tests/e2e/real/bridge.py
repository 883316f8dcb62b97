"""A door from the machine's loopback into a network of an agent's own: `python -m e2e.real.bridge PORT SOCKET out|in`.

`out` runs on the machine, listens on the port, and carries each connection to the Unix socket; `in` runs inside the network, listens
on the Unix socket, and carries it to the same port there. Standard library only.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path


async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Everything that comes, until it ends."""
    with suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    with suppress(OSError):
        target.close()


async def serve(port: int, socket: Path, side: str) -> None:
    """One side, for ever."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if side == "out":
                there = await asyncio.open_unix_connection(socket)
            else:
                there = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, there[1]), carry(there[0], writer))

    if side == "out":
        server = await asyncio.start_server(connected, "127.0.0.1", port)
    else:
        server = await asyncio.start_unix_server(connected, socket)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
