"""Alerts over HTTP: the rules, what fires, and when a rule would have fired."""

from typing import Annotated

from fastapi import Path
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.logic.alerts import CONDITIONS
from outrider.model.alert import Firing, Rule, Rules
from outrider.web.answers import BODY, THING, answer, documented, routes
from outrider.web.context import Asker, Service, Strict
from outrider.web.engine import Alarms


class RuleJSON(TypedDict):
    """One rule; `snoozed` is until when (Unix ms) it is silent, 0 where it is not."""

    id: str
    on: str
    above: float
    reason: str | None
    kind: str | None
    ways: list[str]
    enabled: bool
    snoozed: int


class FiringJSON(TypedDict):
    """A rule that fired for an agent (session '' is this node, `NAME/` another one), when, and what was measured."""

    rule: str
    session: str
    at: int
    value: float


class ConditionJSON(TypedDict):
    """What a rule can be about: the unit of `above`, whether it is about the node, and whether the journal knows yesterday."""

    on: str
    unit: str
    help: str
    node: bool
    journalled: bool
    below: bool


class AlertsJSON(TypedDict):
    """All rules, the quiet hours, what fires now, and what rules can be about."""

    rules: list[RuleJSON]
    quiet: str
    firing: list[FiringJSON]
    conditions: list[ConditionJSON]


class PreviewJSON(TypedDict):
    """When a rule would have fired since that moment, oldest first; `count` is how often. At most 500 are listed."""

    count: int
    since: int
    fired: list[FiringJSON]
    note: str | None


class RuleBody(Strict):
    """One rule."""

    id: str = Field(description="Its name: letters, digits, dots, dashes and underscores.", examples=["waiting-long"])
    on: str = Field(description="Its condition; GET /api/alerts lists them.", examples=["waiting"])
    above: float = Field(description="It fires at this value, in the condition's unit.", examples=[15])
    reason: str | None = Field(None, description="Only agents that are stuck for this reason.")
    kind: str | None = Field(None, description="Only agents of this kind.")
    ways: list[str] = Field([], max_length=20, description="Names of the ways out by which people are told.")
    enabled: bool = Field(True, description="A rule that is not enabled never fires.")
    snoozed: int = Field(0, ge=0, le=2**53, description="Silent until this moment, Unix ms.")

    def rule(self) -> Rule:
        """The rule as the model has it."""
        return Rule(self.id, self.on, self.above, self.reason, self.kind, tuple(self.ways), self.enabled, self.snoozed)


class RulesBody(Strict):
    """All rules; those that are left out are gone."""

    rules: list[RuleBody] = Field(description="Every rule there is to be.")
    quiet: str = Field("", description="Hours in which nothing fires, such as 22:00-07:00.")


class SnoozeBody(Strict):
    """For how long."""

    minutes: float = Field(ge=0, le=10_080, description="Silent for so many minutes, at most a week; 0 wakes it.")


router = routes("/api/alerts", "alerts")


@router.get("", response_model=AlertsJSON)
async def get_alerts(engine: Service) -> Response:
    """The rules, and what fires now."""
    return answer(_alerts(engine.alarms))


@router.put("", response_model=AlertsJSON, responses=documented(*BODY))
async def put_alerts(body: RulesBody, engine: Service, actor: Asker) -> Response:
    """Puts these rules in place of all; audited. Where one makes no sense, none is changed."""
    await engine.alarms.change(Rules(tuple(each.rule() for each in body.rules), body.quiet), actor)
    return answer(_alerts(engine.alarms))


@router.post("/preview", response_model=PreviewJSON, responses=documented(*BODY))
async def preview_alert(body: RuleBody, engine: Service) -> Response:
    """When this rule would have fired in the last 24 hours; changes nothing."""
    found = await engine.alarms.preview(body.rule())
    told = [_firing(each) for each in found.fired[-500:]]
    return answer({"count": len(found.fired), "since": found.since_ms, "fired": told, "note": found.note})


@router.post("/{rule}/snooze", response_model=AlertsJSON, responses=documented(*BODY, *THING))
async def snooze_alert(
    rule: Annotated[str, Path(description="The rule's name.")], body: SnoozeBody, engine: Service, actor: Asker
) -> Response:
    """Silences a rule for a while; what is still the case then fires. Audited."""
    await engine.alarms.snooze(rule, body.minutes, actor)
    return answer(_alerts(engine.alarms))


def _alerts(alarms: Alarms) -> AlertsJSON:
    rules = alarms.rules
    return {
        "rules": [_rule(each) for each in rules.rules],
        "quiet": rules.quiet,
        "firing": [_firing(each) for each in alarms.firing()],
        "conditions": [
            {
                "on": name,
                "unit": each.unit,
                "help": each.help,
                "node": each.node,
                "journalled": each.journalled,
                "below": each.below,
            }
            for name, each in CONDITIONS.items()
        ],
    }


def _rule(rule: Rule) -> RuleJSON:
    return {
        "id": rule.id,
        "on": rule.on,
        "above": rule.above,
        "reason": rule.reason,
        "kind": rule.kind,
        "ways": list(rule.ways),
        "enabled": rule.enabled,
        "snoozed": rule.snoozed_ms,
    }


def _firing(firing: Firing) -> FiringJSON:
    return {"rule": firing.rule, "session": firing.session, "at": firing.at_ms, "value": firing.value}
