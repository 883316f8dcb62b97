"""Samples: how the progress of agents went, a row a change."""

import sqlite3

from outrider.model.progress import Sample
from outrider.store.text import storable

KEPT = 2000
"""Rows kept of one agent; the oldest go first."""


def add(connection: sqlite3.Connection, sample: Sample) -> None:
    """Writes one; a second one of the same moment takes the place of the first."""
    connection.execute(
        "INSERT OR REPLACE INTO samples (agent, at_ms, progress, source, done, total) VALUES (?, ?, ?, ?, ?, ?)",
        (sample.agent, sample.at_ms, sample.progress, storable(sample.source), sample.done, sample.total),
    )
    connection.execute(
        "DELETE FROM samples WHERE agent = ? AND at_ms < "
        "(SELECT min(at_ms) FROM (SELECT at_ms FROM samples WHERE agent = ? ORDER BY at_ms DESC LIMIT ?))",
        (sample.agent, sample.agent, KEPT),
    )


def of_agent(connection: sqlite3.Connection, agent_id: str, limit: int) -> tuple[Sample, ...]:
    """The newest so many of one agent, in the order of time."""
    rows = connection.execute(
        "SELECT agent, at_ms, progress, source, done, total FROM samples WHERE agent = ? ORDER BY at_ms DESC LIMIT ?",
        (agent_id, limit),
    ).fetchall()
    return tuple(Sample(*row) for row in reversed(rows))


def forget(connection: sqlite3.Connection, agent_id: str) -> None:
    """Removes those of an agent that leaves the roster."""
    connection.execute("DELETE FROM samples WHERE agent = ?", (agent_id,))
