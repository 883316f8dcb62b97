"""Alerts, decided: which rules fire, for whom. Time is an argument, so that yesterday can be asked as well as now.

A rule fires once for an agent and then stays alight, and may fire again only after its condition was not met for a while: no flood.
In quiet hours and while it is snoozed nothing new fires; what is then still the case fires afterwards.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from outrider.errors import InvalidInput
from outrider.model.alert import Alarm, Alight, Firing, Rule, Rules, Surroundings, Watched
from outrider.model.state import State

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
CALM_MS = 5 * MINUTE_MS
"""How long a condition must not be met before the rule may fire for the same agent again."""
NODE = ""
MOST_RULES = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_RESTING = frozenset({State.WAITING, State.COMPLETE})


@dataclass(frozen=True, slots=True)
class Condition:
    """`measure` gives what `above` is compared with, in `unit`; None where it is not the case at all. `journalled`: yesterday is known.

    `below`: it is the case where less is measured.
    """

    unit: str
    help: str
    measure: Callable[[Rule, Watched, Surroundings, int], float | None]
    node: bool = False
    journalled: bool = True
    below: bool = False


def _stuck(rule: Rule, agent: Watched, around: Surroundings, now_ms: int) -> float | None:
    if agent.state != State.STUCK or rule.reason not in (None, agent.reason):
        return None
    return (now_ms - agent.since_ms) / MINUTE_MS


def _waiting(rule: Rule, agent: Watched, around: Surroundings, now_ms: int) -> float | None:
    return (now_ms - agent.since_ms) / MINUTE_MS if agent.state == State.WAITING else None


def _errors(rule: Rule, agent: Watched, around: Surroundings, now_ms: int) -> float | None:
    return sum(at > now_ms - HOUR_MS for at in agent.errors_ms)


def _stalled(rule: Rule, agent: Watched, around: Surroundings, now_ms: int) -> float | None:
    if agent.progress is None or agent.progress >= 100 or not agent.moved_ms or agent.state in _RESTING:
        return None
    return (now_ms - agent.moved_ms) / MINUTE_MS


def _cost(rule: Rule, agent: Watched, around: Surroundings, now_ms: int) -> float | None:
    return agent.cost_usd


def _away(rule: Rule, agent: Watched, around: Surroundings, now_ms: int) -> float | None:
    since = around.nodes.get(agent.session.removesuffix("/")) if agent.session else around.away_since_ms
    return None if since is None else (now_ms - since) / MINUTE_MS


def _disk(rule: Rule, agent: Watched, around: Surroundings, now_ms: int) -> float | None:
    return None if agent.session else around.free_mb


CONDITIONS: Mapping[str, Condition] = {
    "stuck": Condition("minutes", "An agent is stuck for longer.", _stuck),
    "waiting": Condition("minutes", "A question waits for a person for longer.", _waiting),
    "errors": Condition("errors an hour", "An agent came to be in error so often within an hour.", _errors),
    "stalled": Condition("minutes", "An agent's progress has not moved for longer, and it is not done.", _stalled),
    "cost": Condition("USD", "An agent has cost more.", _cost, journalled=False),
    "node_away": Condition(
        "minutes", "A tmux server or another node is away for longer.", _away, node=True, journalled=False
    ),
    "low_disk": Condition(
        "MB", "Less is free on the disk of the database.", _disk, node=True, journalled=False, below=True
    ),
}


def look(
    rules: Rules, agents: Sequence[Watched], around: Surroundings, alight: Alight, now_ms: int, *, minute: int
) -> Alarm:
    """What fires now. `alight` is what fired before; `minute` is the minute of the day, for quiet hours."""
    hushed = quiet(rules.quiet, minute)
    burning: dict[tuple[str, str], Firing] = {}
    fired: list[Firing] = []
    for rule in rules.rules:
        for session, value in met(rule, agents, around, now_ms):
            key = (rule.id, session)
            known = alight.get(key)
            if known is not None:
                burning[key] = replace(known, last_ms=now_ms)
            elif not hushed and rule.snoozed_ms <= now_ms:
                burning[key] = Firing(rule.id, session, now_ms, round(value, 2), now_ms)
                fired.append(burning[key])
    names = {rule.id for rule in rules.rules if rule.enabled}
    for key, known in alight.items():
        if key not in burning and key[0] in names and now_ms - known.last_ms < CALM_MS:
            burning[key] = known
    return Alarm(burning, tuple(fired))


def met(rule: Rule, agents: Sequence[Watched], around: Surroundings, now_ms: int) -> Iterable[tuple[str, float]]:
    """For whom the rule's condition is met now, and what was measured."""
    if not rule.enabled:
        return
    condition = CONDITIONS[rule.on]
    for agent in _nodes(around) if condition.node else agents:
        if rule.kind not in (None, agent.kind):
            continue
        value = condition.measure(rule, agent, around, now_ms)
        if value is not None and (value < rule.above if condition.below else value >= rule.above):
            yield agent.session, value


