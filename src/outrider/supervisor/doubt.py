"""Doubt: an alert when a new version of an agent is hard to read."""

import dataclasses

import structlog

from outrider.logic.vigilance import Vigilance
from outrider.model.event import EventName, Fact
from outrider.store import Change
from outrider.supervisor.crew import Member
from outrider.supervisor.record import Record

log = structlog.get_logger()


class Doubt:
    """Counts how sure the verdicts on each kind's versions are, and hands the alarm to the record; not before `enough_s` of a version."""

    def __init__(self, record: Record, enough_s: float) -> None:
        self._record = record
        self._vigilance = Vigilance(enough_s)

    def note(self, member: Member, now_ms: int, seconds: float) -> None:
        """So many seconds of this member's verdict."""
        agent, kind = member.agent, member.kind
        alarm = self._vigilance.note(kind.name, agent.version, kind.version, member.beneath, seconds)
        if alarm is None:
            return
        log.warning("a new version of an agent is hard to read", kind=alarm.kind, version=alarm.version)
        fact = Fact(EventName.ALERT, agent.session, now_ms, dataclasses.asdict(alarm))
        self._record.put(Change(facts=(fact,)))
