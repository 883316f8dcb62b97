"""Whether a rule, or a part of it, can never decide by what it says itself. It is said only where that is certain."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from outrider.logic.policy.asked import KNOWN, RUNNING, Kind, kind_of
from outrider.logic.policy.naming import plain
from outrider.logic.policy.programs import ALWAYS, SUBCOMMANDS
from outrider.logic.policy.rules import CommandPattern, Hazard, Rule, Verdict, glob
from outrider.logic.policy.runs import option

EXCEPTED = frozenset({"curl", "trap", "outrider"})
"""Programs that are always asked, but for some of what they may be told."""
_CODE = frozenset({("python", "-c"), ("node", "-e"), ("node", "--eval"), ("perl", "-e"), ("ruby", "-e"), ("php", "-r")})
Complaint = tuple[str, str]
"""The key that is wrong, and why, a sentence."""


def complaints(rule: Rule) -> Iterator[Complaint]:
    """What is wrong with the rule."""
    if rule.commands and rule.tools and not any(glob(tool).fullmatch(name) for tool in rule.tools for name in RUNNING):
        yield "commands", "none of its `tools` runs a command; leave the one or the other out."
    for pattern in rule.commands:
        yield from _named(pattern)
        yield from _excluded(pattern, rule.without)
        if rule.verdict is Verdict.ALLOW and (hazard := _hazard(pattern)) not in (None, *rule.overrides):
            yield "commands", _passed_over(repr(pattern.text), hazard)
    if rule.commands and all(_has_only(pattern, rule.without) for pattern in rule.commands):
        yield "without", "it has the program itself; `without` speaks of the words behind it."
    if rule.verdict is Verdict.ALLOW and not rule.commands:
        yield from _tools(rule)


def doubts(rules: Iterable[Rule]) -> Iterator[str]:
    """Sentences on tools that no agent is known to have and that look like one that is; kinds may have tools of their own."""
    for rule in rules:
        for tool in rule.tools:
            near = [] if tool in KNOWN or "*" in tool or "?" in tool else get_close_matches(tool, KNOWN, 1, 0.75)
            if near:
                yield f"{rule.file}:{rule.line}: rule {rule.name!r}: no tool {tool!r} is known; is {near[0]!r} meant?"


def _named(pattern: CommandPattern) -> Iterator[Complaint]:
    first = pattern.text.split()[0]
    if "*" in first or "?" in first:
        return
    if "/" in first and not first.startswith("./"):
        name = plain(first.rpartition("/")[2])
        why = f"no program is called {first!r} here: write {name!r}, or `./PATH` for one of the work tree."
        yield "commands", why
    elif plain(first) != first:
        yield "commands", f"no program is called {first!r} here: write {plain(first)!r}, which stands for it too."


def _excluded(pattern: CommandPattern, without: tuple[str, ...]) -> Iterator[Complaint]:
    for word in _literal(pattern)[1:]:
        for each in without:
            if option(word, each) if each.startswith("-") and "*" not in each else glob(each).fullmatch(word):
                yield "without", f"{each!r} keeps the pattern {pattern.text!r} from ever holding."
                return


def _has_only(pattern: CommandPattern, without: tuple[str, ...]) -> bool:
    """Whether its program is excluded, and no other word can be."""
    words = pattern.text.split()
    return words[0] in without and not pattern.rest and len(_literal(pattern)) == len(words)


def _hazard(pattern: CommandPattern) -> Hazard | None:
    words = _fixed(pattern)
    if not words:
        return None
    if words[0] not in EXCEPTED and words[0] in ALWAYS:
        return ALWAYS[words[0]]
    if tuple(words[:2]) in _CODE:
        return Hazard.CODE
    line = " ".join(words) + " "
    return next((hazard for start, hazard in SUBCOMMANDS if line.startswith(f"{start} ")), None)


def _tools(rule: Rule) -> Iterator[Complaint]:
    for tool in rule.tools:
        kind = kind_of(tool)
        if kind is Kind.QUESTION:
            yield "tools", f"{tool!r} puts a question to a person, and is asked whatever a rule says."
        elif kind is Kind.NETWORK and Hazard.NETWORK not in rule.overrides:
            yield "tools", _passed_over(repr(tool), Hazard.NETWORK)


def _passed_over(what: str, hazard: Hazard | None) -> str:
    return f'{what} is always asked, so this rule is passed over; to let it pass: overrides = ["{hazard}"].'


def _literal(pattern: CommandPattern) -> list[str]:
    words = pattern.text.split()[: -1 if pattern.rest else None]
    return [word for word in words if "*" not in word and "?" not in word]


def _fixed(pattern: CommandPattern) -> list[str]:
    """Its words up to the first that is open."""
    found: list[str] = []
    for word in pattern.text.split()[: -1 if pattern.rest else None]:
        if "*" in word or "?" in word:
            break
        found.append(word)
    return found
