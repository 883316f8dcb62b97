"""Notices, decided: which events are told by which ways out, and when.

An event gives one notice for each way and target; the first rule that wants it there decides how. What follows soon on a notice
of the same rule and target goes together with what else does: a flood is two messages (unless the rule's `digest_s` is 0). A
question is open until it is answered or its agent goes on; as long as it is, it may be told again, or to others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from outrider.logic.alerts import quiet
from outrider.model.event import Event, EventName
from outrider.model.notice import Item, Moment, Notice, NoticeRule, NoticeStatus, Urgency, Wishes
from outrider.model.state import State

MINUTE_MS, DAY_MINUTES = 60_000, 24 * 60
SETTLE_MS = 1500
"""How long a question waits whose dialog was not read yet: a hook tells of it before the screen does."""
MOST_ITEMS = 50
LONGEST_OPEN_MS = 7 * DAY_MINUTES * MINUTE_MS
UNDER_WAY = frozenset({NoticeStatus.QUEUED, NoticeStatus.SENDING})

# What somebody is needed for, and the states in which that is still so.
MATTERS: Mapping[EventName, frozenset[str]] = {
    EventName.AGENT_WAITING: frozenset({State.WAITING, State.STUCK}),
    EventName.AGENT_STUCK: frozenset({State.STUCK}),
    EventName.AGENT_ERROR: frozenset({State.ERROR, State.STUCK}),
}
Place = tuple[str, str, str]
"""A rule, a way, a target."""


def place(notice: Notice) -> Place:
    """Where a notice belongs: those of one place are told together."""
    return notice.rule, notice.way, notice.target


def is_open(notice: Notice) -> bool:
    """Whether somebody is still needed for any of it."""
    return any(_is_open(item) for item in notice.items)


def _is_open(item: Item) -> bool:
    return item.closed_ms is None and item.event.fact.name in MATTERS


def is_live(notice: Notice) -> bool:
    """Whether anything may still become of it."""
    return notice.status in UNDER_WAY or notice.stale or (notice.status is not NoticeStatus.DROPPED and is_open(notice))


# ---- what an event means -----------------------------------------------------------------------------


def told(
    wishes: Wishes,
    event: Event,
    now: Moment,
    *,
    kind: str,
    standing: Iterable[Notice],
    last: Mapping[Place, int],
) -> list[Notice]:
    """The notices that an event makes, or is added to. `kind` is of its agent ('' where that is not known), `standing` are those
    that are live, `last` is when (ms) the newest of each place was made."""
    collecting = [each for each in standing if _collects(each)]
    found: list[Notice] = []
    for rule, way in _wanted(wishes, event, kind):
        if way not in wishes.targets:
            found.append(_nowhere(rule, way, event, wishes, now.ms))
            continue
        for target in wishes.targets[way]:
            where = (rule.name, way, target)
            here = [each for each in collecting if place(each) == where]
            into = here if rule.digest_s else [each for each in here if _is_superseded(each, event)]
            if into:
                found.append(_added(into[-1], event, now.ms))
            else:
                name = _name(wishes, event, way, target)
                made = Notice(name, way, target, rule.name, now.ms, now.ms, now.ms, (Item(event),))
                found.append(replace(made, urgency=rule.urgency, due_ms=_due(rule, event, last.get(where), now)))
    return found


def _wanted(wishes: Wishes, event: Event, kind: str) -> Iterator[tuple[NoticeRule, str]]:
    """(rule, way): for each way the first rule that wants the event; an alert goes where its own rule says as well."""
    taken: set[str] = set()
    rules = [rule for rule in wishes.rules if _matches(rule, event, kind)]
    for rule in (*rules, *_own(event)):
        for way in rule.ways:
            if way not in taken:
                taken.add(way)
                yield rule, way


def _matches(rule: NoticeRule, event: Event, kind: str) -> bool:
    session = event.fact.session
    return (
        event.fact.name in rule.on
        and (not rule.kinds or kind in rule.kinds)
        and any(fnmatchcase(session, pattern) for pattern in rule.agents)
    )


def _own(event: Event) -> Iterator[NoticeRule]:
    """The rule that an alert brings along."""
    ways = event.fact.data.get("ways")
    if event.fact.name is EventName.ALERT and isinstance(ways, Sequence) and ways:
        name = f"alert {event.fact.data.get('rule')}"
        yield NoticeRule(name, frozenset({EventName.ALERT}), tuple(map(str, ways)), urgency=Urgency.HIGH)


def _collects(notice: Notice) -> bool:
    """Whether events may still be added to it."""
    first = notice.round == 1 and not notice.escalated and not notice.text
    return first and notice.status is NoticeStatus.QUEUED and not notice.tries


def _added(notice: Notice, event: Event, now_ms: int) -> Notice:
    """The notice with that event; a newer question of the same agent stands in place of its last one."""
    items = tuple(item for item in notice.items if not _supersedes(event, item.event))
    due = notice.due_ms
    if len(items) < len(notice.items) and event.fact.data.get("approval"):
        due = min(due, max(now_ms, notice.due_ms - SETTLE_MS))
    if len(items) >= MOST_ITEMS:
        return replace(notice, more=notice.more + 1, changed_ms=now_ms)
    return replace(notice, items=(*items, Item(event)), due_ms=due, changed_ms=now_ms)


def _is_superseded(notice: Notice, event: Event) -> bool:
    return any(_supersedes(event, item.event) for item in notice.items)


def _supersedes(event: Event, older: Event) -> bool:
    names = {event.fact.name, older.fact.name}
    return names == {EventName.AGENT_WAITING} and event.fact.session == older.fact.session


def _name(wishes: Wishes, event: Event, way: str, target: str) -> str:
    return f"{wishes.source}{event.seq}.{way}.{target or '0'}"


def _due(rule: NoticeRule, event: Event, last_ms: int | None, now: Moment) -> int:
    """When it may be sent: together with what comes soon after the last one, and not in quiet hours."""
    unread = event.fact.name is EventName.AGENT_WAITING and not event.fact.data.get("approval")
    due = max(now.ms + (SETTLE_MS if unread else 0), awake_ms(rule, now))
    return due if last_ms is None else max(due, last_ms + rule.digest_s * 1000)


def _nowhere(rule: NoticeRule, way: str, event: Event, wishes: Wishes, now_ms: int) -> Notice:
    known = ", ".join(sorted(wishes.targets)) or "none"
    why = f"There is no way out named {way!r}; there are: {known}."
    made = Notice(
        _name(wishes, event, way, ""), way, "", rule.name, now_ms, now_ms, now_ms, (Item(event, closed_ms=now_ms),)
    )
    return replace(made, status=NoticeStatus.FAILED, error=why)


def awake_ms(rule: NoticeRule, now: Moment) -> int:
    """When the rule's quiet hours are over; now where there are none, or where it is urgent."""
    if rule.urgency is Urgency.HIGH or not quiet(rule.quiet, now.minute):
        return now.ms
    hours, minutes = rule.quiet.rpartition("-")[2].split(":")
    left = (int(hours) * 60 + int(minutes) - now.minute) % DAY_MINUTES
    return now.ms - now.ms % MINUTE_MS + left * MINUTE_MS


