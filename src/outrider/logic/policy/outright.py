"""What a policy says outright: of a tool, whatever the call, and of a command, by its first words alone.

Only this can be said in an agent's own permission settings, which know neither our always-ask list nor paths behind links.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outrider.logic.policy.asked import Kind, kind_of
from outrider.logic.policy.rules import Access, Policy, Rule, Side, Verdict

_NAME = re.compile(r"[A-Za-z]\w*")
_PLAIN = re.compile(r"[\w./=+-]+")
READING = ("Read", "Glob", "Grep", "LS")
TOUCHING = ("Bash", "Read", "Glob", "Grep", "Edit", "MultiEdit", "Write", "NotebookEdit", "WebFetch", "WebSearch")


@dataclass(frozen=True, slots=True)
class Denied:
    """A command that is denied: these words, and anything behind them where there is a `rest`."""

    words: tuple[str, ...]
    rest: bool


def tools(policy: Policy) -> tuple[str, ...]:
    """The tools that settings must speak of, by Claude Code's names: those that touch something, and those that rules name."""
    named = [tool for rule in policy.rules for tool in rule.tools if _NAME.fullmatch(tool)]
    return tuple(dict.fromkeys((*TOUCHING, *named)))


def of_tool(policy: Policy, tool: str) -> Verdict:
    """What holds for every call of the tool; ASK where that depends on the call, and where the tool touches anything."""
    verdict = next((_said(rule) for rule in policy.rules if _speaks(rule, tool)), policy.default)
    return Verdict.ASK if verdict is Verdict.ALLOW and kind_of(tool) is not Kind.OTHER else verdict


def reads_freely(policy: Policy) -> bool:
    """Whether it lets every file of the work tree be read but those that hold secrets."""
    for tool in READING:
        first = next((rule for rule in policy.rules if _speaks(rule, tool) and rule.access is not Access.WRITE), None)
        if first is None or first.verdict is not Verdict.ALLOW or first.paths not in (None, Side.INSIDE):
            return False
    return True


def denied_commands(policy: Policy) -> Iterator[Denied]:
    """Those that a rule denies by words alone, with no rule before it that might say otherwise."""
    for number, rule in enumerate(policy.rules):
        if rule.verdict is not Verdict.DENY or not rule.commands or not _unconditional(rule):
            continue
        if rule.tools and "Bash" not in rule.tools:
            continue
        for pattern in rule.commands:
            words = tuple(pattern.text.split()[: -1 if pattern.rest else None])
            free = not any(_may_decide(earlier, words[0]) for earlier in policy.rules[:number])
            if free and all(_PLAIN.fullmatch(word) for word in words):
                yield Denied(words, pattern.rest)


def _said(rule: Rule) -> Verdict:
    return rule.verdict if _unconditional(rule) and not rule.commands else Verdict.ASK


def _unconditional(rule: Rule) -> bool:
    return not (rule.without or rule.paths or rule.access) and rule.network is None


def _may_decide(rule: Rule, program: str) -> bool:
    """Whether the rule may be the first to hold for a command of that program, and allows or asks."""
    if rule.verdict is Verdict.DENY or (rule.tools and not any(tool in ("Bash", "*") for tool in rule.tools)):
        return False
    return not rule.commands or any(pattern.words[0].fullmatch(program) for pattern in rule.commands)


def _speaks(rule: Rule, tool: str) -> bool:
    if rule.commands and kind_of(tool) is not Kind.RUN:
        return False
    return not rule.tools or any(re.fullmatch(each.replace("*", ".*").replace("?", "."), tool) for each in rule.tools)
