"""The record: changes that the loop decides on become durable in their order, and are told when they are.

The loop hands changes over without waiting; one writer merges what has piled up into one transaction. While the store
cannot be written (full disk) they are kept here and written when it can be: nothing that was seen is lost or told early.
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
    done: Callable[[], None] | None


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
        self._waiting.append(Entry(change, done))
        self._wake.set()

    async def commit(self, change: Change) -> None:
        """Hands the change over and returns when it is durable; what was handed over before it is durable then, too."""
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.put(change, lambda: None if durable.done() else durable.set_result(None))
        await durable

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
            await asyncio.sleep(self._retry_s)
            return
        self.why = ""
        for entry in batch:
            self._waiting.popleft()
            if entry.done is not None:
                entry.done()


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
        durable=any(change.durable for change in changes),
    )
