"""Kinds from TOML files: ours in the package, the user's beside their settings; checked when they are read."""

import re
from collections.abc import Iterable
from dataclasses import fields

from outrider.kinds.table import Raw, Source, Table
from outrider.logic import keys
from outrider.logic.launching import CONVERSATION
from outrider.logic.screen import BUILT_IN
from outrider.logic.stuck import Thresholds
from outrider.model.kind import (
    STATUS,
    Announces,
    By,
    Calm,
    Caveat,
    Composer,
    Kind,
    LaunchSpec,
    Method,
    Pick,
    Region,
    Rule,
    Side,
    Signs,
    Stop,
    Typing,
)
from outrider.model.state import Confidence, Detail, ErrorClass, State

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SHELL = "{shell}"
TEMPLATED = frozenset(field.name for field in fields(Detail)) - {"options", "resets_at_ms"}
SLOT = re.compile(r"\{(\w+)\}")


def parse(text: str, origin: str, known: "dict[str, Raw] | None" = None, *, trusted: bool = False) -> Kind:
    """The kind in this text. `origin` is the file's name in messages, `known` the raw kinds that it may extend.

    `trusted` leaves out the test for slow patterns. Raises BadSetting with file, line and key.
    """
    source = Source(origin, text)
    return _kind(source, _merged(source, known or {}), trusted=trusted)


def _merged(source: Source, known: dict[str, Raw]) -> Raw:
    base_name = source.data.get("extends")
    if base_name is None:
        return source.data
    if not isinstance(base_name, str) or base_name not in known:
        raise source.bad(
            "extends", f"{base_name!r} is no kind that can be extended; known: {', '.join(sorted(known))}."
        )
    merged: Raw = dict(known[base_name])
    for key, value in source.data.items():
        merged[key] = _overlaid(merged.get(key), value)
    del merged["extends"]
    return merged