# ---- what is over ------------------------------------------------------------------------------------


def closed(event: Event, standing: Iterable[Notice]) -> list[Notice]:
    """The notices that are not what they were, because of this event: answered, or gone on without anybody.

    What was not sent yet and needs nobody any more is dropped; what was sent is stale.
    """
    return [after for notice in standing if (after := _closed(event, notice)) is not notice]


def _closed(event: Event, notice: Notice) -> Notice:
    if event.fact.name is EventName.AGENT_WAITING and _collects(notice):
        return notice  # the newer question takes the place of the older one in it
    items = tuple(_ended(item, event) for item in notice.items)
    if items == notice.items:
        return notice
    return shut(replace(notice, items=items), event.fact.at_ms)


def shut(notice: Notice, now_ms: int) -> Notice:
    """The notice once some of its items are closed."""
    if notice.status is NoticeStatus.QUEUED:
        left = tuple(item for item in notice.items if item.closed_ms is None)
        if not left:
            why = "Nobody was needed any more before it could be sent."
            return dropped(notice, why, now_ms)
        return replace(notice, items=left, changed_ms=now_ms)
    return replace(notice, stale=notice.receipt is not None, changed_ms=now_ms)


def dropped(notice: Notice, why: str, now_ms: int) -> Notice:
    """The notice, never to be sent."""
    return replace(notice, status=NoticeStatus.DROPPED, error=why, changed_ms=now_ms)


