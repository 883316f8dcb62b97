"""Counting what agents do: from their own channels, once, whatever happens to the daemon in between.

What is counted is stored in one transaction with how far the counting went: the hook calls that may still lie in the spool, and
the place in the transcript. Told or read again after a crash, they are known.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from types import MappingProxyType

from outrider.kinds.channels import claude_todo, claude_transcript, codex_rollout
from outrider.model.agent import Agent, Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.progress import TranscriptMark
from outrider.store import Change
from outrider.supervisor.crew import Crew
from outrider.supervisor.record import Record

GATHER_S = 0.5
SWITCHED_MS = 1000
COUNTS: Mapping[str, claude_transcript.Count] = MappingProxyType({"codex": codex_rollout.counted})
"""How to read the transcripts of other agents than Claude Code, by their channel."""


def counted(agent: Agent, event: HookEvent, heard: Heard) -> Agent:
    """The agent after that hook call; one that was counted before changes only whose conversation it is."""
    agent = replace(agent, agent_session=heard.conversation or agent.agent_session)
    key = key_of(event)
    if key in agent.taken:
        return agent
    return replace(
        agent,
        counters=added(agent.counters, heard.counters),
        todo=claude_todo.after(agent.todo, event),
        taken=(*agent.taken, key),
    )


def released(agent: Agent, events: Iterable[HookEvent]) -> Agent:
    """The agent once these calls are gone from the spool: they will not be told again."""
    gone = {key_of(event) for event in events if event.generation == agent.generation}
    return replace(agent, taken=tuple(key for key in agent.taken if key not in gone)) if gone else agent


def key_of(event: HookEvent) -> str:
    """What tells a call from every other of its spawn: names come back once they are free, but not within a millisecond."""
    return f"{event.id.rpartition('/')[2]}@{event.at_ms}"


def added(have: Counters, more: Counters) -> Counters:
    """The sum, field by field."""
    return Counters(**{field.name: getattr(have, field.name) + getattr(more, field.name) for field in fields(Counters)})


class Transcripts:
    """Reads on in the transcripts of agents that spoke."""

    def __init__(self, *, crew: Crew, record: Record) -> None:
        self._crew = crew
        self._record = record
        self._due: dict[str, tuple[str, int]] = {}
        self._news = asyncio.Event()

    def spoke(self, agent_id: str, path: str, at_ms: int) -> None:
        """A hook of that agent told where its transcript is: something was written to it."""
        known, since = self._due.get(agent_id, ("", at_ms))
        self._due[agent_id] = (path, since if known == path else at_ms)
        self._news.set()

    async def run(self) -> None:
        """Reads for ever; the daemon's task."""
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_S)  # the figures follow the hook, and hooks come in bursts
            self._news.clear()
            due, self._due = self._due, {}
            for agent_id, (path, at_ms) in due.items():
                await self.read(agent_id, path, at_ms)

    async def read(self, agent_id: str, path: str, at_ms: int) -> None:
        """Reads on in one transcript, to its end. Of one that takes another's place only what is written from `at_ms` on counts."""
        while (member := self._crew.by_id(agent_id)) is not None:
            mark, since_ms = member.agent.transcript, member.agent.created_ms
            if mark is None or mark.path != path:
                since_ms = since_ms if mark is None else at_ms - SWITCHED_MS
                mark = TranscriptMark(path)
            spent = await asyncio.to_thread(claude_transcript.read_on, mark, since_ms, COUNTS.get(member.kind.channel))
            if spent.mark == member.agent.transcript:
                return
            more = Counters(tokens=spent.tokens, cost_usd=spent.cost_usd)
            member.agent = replace(member.agent, counters=added(member.agent.counters, more), transcript=spent.mark)
            self._record.put(Change(agents=(member.agent,)))
            if not spent.more:
                return
