"""The agents known here, one row each; what is read back is a JSON document of the whole agent."""

import json
import sqlite3
from dataclasses import fields, is_dataclass

from pydantic import TypeAdapter, ValidationError

from outrider.model.agent import Agent

_SHAPE = TypeAdapter(Agent)


def encode(agent: Agent) -> str:
    """The agent as JSON text; ASCII, so that text with lone surrogates can be stored like any other."""
    return json.dumps(agent, default=_plain, separators=(",", ":"))


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return dict(value)  # type: ignore[call-overload]  # a mapping proxy; anything else is refused by dict itself


def decode(document: str) -> Agent:
    """The agent that was encoded; fields it lacks take their defaults. ValueError where it cannot be read."""
    return _SHAPE.validate_python(json.loads(document))


def save(connection: sqlite3.Connection, agent: Agent) -> None:
    """Writes the agent, over what was known of it by its id."""
    verdict = agent.verdict
    connection.execute(
        "INSERT INTO agents (id, session, kind, state, alive, changed_ms, document) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET session = excluded.session, kind = excluded.kind, state = excluded.state, "
        "alive = excluded.alive, changed_ms = excluded.changed_ms, document = excluded.document",
        (agent.id, agent.session, agent.kind, verdict.state.value, verdict.alive, agent.changed_ms, encode(agent)),
    )


def forget(connection: sqlite3.Connection, agent_id: str) -> None:
    """Removes the agent from the roster; one that is not there is no error."""
    connection.execute("DELETE FROM agents WHERE id = ?", (agent_id,))


def load(connection: sqlite3.Connection) -> tuple[tuple[Agent, ...], tuple[str, ...]]:
    """All agents in order of session and age, and the ids of those whose document this program cannot read."""
    agents: list[Agent] = []
    unreadable: list[str] = []
    for agent_id, document in connection.execute("SELECT id, document FROM agents ORDER BY session, id"):
        try:
            agents.append(decode(document))
        except (ValidationError, ValueError):
            unreadable.append(agent_id)
    return tuple(agents), tuple(unreadable)
