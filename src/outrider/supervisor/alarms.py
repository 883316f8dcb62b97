"""Alarms: looks at the alert rules every so often, tells what fires, and keeps what people make of the rules."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from outrider.errors import NoSuchThing
from outrider.logic.alerts import CONDITIONS, check, checked, look, met, sentence
from outrider.logic.scene import NAMES, Scene, replay
from outrider.model.actor import Actor
from outrider.model.agent import Agent
from outrider.model.alert import Alight, Firing, Preview, Rule, Rules, Surroundings
from outrider.model.audit import AuditRow
from outrider.model.event import Event, EventName, Fact
from outrider.settings.schema import Alerts as Defaults
from outrider.store import Change
from outrider.store.alerts import Alerts, kept, kept_alight
from outrider.supervisor.disk import free_mb
from outrider.supervisor.ledger import Ledger

DAY_MS, MINUTE_MS = 86_400_000, 60_000
MOST_EVENTS = 200_000
LONGEST_SNOOZE_MIN = 7 * 24 * 60


def default_rules(settings: Defaults) -> Rules:
    """The rules that the settings make, named for their conditions; those of 0 are left out."""
    above = {
        "stuck": settings.stuck_minutes,
        "waiting": settings.waiting_minutes,
        "errors": settings.errors_per_hour,
        "stalled": settings.stalled_minutes,
        "cost": settings.cost_usd,
        "node_away": settings.node_away_minutes,
        "low_disk": settings.low_disk_mb,
    }
    return Rules(tuple(Rule(on, on, value) for on, value in above.items() if value), settings.quiet)


class Alarms:
    """The alerts of this node. `away` are tmux servers that cannot be asked now."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        ledger: Ledger,
        agents: Callable[[], Iterable[Agent]],
        away: Callable[[], Iterable[str]],
        defaults: Defaults,
        folder: Path,
        clock: Callable[[], int],
    ) -> None:
        self._alerts = alerts
        self._ledger = ledger
        self._agents = agents
        self._away = away
        self._folder = folder
        self._clock = clock
        self._scene: Scene | None = None
        self._rules = default_rules(defaults)
        self._alight: Alight = {}
        self._away_since: int | None = None
        self.nodes: Callable[[], Mapping[str, int]] = dict
        """Other nodes that are away, since when (ms); set where this one is in a fleet."""

    @property
    def rules(self) -> Rules:
        """The rules that hold now."""
        return self._rules

    def firing(self) -> Sequence[Firing]:
        """What fires now, oldest first."""
        return sorted(self._alight.values(), key=lambda each: (each.at_ms, each.rule, each.session))

    async def restore(self) -> Scene:
        """Takes the rules and what fires up where an earlier daemon left them, and the scene from the journal."""
        self._rules = await self._alerts.rules() or self._rules
        self._alight = await self._alerts.alight()
        scene = Scene({})
        events, _ = await self._alerts.since(self._clock() - DAY_MS, frozenset(NAMES), MOST_EVENTS)
        for event in events:
            scene.event(event)
        return scene

    async def turn(self, events: Iterable[Event]) -> None:
        """One look, after these events of the journal. StoreError where what fires could not be kept: it fires at the next look."""
        if self._scene is None:
            self._scene = await self.restore()
            events = ()  # they are in the journal that was read
        scene = self._scene
        for event in events:
            if event.fact.name in NAMES:
                scene.event(event)
        now, local = self._clock(), time.localtime()
        alarm = look(
            self._rules,
            scene.now(self._agents()),
            self._surroundings(now),
            self._alight,
            now,
            minute=local.tm_hour * 60 + local.tm_min,
        )
        if alarm.fired or alarm.alight.keys() != self._alight.keys():
            by_id = {rule.id: rule for rule in self._rules.rules}
            facts = tuple(fact(by_id[each.rule], each) for each in alarm.fired)
            await self._ledger.commit(Change(facts=facts, kept=(kept_alight(alarm.alight),)))
        self._alight = alarm.alight

    def _surroundings(self, now_ms: int) -> Surroundings:
        away = any(True for _ in self._away())
        self._away_since = (self._away_since or now_ms) if away else None
        return Surroundings(self._away_since, free_mb(self._folder), self.nodes())

    # ---- what people make of it ------------------------------------------------------------------

    async def change(self, rules: Rules, actor: Actor) -> Rules:
        """Puts these in place of all rules; InvalidInput says which one makes no sense, and then none is changed."""
        check(rules)
        await self._keep(rules, actor, "alerts", {"before": asdict(self._rules), "after": asdict(rules)})
        return rules

    async def snooze(self, rule_id: str, minutes: float, actor: Actor) -> Rules:
        """Silences a rule for so long, 0 to wake it; what is still the case then fires."""
        if not any(rule.id == rule_id for rule in self._rules.rules):
            known = ", ".join(rule.id for rule in self._rules.rules)
            raise NoSuchThing(f"There is no alert rule {rule_id[:60]!r}; there are: {known or 'none'}.")
        until = self._clock() + int(minutes * MINUTE_MS) if minutes else 0
        rules = tuple(replace(rule, snoozed_ms=until) if rule.id == rule_id else rule for rule in self._rules.rules)
        data = {"rule": rule_id, "until": until}
        await self._keep(replace(self._rules, rules=rules), actor, "snooze", data)
        return self._rules

    async def _keep(self, rules: Rules, actor: Actor, action: str, data: Mapping[str, object]) -> None:
        row = AuditRow(self._clock(), actor.name, action, "", data)
        await self._ledger.commit(Change(audit=(row,), kept=(kept(rules),), durable=True))
        self._rules = rules

    async def preview(self, rule: Rule) -> Preview:
        """When the rule would have fired in the last 24 hours."""
        checked(rule)
        now = self._clock()
        since, agents = now - DAY_MS, tuple(self._agents())
        if not CONDITIONS[rule.on].journalled:
            scene = Scene({})
            here = met(replace(rule, enabled=True), scene.now(agents), self._surroundings(now), now)
            fired = tuple(Firing(rule.id, session, now, round(value, 2), now) for session, value in here)
            return Preview(now, fired, "The journal does not tell of this: what is shown is what is the case now.")
        events, whole = await self._alerts.since(since, frozenset(NAMES), MOST_EVENTS)
        scene = Scene({agent.session: agent.kind for agent in agents})
        for agent in agents:
            if agent.verdict.alive and agent.verdict.since_ms < since:
                scene.seed(agent)
        note = None if whole else f"Only the last {MOST_EVENTS} events were looked at."
        if not whole and events:
            since = events[0].fact.at_ms
        return Preview(since, replay(rule, scene, events, since, now), note)


def fact(rule: Rule, firing: Firing) -> Fact:
    """What everybody is told of a rule that fires; `ways` are where people are to be told."""
    data: dict[str, object] = {
        "rule": rule.id,
        "on": rule.on,
        "value": firing.value,
        "above": rule.above,
        "unit": CONDITIONS[rule.on].unit,
        "ways": list(rule.ways),
        "message": sentence(rule, firing),
    }
    return Fact(EventName.ALERT, firing.session, firing.at_ms, data)
