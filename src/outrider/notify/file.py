"""notify.toml, checked when it is read: file, line and key of what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outrider.errors import BadSetting
from outrider.kinds.table import Source, Table
from outrider.logic.alerts import is_hours
from outrider.model.event import EventName
from outrider.model.notice import TEST, NoticeRule, Urgency, Wishes
from outrider.notify.catalogue import Surroundings, Way, way
from outrider.notify.secrets import Secrets

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
LONGEST_DIGEST_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What the file says: the ways out by name, the rules in order. `files` are those that it was read from; `inline` says that
    secrets stand in it."""

    ways: Mapping[str, Way] = field(default_factory=dict)
    rules: tuple[NoticeRule, ...] = ()
    files: tuple[Path, ...] = ()
    inline: bool = False

    def wishes(self, source: str) -> Wishes:
        """The part of it that decides."""
        return Wishes(self.rules, {name: each.out.targets for name, each in self.ways.items()}, source)


def load(path: Path, around: Surroundings) -> Arrangement:
    """What the file says; an empty arrangement where there is none. BadSetting where it cannot be used."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Arrangement(files=(path,))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        raise BadSetting(f"{path} cannot be read: {why}.") from None
    return parse(text, path, around)


def parse(text: str, path: Path, around: Surroundings) -> Arrangement:
    """The arrangement in this text."""
    source = Source(str(path), text)
    table = Table(source, "", source.data)
    secrets = Secrets(path.parent, around.environ, elsewhere=around.elsewhere)
    try:
        given = table.table("ways")
        ways = {name: _way(name, given, raw, secrets, around) for name, raw in _raw(source).items()}
        quiet = _hours(table)
        rules = tuple(_rule(n, each, ways, quiet) for n, each in enumerate(table.tables("rules"), 1))
        table.finish()
    except BadSetting as error:
        # What was read for it is looked at again as well: the fault may be in there.
        raise BadSetting(error.message, detail={**error.detail, "files": [path, *secrets.files]}) from None
    for number, rule in enumerate(rules):
        if rule.name in {each.name for each in rules[:number]}:
            raise source.bad(f"rules[{number}].name", f"there are two rules named {rule.name!r}.")
    return Arrangement(ways, rules, (path, *secrets.files), secrets.inline)


def _raw(source: Source) -> Mapping[str, Mapping[str, object]]:
    found = source.data.get("ways", {})
    assert isinstance(found, dict), "its shape was checked"
    return found


def _way(name: str, ways: Table, raw: Mapping[str, object], secrets: Secrets, around: Surroundings) -> Way:
    table = ways.table(name)
    if NAME.fullmatch(name) is None:
        raise ways.bad(name, "a way's name should be letters, digits, dashes and underscores, at most 32.")
    return way(name, table, raw, secrets, around)


def _rule(number: int, table: Table, ways: Mapping[str, Way], quiet: str) -> NoticeRule:
    rule = NoticeRule(
        name=table.text("name", f"rule {number}"),
        on=_events(table),
        ways=_ways(table, "ways", ways, tuple(ways)),
        agents=table.words("agents", ("*",)),
        kinds=frozenset(table.words("kinds")),
        urgency=table.choice("urgency", Urgency, Urgency.NORMAL),
        quiet=_hours(table, quiet),
        repeat_minutes=table.number("repeat_minutes", 0),
        escalate_minutes=table.number("escalate_minutes", 0),
        escalate_to=_ways(table, "escalate_to", ways, ()),
        digest_s=table.number("digest_s", 10),
    )
    table.finish()
    if rule.name == TEST or rule.name.startswith("alert "):
        raise table.bad("name", f"{rule.name!r} is what other notices go by; choose another name.")
    if bool(rule.escalate_minutes) != bool(rule.escalate_to):
        raise table.bad("escalate_minutes", "escalate_minutes and escalate_to belong together.")
    if rule.digest_s > LONGEST_DIGEST_S:
        raise table.bad("digest_s", "should be at most a day.")
    if not rule.ways:
        raise table.bad("ways", "there is no way out to tell by: write a [ways.NAME] table first.")
    return rule


def _events(table: Table) -> frozenset[EventName]:
    names = table.words("on", None)
    known = [name.value for name in EventName]
    for name in names:
        if name not in known:
            raise table.bad("on", f"there is no event {name!r}; there are: {', '.join(known)}.")
    if not names:
        raise table.bad("on", f"should name events: {', '.join(known)}.")
    return frozenset(EventName(name) for name in names)


def _ways(table: Table, key: str, ways: Mapping[str, Way], default: tuple[str, ...]) -> tuple[str, ...]:
    names = table.words(key, default)
    for name in names:
        if name not in ways:
            raise table.bad(key, f"there is no way out {name!r}; there are: {', '.join(ways) or 'none'}.")
    return tuple(dict.fromkeys(names))


def _hours(table: Table, default: str = "") -> str:
    hours = table.text("quiet", default)
    if hours and not is_hours(hours):
        raise table.bad("quiet", f"should be two times of day such as 22:00-07:00, or empty; not {hours[:40]!r}.")
    return hours
