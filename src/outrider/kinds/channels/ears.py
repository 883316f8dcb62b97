"""Ears: the channels that have to be listened to, beside what agents leave in the spool by themselves."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from outrider.kinds.channels.adopted_spools import AdoptedSpools
from outrider.kinds.channels.opencode_server import OpenCodeServers
from outrider.kinds.channels.spool import Spool
from outrider.model.hook import Past


class Ears:
    """`data` is the daemon's data directory, `spool` the root of the hook spool, `known` says what is known of a generation's agent."""

    def __init__(self, data: Path, spool: Path, known: Callable[[str], Past]) -> None:
        self._servers = OpenCodeServers(data / "spawns", known)
        self._adopted = AdoptedSpools(Spool(spool), data / "hooks")

    async def run(self) -> None:
        """Listens for ever; the daemon's task."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._servers.run())
            group.create_task(self._adopted.run())
