"""The ledger: what becomes durable is told to everybody, in that order, whoever gives up waiting for it."""

import asyncio
from collections.abc import Awaitable, Sequence

import structlog

from outrider.errors import StoreError
from outrider.model.audit import AuditRow
from outrider.model.command import Command
from outrider.model.event import Event, Fact
from outrider.ports import Bus
from outrider.store import Change, Store

log = structlog.get_logger()

RETRY_S = 1.0


class Ledger:
    """Writes to the store, then publishes on the bus. Events reach the bus in the order of their seq.

    Each write goes on when its caller is cancelled: an event that is in the journal and was never published would be missing
    for every client that is connected.
    """

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    async def commit(self, change: Change) -> tuple[Event, ...]:
        """As `Store.commit`; its events have been published when this returns."""
        return await asyncio.shield(self._told(self._store.commit(change)))

    async def insist(self, change: Change) -> tuple[Event, ...]:
        """As `commit`, for what is known to have happened and could not be found out again: tried until the disk takes it."""
        while True:
            try:
                return await self.commit(change)
            except StoreError as error:
                log.error("something that happened cannot be written down yet", why=error.message)
                await asyncio.sleep(RETRY_S)

    async def add(self, command: Command, audit: Sequence[AuditRow], facts: Sequence[Fact]) -> tuple[Command, bool]:
        """As `Store.add`: the command as it is stored, and whether it is new."""
        return await asyncio.shield(self._added(command, audit, facts))

    async def _told(self, write: Awaitable[tuple[Event, ...]]) -> tuple[Event, ...]:
        events = await write
        self._bus.publish(events)
        return events

    async def _added(self, command: Command, audit: Sequence[AuditRow], facts: Sequence[Fact]) -> tuple[Command, bool]:
        stored, events, created = await self._store.add(command, audit, facts)
        self._bus.publish(events)
        return stored, created
