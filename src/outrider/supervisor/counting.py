"""Counting what agents do: from their own channels, once, whatever happens to the daemon in between.

What is counted is stored in one transaction with how far the counting went: the hook calls that may still lie in the spool, and
the place in the transcript. Told or read again after a crash, they are known.
"""

from collections.abc import Iterable
from dataclasses import fields, replace

from outrider.kinds.channels import claude_todo
from outrider.model.agent import Agent, Counters
from outrider.model.hook import Heard, HookEvent


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
