"""Rules on a screen: what it says about the agent.

In come a kind's rules and one screen; out come readings, best first, each with the rule that spoke and the row it matched.
What the verdict is, is decided in `fuse`, where other sources are heard, too.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from outrider.logic import dialog, failure
from outrider.logic.screen import Layout
from outrider.logic.tools import of_command, of_tool
from outrider.model.kind import By, Kind, Rule
from outrider.model.pane import Screen
from outrider.model.state import NO_DETAIL, Detail, ErrorClass, Reading, Source

LONGEST = 200
BLANKS = re.compile(r"\s+")


def read(kind: Kind, screen: Screen) -> tuple[Reading, ...]:
    """What every rule that matches says, in the order of the kind's file; empty where none does."""
    return spoken(kind, Layout(screen, kind.regions), screen.taken_ms)


def spoken(kind: Kind, layout: Layout, at_ms: int) -> tuple[Reading, ...]:
    """The same for a screen that is already cut into regions."""
    there = [rule for rule in kind.rules if rule.region in layout.found]
    found = (_apply(rule, layout, at_ms) for rule in there)
    return tuple(reading for reading in found if reading is not None)


def title(kind: Kind, pane_title: str, at_ms: int) -> Reading | None:
    """What the pane's title says, or None where the kind's titles say nothing."""
    for rule in kind.titles:
        match = rule.pattern.search(pane_title)
        if match and not (rule.unless and rule.unless.search(pane_title)):
            detail = _detail(rule.detail, match.groupdict(""))
            return Reading(Source.TITLE, rule.state, rule.id, _line(pane_title), at_ms, detail)
    return None


def version(kind: Kind, screen: Screen) -> str | None:
    """The agent's version where its banner is on the screen, else None."""
    match = kind.banner.search("\n".join(screen.rows)) if kind.banner is not None else None
    return match["version"] if match is not None else None


def _apply(rule: Rule, layout: Layout, at_ms: int) -> Reading | None:
    # The conditions come first: many rules share them, they look at small regions, and mostly one of them fails.
    others: list[re.Match[str]] = []
    for region, pattern in rule.where.items():
        also = _search(pattern, layout, region)
        if also is None:
            return None
        others.append(also)
    match = _search(rule.pattern, layout, rule.region)
    if match is None or (rule.unless is not None and _search(rule.unless, layout, rule.region)):
        return None
    groups = {name: said for each in (*others, match) for name, said in each.groupdict("").items()}
    text = match.string
    detail = _detail(rule.detail, groups)
    shown = _line(match.group() or text)
    return _exact(rule, Reading(Source.SCREEN, rule.state, rule.id, shown, at_ms, detail), text)


def _search(pattern: re.Pattern[str], layout: Layout, region: str) -> re.Match[str] | None:
    """The first match in a region, asked once while that reads the same; None also where the region is not there.

    A pattern that can only match at the start of a row is tried nowhere else: that is most of what searching costs.
    """
    memory = layout.found.get(region)
    if memory is None:
        return None
    key = id(pattern)
    if key in memory:
        return memory[key]
    text = layout.text(region) or ""
    match: re.Match[str] | None = None
    if _at_rows(pattern):
        for start in layout.starts(region):
            match = pattern.match(text, start)
            if match:
                break
    else:
        match = pattern.search(text)
    memory[key] = match
    return match


@cache
def _at_rows(pattern: re.Pattern[str]) -> bool:
    """Whether each of the pattern's alternatives begins with `^`."""
    depth, escaped, in_class = 0, False, False
    starts = [0]
    for at, char in enumerate(pattern.pattern):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            starts.append(at + 1)
    return all(pattern.pattern.startswith("^", start) for start in starts)


def _exact(rule: Rule, reading: Reading, text: str) -> Reading:
    detail = reading.detail
    match rule.by:
        case By.COMMAND if detail.command:
            return replace(reading, state=of_command(detail.command))
        case By.TOOL if detail.tool:
            state, found = of_tool(detail.tool, {"command": detail.command or "", "file_path": detail.file or ""})
            return replace(reading, state=state, detail=_joined(detail, found))
        case By.DIALOG:
            shown = dialog.read(text.split("\n"))
            if shown is not None:
                question = detail.question or shown.question
                return replace(reading, detail=replace(detail, question=question, options=shown.options))
        case By.FAILURE if detail.message:
            return replace(reading, detail=replace(detail, error=failure.of_words(detail.message) or detail.error))
    return reading


def _joined(detail: Detail, more: Detail) -> Detail:
    return replace(
        detail,
        tool=detail.tool or more.tool,
        command=detail.command or more.command,
        file=detail.file or more.file,
    )


def _detail(templates: Mapping[str, str], groups: Mapping[str, str]) -> Detail:
    """The templates filled in; a field whose template comes out blank stays unset."""
    if not templates:
        return NO_DETAIL
    said = {name: _line(template.format_map(groups)) for name, template in templates.items()}
    error, retrying = said.get("error"), said.get("retrying")
    return Detail(
        tool=said.get("tool") or None,
        command=said.get("command") or None,
        file=said.get("file") or None,
        question=said.get("question") or None,
        error=ErrorClass(error) if error else None,
        retrying=retrying == "true" if retrying else None,
        reason=said.get("reason") or None,
        message=said.get("message") or None,
    )


def _line(text: str) -> str:
    return BLANKS.sub(" ", text).strip()[:LONGEST]
