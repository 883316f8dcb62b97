"""How the command line speaks with our supervisor: one line of JSON each way, on a Unix socket that is its user's alone."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from outrider.errors import Conflict, NoDaemon, OutriderError, TimedOut
from outrider.service.keeper import Keeper

NAME = "service.sock"
LONGEST_S = 180.0


async def serve(keeper: Keeper, path: Path) -> asyncio.Server:
    """Answers `status`, `reload`, `restart` and `stop` until it is closed. The lock of the service is to be held."""

    async def status() -> None:
        return None

    async def stop() -> None:
        keeper.stop()

    deeds: Mapping[str, Callable[[], Awaitable[None]]] = {
        "status": status,
        "reload": keeper.reload,
        "restart": keeper.restart,
        "stop": stop,
    }

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError):
            said = (await reader.readline()).decode("utf-8", "replace").strip()
            try:
                if said not in deeds:
                    raise Conflict(f"The supervisor knows {', '.join(deeds)}, not {said[:40]!r}.")
                await deeds[said]()
                told: Mapping[str, object] = keeper.state()
            except OutriderError as error:
                told = {"error": error.message}
            except TimeoutError:
                told = {"error": "The daemon did not come up in time; its log says why."}
            writer.write(json.dumps(told).encode() + b"\n")
            await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(answer, sock=_bound(path))


def _bound(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    path.chmod(0o600)
    return sock


async def ask(path: Path, deed: str, *, limit_s: float = LONGEST_S) -> Mapping[str, object]:
    """What the supervisor tells of the service after the deed. NoDaemon where none runs, Conflict where it could not be done."""
    try:
        async with asyncio.timeout(limit_s):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(f"{deed}\n".encode())
            line = await reader.readline()
            writer.close()
    except TimeoutError as error:
        raise TimedOut(f"The supervisor did not {deed} within {limit_s:g} s.") from error
    except OSError as error:
        raise NoDaemon(
            "No service is installed for this data directory, and no supervisor of ours runs (a daemon that `outrider up` started is "
            "kept by nobody): `outrider service install`, or `outrider service run` where there is neither systemd nor launchd."
        ) from error
    if not line:
        raise Conflict("The supervisor ended before it answered.")
    told: Mapping[str, object] = json.loads(line)
    if "error" in told:
        raise Conflict(str(told["error"]))
    return told