def _overlaid(below: object, above: object) -> object:
    """A table's keys replace those of the one below; a list's items with an id (or name) replace their like, new ones go first."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **above}
    if isinstance(below, list) and isinstance(above, list) and all(isinstance(item, dict) for item in above):
        mine = {item.get("id", item.get("name")): item for item in above}
        theirs = [item.get("id", item.get("name")) for item in below if isinstance(item, dict)]
        fresh = [item for item in above if item.get("id", item.get("name")) not in theirs]
        kept = [mine.get(item.get("id", item.get("name")), item) if isinstance(item, dict) else item for item in below]
        return [*fresh, *kept]
    return above


def _kind(source: Source, data: Raw, *, trusted: bool) -> Kind:
    table = Table(source, "", data, trusted=trusted)
    name = table.text("name")
    if not NAME.fullmatch(name):
        raise table.bad("name", f"{name!r} must be a lower-case word of letters, digits, - and _.")
    regions = tuple(_region(each) for each in table.tables("regions"))
    _check_regions(table, regions)
    places = {*BUILT_IN, *(region.name for region in regions)}
    kind = Kind(
        name=name,
        label=table.text("label", name),
        origin=source.name,
        launch=_launch(table.table("launch")),
        version=table.text("version", ""),
        channel=table.text("channel", ""),
        shell=table.flag("shell"),
        banner=_banner(table),
        signs=_signs(table.table("signs")),
        regions=regions,
        rules=tuple(_rule(each, places) for each in table.tables("rules")),
        titles=tuple(_rule(each, places, title=True) for each in table.tables("titles")),
        composer=_composer(table.table("composer"), places),
        typing=_typing(table.table("typing")),
        stop=_stop(table.table("stop")),
        calm=_calm(table.table("calm")),
        stuck=_stuck(table.table("stuck")),
        announces=_announces(table.table("announces")),
    )
    table.finish()
    _check_ids(table, kind)
    return kind


def _banner(table: Table) -> re.Pattern[str] | None:
    banner = table.pattern("banner", re.MULTILINE)
    if banner is not None and "version" not in banner.groupindex:
        raise table.bad("banner", "must have a group for the version: (?P<version>...).")
    return banner


def _check_regions(table: Table, regions: tuple[Region, ...]) -> None:
    seen = set(BUILT_IN)
    for n, region in enumerate(regions):
        if region.name in seen:
            raise table.bad(f"regions[{n}].name", f"{region.name!r} is there already.")
        for key, names in (("within", (region.within,) if region.within else ()), ("without", region.without)):
            for name in names:
                if name not in seen:
                    raise table.bad(
                        f"regions[{n}].{key}", f"{name!r} is no region above this one; known: {_list(seen)}."
                    )
        seen.add(region.name)


def _check_ids(table: Table, kind: Kind) -> None:
    seen: set[str] = set()
    for key, rules in (("rules", kind.rules), ("titles", kind.titles)):
        for n, rule in enumerate(rules):
            if rule.id in seen:
                raise table.bad(f"{key}[{n}].id", f"{rule.id!r} is there already.")
            seen.add(rule.id)


def _region(table: Table) -> Region:
    region = Region(
        name=table.text("name"),
        within=table.text("within", ""),
        side=table.choice("side", Side, Side.IN),
        fence=table.pattern("fence"),
        start=table.pattern("start"),
        end=table.pattern("end"),
        closed=table.flag("closed"),
        open=table.flag("open"),
        pick=table.choice("pick", Pick, Pick.LAST),
        rows=table.number("rows", 0),
        without=table.words("without"),
    )
    table.finish()
    return region


def _rule(table: Table, places: set[str], *, title: bool = False) -> Rule:
    pattern = table.compiled("pattern", table.text("pattern"), re.MULTILINE)
    where = {name: table.compiled(f"where.{name}", text, re.MULTILINE) for name, text in table.texts("where").items()}
    rule = Rule(
        id=table.text("id"),
        state=table.choice("state", State),
        region="title" if title else table.text("region"),
        pattern=pattern,
        unless=table.pattern("unless", re.MULTILINE),
        where=where,
        by=table.choice("by", By, By.RULE),
        detail=table.texts("detail"),
        confidence=table.choice("confidence", Confidence, Confidence.HIGH),
    )
    if not title:
        for key, name in (("region", rule.region), *((f"where.{name}", name) for name in where)):
            if name not in places:
                raise table.bad(key, f"there is no region {name!r}; known: {_list(places)}.")
    _check_detail(table, rule)
    table.finish()
    return rule


def _check_detail(table: Table, rule: Rule) -> None:
    groups = {*rule.pattern.groupindex, *(group for pattern in rule.where.values() for group in pattern.groupindex)}
    for name, template in rule.detail.items():
        key = f"detail.{name}"
        if name not in TEMPLATED:
            raise table.bad(key, f"there is no such field; known: {_list(TEMPLATED)}.")
        for slot in SLOT.findall(template):
            if slot not in groups:
                raise table.bad(key, f"no group {slot!r} in the pattern; it has: {_list(groups) or 'none'}.")
        if "{" in SLOT.sub("", template) or "}" in SLOT.sub("", template):
            raise table.bad(key, "braces stand for groups only: {name}.")
    error = rule.detail.get("error")
    if error is not None and error not in {each.value for each in ErrorClass}:
        raise table.bad("detail.error", f"{error!r} is not known; one of: {_list(each.value for each in ErrorClass)}.")
    if rule.detail.get("retrying", "true") not in ("true", "false"):
        raise table.bad("detail.retrying", 'must be "true" or "false".')


def _launch(table: Table) -> LaunchSpec:
    launch = LaunchSpec(
        argv=table.words("argv"),
        install=table.text("install", ""),
        model_flag=table.words("model_flag"),
        auto=table.lists("auto"),
        env=table.texts("env"),
        unset=table.words("unset"),
        resume=_resume(table),
        version=table.words("version"),
        state=table.words("state"),
    )
    table.finish()
    return launch


def _resume(table: Table) -> tuple[str, ...]:
    words = table.words("resume")
    if words and not any(CONVERSATION in word for word in words):
        raise table.bad("resume", f"one of the words must hold {CONVERSATION}, or another conversation might go on.")
    return words


def _signs(table: Table) -> Signs:
    signs = Signs(programs=table.words("programs"), argv=table.patterns("argv"), titles=table.patterns("titles"))
    table.finish()
    return signs


def _composer(table: Table, places: set[str]) -> Composer:
    composer = Composer(
        region=table.text("region", "composer"),
        prompt=table.pattern("prompt"),
        placeholder=table.pattern("placeholder"),
        ghost_dim=table.flag("ghost_dim"),
        ghost_coloured=table.flag("ghost_coloured"),
        echo=table.flag("echo"),
        pasted=table.pattern("pasted"),
        tab=table.text("tab", ""),
    )
    if composer.prompt is not None and composer.region not in places:
        raise table.bad("region", f"there is no region {composer.region!r}; known: {_list(places)}.")
    table.finish()
    return composer


def _typing(table: Table) -> Typing:
    usual = Typing()
    typing = Typing(
        method=table.choice("method", Method, usual.method),
        before=_keys(table, "before"),
        settle_ms=table.number("settle_ms", usual.settle_ms),
        guard_leading=table.words("guard_leading"),
        guard_backslash=table.flag("guard_backslash"),
        tab_blanks=table.number("tab_blanks", usual.tab_blanks),
        refused=tuple(_caveat(each) for each in table.tables("refused")),
        altered=tuple(_caveat(each) for each in table.tables("altered")),
        submit=table.words("submit", usual.submit),
        clear=table.words("clear", usual.clear),
        patience_ms=table.number("patience_ms", usual.patience_ms),
        intake_ms=table.number("intake_ms", 0),
        queues=table.flag("queues"),
        draft_rows=table.number("draft_rows", 0),
    )
    table.finish()
    return typing


def _keys(table: Table, name: str) -> tuple[str, ...]:
    pressed = table.words(name)
    unknown = next((each for each in pressed if not keys.known(each)), None)
    if unknown is not None:
        raise table.bad(name, f"{unknown!r} is no key of tmux, whose names are such as C-e, Escape or Up.")
    return pressed


def _caveat(table: Table) -> Caveat:
    caveat = Caveat(table.compiled("pattern", table.text("pattern"), 0), table.text("why"))
    table.finish()
    return caveat


def _stop(table: Table) -> Stop:
    usual = Stop()
    stop = Stop(
        interrupt=table.words("interrupt", usual.interrupt),
        quit_keys=table.words("quit_keys", usual.quit_keys),
        apart_ms=table.number("apart_ms", usual.apart_ms),
    )
    table.finish()
    return stop


def _calm(table: Table) -> Calm:
    usual = Calm()
    calm = Calm(shown_ms=table.number("shown_ms", usual.shown_ms), absent_ms=table.number("absent_ms", usual.absent_ms))
    table.finish()
    return calm


def _announces(table: Table) -> Announces:
    words = table.table("states")
    states = {word: words.choice(word, State) for word in table.texts("states")}
    announces = Announces(table.number("osc", 0), table.text("app", ""), states or STATUS)
    if announces.osc and not announces.app:
        raise table.bad("app", "must name the program whose reports count.")
    table.finish()
    return announces


def _stuck(table: Table) -> dict[str, float]:
    unset = 1 << 62
    found = {field.name: table.number(field.name, unset) for field in fields(Thresholds)}
    table.finish()
    return {name: float(value) for name, value in found.items() if value != unset}


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