def _nodes(around: Surroundings) -> Iterable[Watched]:
    return [Watched(name, "", "", 0) for name in (NODE, *(f"{node}/" for node in around.nodes))]


def quiet(hours: str, minute: int) -> bool:
    """Whether that minute of the day is within the hours; those may go over midnight."""
    found = _HOURS.fullmatch(hours)
    if found is None:
        return False
    first, last = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
    return first <= minute < last if first <= last else minute >= first or minute < last


def is_hours(text: str) -> bool:
    """Whether that is a stretch of the day such as 22:00-07:00."""
    return _HOURS.fullmatch(text) is not None


def check(rules: Rules) -> Rules:
    """The rules, where all of them make sense; InvalidInput with the place and what would be right where one does not."""
    if rules.quiet and not is_hours(rules.quiet):
        raise _wrong("quiet", f"should be two times of day such as 22:00-07:00, or empty; not {rules.quiet[:40]!r}")
    if len(rules.rules) > MOST_RULES:
        raise _wrong("rules", f"should be at most {MOST_RULES}, not {len(rules.rules)}")
    seen: set[str] = set()
    for place, rule in enumerate(rules.rules):
        where = f"rules.{place}"
        if _NAME.fullmatch(rule.id) is None:
            raise _wrong(f"{where}.id", "should be letters, digits, dots, dashes and underscores, at most 63")
        if rule.id in seen:
            raise _wrong(f"{where}.id", f"{rule.id!r} is there twice; every rule needs a name of its own")
        seen.add(rule.id)
        checked(rule, where)
    return rules


def checked(rule: Rule, where: str = "rule") -> Rule:
    """One rule, where it makes sense; InvalidInput where not."""
    condition = CONDITIONS.get(rule.on)
    if condition is None:
        raise _wrong(f"{where}.on", f"there is no condition {rule.on[:40]!r}; there are: {', '.join(CONDITIONS)}")
    if not 0 < rule.above < 1e9:
        raise _wrong(
            f"{where}.above",
            f"should be a number of {condition.unit} above 0, not {rule.above:g}; to have it silent, disable it",
        )
    if rule.reason is not None and rule.on != "stuck":
        raise _wrong(f"{where}.reason", "belongs to stuck alone; leave it out")
    if rule.kind is not None and condition.node:
        raise _wrong(f"{where}.kind", f"{rule.on} is about the node and not about an agent; leave it out")
    return rule


def _wrong(field: str, what: str) -> InvalidInput:
    return InvalidInput(f"{field}: {what}.", detail={"field": field})


def sentence(rule: Rule, firing: Firing) -> str:
    """What fired, for a person."""
    who = "this node" if not firing.session else re.sub(r"^(.*)/$", r"node \1", firing.session)
    condition = CONDITIONS[rule.on]
    bound = "below" if condition.below else "at least"
    reason = f" ({rule.reason})" if rule.reason else ""
    return f"{rule.id}: {rule.on}{reason} on {who}, {firing.value:g} {condition.unit}; the rule says {bound} {rule.above:g}."
