"""The record: changes that the loop decides on become durable in their order, and are told when they are.

The loop hands changes over without waiting; one writer merges what has piled up into one transaction. While the store
cannot be written (full disk) what has happened already is kept here and written when it can be: nothing that was seen is
lost or told early. What is only intended is refused then, so that nobody waits for a disk.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from outrider.errors import StoreError
from outrider.model.event import Event
from outrider.store import Change

log = structlog.get_logger()

RETRY_S = 1.0
MERGED = 200


class Ledger(Protocol):
    """Where changes are written and told."""

    async def commit(self, change: Change) -> tuple[Event, ...]:
        """Durable and published when it returns; StoreError where it could not be written."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A change and what to do once it is durable."""

    change: Change
    done: Callable[[], None] | None = None
    refused: Callable[[StoreError], None] | None = None
    """Called, and the change dropped, where it cannot be written; without it the change is kept and tried again."""
    tried: Callable[[], None] | None = None
    """Called where it could not be written yet."""


class Record:
    """Writes changes in the order in which they were handed over."""

    def __init__(self, ledger: Ledger, *, retry_s: float = RETRY_S) -> None:
        self._ledger = ledger
        self._retry_s = retry_s
        self._waiting: deque[Entry] = deque()
        self._wake = asyncio.Event()
        self.why = ""

    def put(self, change: Change, done: Callable[[], None] | None = None) -> None:
        """Has the change written soon; `done` is called when it is durable."""
        self._add(Entry(change, done))

    async def commit(self, change: Change) -> None:
        """For what is about to be done: returns when it is durable, and what was handed over before it with it.

        StoreError where the store cannot be written now: then nothing of this change is, nor will be.
        """
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def refuse(error: StoreError) -> None:
            if not durable.done():
                durable.set_exception(error)

        self._add(Entry(change, lambda: _settle(durable), refused=refuse))
        await durable

    async def keep(self, change: Change) -> None:
        """For what has been done: returns when it is durable, or when it is known that it has to wait for the disk."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._add(Entry(change, lambda: _settle(told), tried=lambda: _settle(told)))
        await told

    def _add(self, entry: Entry) -> None:
        self._waiting.append(entry)
        self._wake.set()

    async def run(self) -> None:
        """Writes for ever; the daemon's task."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._write()

    async def _write(self) -> None:
        batch = [self._waiting[i] for i in range(min(MERGED, len(self._waiting)))]
        try:
            await self._ledger.commit(merged([entry.change for entry in batch]))
        except StoreError as error:
            if not self.why:
                log.error("the store cannot be written", why=error.message, waiting=len(self._waiting))
            self.why = error.message
            self._put_off(error)
            await asyncio.sleep(self._retry_s)
            return
        self.why = ""
        for entry in batch:
            self._waiting.popleft()
            if entry.done is not None:
                entry.done()

    def _put_off(self, error: StoreError) -> None:
        """Drops what is to be refused, and keeps the rest in its order."""
        for entry in self._waiting:
            if entry.refused is not None:
                entry.refused(error)
            elif entry.tried is not None:
                entry.tried()
        self._waiting = deque(entry for entry in self._waiting if entry.refused is None)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def merged(changes: list[Change]) -> Change:
    """One change that has the effect of all in their order; of an agent that is saved repeatedly the last state counts."""
    agents = {agent.id: agent for change in changes for agent in change.agents}
    forgotten = tuple(name for change in changes for name in change.forgotten)
    return Change(
        agents=tuple(agent for agent in agents.values() if agent.id not in forgotten),
        forgotten=forgotten,
        new_commands=tuple(command for change in changes for command in change.new_commands),
        steps=tuple(step for change in changes for step in change.steps),
        audit=tuple(row for change in changes for row in change.audit),
        facts=tuple(fact for change in changes for fact in change.facts),
        approvals=tuple(approval for change in changes for approval in change.approvals),
        samples=tuple(sample for change in changes for sample in change.samples),
        kept=tuple(note for change in changes for note in change.kept),
        durable=any(change.durable for change in changes),
    )