def _ended(item: Item, event: Event) -> Item:
    if not _is_open(item) or event.fact.session != item.event.fact.session or event.seq <= item.event.seq:
        return item
    outcome = _outcome(item.event, event)
    return item if outcome is None else replace(item, closed_ms=event.fact.at_ms, outcome=outcome)


def _outcome(matter: Event, event: Event) -> str | None:
    """How the matter came to its end by this event; None where it did not."""
    name, data = event.fact.name, event.fact.data
    asked = matter.fact.name is EventName.AGENT_WAITING
    if name is EventName.STATE_CHANGE:
        return None if data.get("state") in MATTERS[matter.fact.name] else f"it is {data.get('state')} now"
    if name is EventName.APPROVAL_ANSWERED and asked:
        mine = matter.fact.data.get("approval") in (None, data.get("approval"))
        return f"answered {data.get('answer')!r} by {data.get('by')}" if mine else None
    if name is EventName.AGENT_WAITING and asked:
        return "it asks something else now"
    if name is EventName.AGENT_EXITED and matter.fact.name is not EventName.AGENT_ERROR:
        return "it ended"
    return {EventName.AGENT_KILLED: "it was killed", EventName.AGENT_SPAWNED: "it was started again"}.get(name)


# ---- what time brings --------------------------------------------------------------------------------


def again(wishes: Wishes, standing: Mapping[str, Notice], now: Moment) -> list[Notice]:
    """The notices to be made, or closed, because time went by: told again, told to others, too old to be asked any more."""
    rules = {rule.name: rule for rule in wishes.rules}
    found: dict[str, Notice] = {}
    for notice in standing.values():
        rule = rules.get(notice.rule)
        if not is_open(notice) or notice.escalated:
            continue
        if notice.items[-1].event.fact.at_ms < now.ms - LONGEST_OPEN_MS:
            items = tuple(replace(item, closed_ms=item.closed_ms or now.ms) for item in notice.items)
            found[notice.id] = shut(replace(notice, items=items), now.ms)
        elif rule is not None:
            made = (*_repeated(rule, wishes, notice, now), *_escalated(rule, wishes, notice, now))
            found |= {each.id: each for each in made if each.id not in standing}
    return list(found.values())


def root(notice: Notice) -> str:
    """What the notices of the first and every further round have in common."""
    return notice.id if notice.round == 1 else notice.id.rpartition(".r")[0]


def _repeated(rule: NoticeRule, wishes: Wishes, notice: Notice, now: Moment) -> Iterator[Notice]:
    over = notice.status not in UNDER_WAY and now.ms >= notice.due_ms + rule.repeat_minutes * MINUTE_MS
    if rule.repeat_minutes and over and notice.target in wishes.targets.get(notice.way, ()):
        name = f"{root(notice)}.r{notice.round + 1}"
        made = Notice(name, notice.way, notice.target, rule.name, now.ms, now.ms, awake_ms(rule, now), _left(notice))
        yield replace(made, round=notice.round + 1, urgency=rule.urgency)


def _escalated(rule: NoticeRule, wishes: Wishes, notice: Notice, now: Moment) -> Iterator[Notice]:
    if not rule.escalate_minutes or notice.round > 1:
        return
    items = _left(notice)
    if now.ms < min(item.event.fact.at_ms for item in items) + rule.escalate_minutes * MINUTE_MS:
        return
    for way in rule.escalate_to:
        for target in wishes.targets.get(way, ()):
            name = f"{_name(wishes, notice.items[0].event, way, target)}.e"
            made = Notice(name, way, target, rule.name, now.ms, now.ms, now.ms, items)
            yield replace(made, urgency=Urgency.HIGH, escalated=True)


def _left(notice: Notice) -> tuple[Item, ...]:
    return tuple(item for item in notice.items if _is_open(item))
