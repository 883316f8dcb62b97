"""What a node remembers, as the supervisor asks for it: changes that become durable together, and questions."""

import asyncio
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Never, cast

import structlog

from outrider.errors import Conflict
from outrider.logic.chain import Head
from outrider.logic.secrets import cleaned
from outrider.model.agent import Agent
from outrider.model.approval import Approval, ApprovalStatus
from outrider.model.audit import AuditEntry, AuditQuery, AuditRow
from outrider.model.command import Command, Status
from outrider.model.event import Event, Fact
from outrider.model.progress import Sample
from outrider.store import approvals, journal, queue, roster, samples
from outrider.store import audit as audits
from outrider.store import tally as tallies
from outrider.store.change import Change
from outrider.store.database import Database
from outrider.store.directory import DATABASE, check_directory
from outrider.store.queue import PUT_BACK
from outrider.store.tally import Tally

log = structlog.get_logger()

_DAY_MS = 24 * 60 * 60 * 1000
_MB = 1_000_000


class Store:
    """The store of one node. Every method may raise StoreError; after a full disk has room again they work as before."""

    def __init__(
        self, database: Database, node: str, incarnation: str, tally: Tally, *, blank_secrets: bool = False
    ) -> None:
        """Use `open`."""
        self.database = database
        self.incarnation = incarnation
        """Names this database for ever: a seq means the same event only within it."""
        self._node = node
        self._tally = tally
        self._blank = blank_secrets
        self._unreadable: tuple[str, ...] = ()

    @classmethod
    async def open(
        cls, directory: Path, *, node: str, clock: Callable[[], int], blank_secrets: bool = False
    ) -> "Store":
        """Opens the store in the data directory, which is made where it is missing. Hold the directory's Lease first.

        With `blank_secrets`, secrets are blanked in events, and in the text of a command once it has ended.
        """
        await asyncio.to_thread(check_directory, directory)
        database = await Database.open(directory / DATABASE, clock=clock)
        incarnation, tally = await database.read(_incarnation), Tally(directory)
        if tally.read(incarnation) > await database.read(tallies.begun):
            database.notice = f"The database {database.path} is an older copy, put back by hand. {PUT_BACK}"
            log.warning("the database is an older copy", path=str(database.path))
            incarnation = await database.write(partial(_disowned, at_ms=clock()), durable=True)
        return cls(database, node, incarnation, tally, blank_secrets=blank_secrets)

    async def commit(self, change: Change) -> tuple[Event, ...]:
        """Makes the change, and returns its facts as events with their seq.

        Conflict where a step is not allowed or a new command's id or key is taken, NoSuchThing where a step names no
        command: nothing of the change is done then. Changes committed one after the other return in the order of their seq.
        """
        typing = any(step.status is Status.SENDING for step in change.steps)

        def work(connection: sqlite3.Connection) -> tuple[tuple[Event, ...], int]:
            return self._apply(connection, change), tallies.count(connection) if typing else 0

        events, begun = await self.database.write(work, durable=change.durable)
        if typing:
            self._tally.note(self.incarnation, begun)
        return events

    def _apply(self, connection: sqlite3.Connection, change: Change) -> tuple[Event, ...]:
        for agent in change.agents:
            roster.save(connection, agent)
        for sample in change.samples:
            samples.add(connection, sample)
        for approval in change.approvals:
            approvals.save(connection, approval)
        for agent_id in change.forgotten:
            roster.forget(connection, agent_id)
            samples.forget(connection, agent_id)
        for command in change.new_commands:
            _, created = queue.add(connection, command)
            if not created:
                raise Conflict(f"The idempotency key {command.key!r} was used before.")
        for step in change.steps:
            queue.step(connection, step)
            if self._blank:
                queue.blank(connection, step.command_id)
        for row in change.audit:
            audits.add(connection, row)
        connection.executemany("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", change.kept)
        return self._journal(connection, change.facts)

    def _journal(self, connection: sqlite3.Connection, facts: Sequence[Fact]) -> tuple[Event, ...]:
        if self._blank:
            facts = [replace(fact, data=cast("dict[str, object]", cleaned(fact.data))) for fact in facts]
        return tuple(journal.append(connection, self._node, facts))

    async def add(
        self, command: Command, audit: Sequence[AuditRow] = (), facts: Sequence[Fact] = ()
    ) -> tuple[Command, tuple[Event, ...], bool]:
        """Accepts a command: it, its audit and its facts are on the disk when this returns, the command with its seq.

        Asked again with the same session and key, returns the command of the first time, no events and False, and writes
        nothing. Conflict where that key was used for another text.
        """

        def work(connection: sqlite3.Connection) -> tuple[Command, tuple[Event, ...], bool]:
            stored, created = queue.add(connection, command)
            if not created:
                return stored, (), False
            for row in audit:
                audits.add(connection, row)
            return stored, self._journal(connection, facts), True

        return await self.database.write(work, durable=True)

    async def agents(self) -> tuple[Agent, ...]:
        """All agents known, in order of session. A row that this program cannot read is left out and told by `health`."""
        agents, self._unreadable = await self.database.read(roster.load)
        return agents

    async def command(self, command_id: str) -> Command | None:
        """The command with its attempts, or None."""
        return await self.database.read(lambda connection: queue.by_id(connection, command_id))

    async def command_by_key(self, session: str, key: str) -> Command | None:
        """The command that this session was given under this idempotency key, or None."""
        return await self.database.read(lambda connection: queue.by_key(connection, session, key))

    async def commands(
        self, *, session: str | None = None, status: Status | None = None, limit: int = 50
    ) -> tuple[Command, ...]:
        """Newest first, with their attempts."""
        return await self.database.read(lambda connection: queue.newest(connection, session, status, limit))

    async def unfinished(self) -> tuple[Command, ...]:
        """Queued and sending commands of all agents, in the order they are to be typed."""
        return await self.database.read(queue.unfinished)

    async def last_typed(self, session: str, agent_id: str) -> str | None:
        """The text that went into that agent last and was, or may have been, submitted; None where there is none."""
        return await self.database.read(lambda connection: queue.last_typed(connection, session, agent_id))

    async def approval(self, approval_id: str) -> Approval | None:
        """The approval, open or closed, or None."""
        return await self.database.read(lambda connection: approvals.by_id(connection, approval_id))

    async def unanswered(self) -> tuple[Approval, ...]:
        """The approvals that wait for an answer or were being given one, oldest first."""
        return await self.database.read(approvals.unanswered)

    async def approvals(
        self, *, session: str | None = None, status: ApprovalStatus | None = None, limit: int = 50
    ) -> tuple[Approval, ...]:
        """Newest first."""
        return await self.database.read(lambda connection: approvals.listed(connection, session, status, limit))

    async def events(
        self, *, since: int, limit: int, sessions: frozenset[str] = frozenset(), names: frozenset[str] = frozenset()
    ) -> tuple[Event, ...]:
        """The journal after `since`, oldest first; empty filters let everything through."""
        return await self.database.read(lambda connection: journal.after(connection, since, limit, sessions, names))

    async def first_seq(self) -> int:
        """The seq of the oldest event still kept: a cursor more than one below it has missed events."""
        return await self.database.read(journal.first_seq)

    async def last_seq(self) -> int:
        """The seq of the newest event ever journalled, 0 where there was none."""
        return await self.database.read(journal.last_seq)

    async def seq_at(self, at_ms: int) -> int:
        """The seq of the oldest event that is kept and happened at that time (Unix ms) or later; one more than the last where none did."""
        return await self.database.read(lambda connection: journal.seq_at(connection, at_ms))

    async def note(self, name: str) -> str | None:
        """The note about this node of that name (`Change.kept`), or None."""
        return await self.database.read(lambda connection: _note(connection, name))

    async def renew(self) -> None:
        """Makes this another database: what was known of its seqs elsewhere is not true of it any more."""
        self.incarnation = await self.database.write(_renewed, durable=True)

    async def audit(self, query: AuditQuery) -> tuple[tuple[AuditEntry, ...], Head]:
        """The rows that are asked for, and the newest of all."""
        return await self.database.read(lambda connection: (audits.select(connection, query), audits.head(connection)))

    async def samples(self, agent_id: str, *, limit: int = 500) -> tuple[Sample, ...]:
        """How the agent's progress went: the newest so many samples, in the order of time."""
        return await self.database.read(lambda connection: samples.of_agent(connection, agent_id, limit))

    async def counts(self) -> Mapping[str, int]:
        """How many commands are kept, by status; every status is there."""
        return await self.database.read(queue.counts)

    async def retain(
        self, *, events_days: float, events_max: int, commands_days: float, now_ms: int, events_mb: float = math.inf
    ) -> None:
        """Removes events and finished commands that are too old, too many or too large, a little at a time; audit rows stay.

        A seq is never used again. Others' writes go in between.
        """
        events_ms = now_ms - int(events_days * _DAY_MS)
        commands_ms = now_ms - int(commands_days * _DAY_MS)
        upto = await self.database.read(lambda conn: journal.overweight(conn, events_mb * _MB))
        trim = partial(journal.trim, before_ms=events_ms, keep=events_max, upto=upto)
        while await self.database.write(trim):
            pass
        while await self.database.write(lambda conn: queue.trim(conn, before_ms=commands_ms)):
            pass
        while await self.database.write(lambda conn: approvals.trim(conn, before_ms=commands_ms)):
            pass

    async def watch(self) -> Never:
        """Raises StoreError when the store can write no more, ever: the daemon must end then."""
        await self.database.watch()

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status` (`ok` or `degraded`), `path`, `size` in bytes, `why` if degraded, `notice` if there is one."""
        told = self.database.health()
        if not self._unreadable:
            return told
        names = ", ".join(self._unreadable)
        return {**told, "status": "degraded", "why": told.get("why") or f"These agents' rows cannot be read: {names}."}

    async def close(self) -> None:
        """Finishes what was accepted and closes the database; idempotent."""
        await self.database.close()


def _incarnation(connection: sqlite3.Connection) -> str:
    return str(_note(connection, "incarnation"))


def _renewed(connection: sqlite3.Connection) -> str:
    connection.execute("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE name = 'incarnation'")
    return _incarnation(connection)


def _disowned(connection: sqlite3.Connection, at_ms: int) -> str:
    queue.doubt(connection, PUT_BACK, at_ms)
    return _renewed(connection)


def _note(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])
