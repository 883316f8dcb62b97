"""Alerts: the rules as they were edited last, and what fires, so that a restart fires nothing twice."""

import json
import sqlite3
from dataclasses import asdict, astuple

from outrider.model.alert import Alight, Firing, Rule, Rules
from outrider.model.event import Event
from outrider.store import journal
from outrider.store.database import Database

RULES, ALIGHT = "alert_rules", "alerts_alight"
PAGE = 2000


class Alerts:
    """Alerts in a database. Every method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rules(self) -> Rules | None:
        """The rules as they were stored; None where they never were."""
        text = await self._database.read(lambda connection: _get(connection, RULES))
        if text is None:
            return None
        found = json.loads(text)
        return Rules(
            tuple(Rule(**{**each, "ways": tuple(each["ways"])}) for each in found["rules"]), quiet=found["quiet"]
        )

    async def alight(self) -> Alight:
        """What fires, as it was kept last."""
        text = await self._database.read(lambda connection: _get(connection, ALIGHT))
        firings = [Firing(*each) for each in json.loads(text or "[]")]
        return {(each.rule, each.session): each for each in firings}

    async def since(self, at_ms: int, names: frozenset[str], most: int) -> tuple[tuple[Event, ...], bool]:
        """The events of those names from that moment (ms) on, at most so many of the newest, and whether that is all of them."""

        def work(connection: sqlite3.Connection) -> tuple[tuple[Event, ...], bool]:
            first = connection.execute(
                "SELECT seq FROM journal WHERE at_ms < ? ORDER BY seq DESC LIMIT 1", (at_ms,)
            ).fetchone()
            seq, whole = (int(first[0]) if first else 0), True
            oldest = journal.last_seq(connection) - most
            if seq < oldest:
                seq, whole = oldest, False
            found: list[Event] = []
            while page := journal.after(connection, seq, PAGE, names=names):
                found += page
                seq = page[-1].seq
            return tuple(found), whole

        return await self._database.read(work)


def kept(rules: Rules) -> tuple[str, str]:
    """The rules as a change keeps them."""
    return RULES, json.dumps(asdict(rules))


def kept_alight(alight: Alight) -> tuple[str, str]:
    """What fires, as a change keeps it."""
    return ALIGHT, json.dumps([astuple(each) for each in alight.values()])


def _get(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])
