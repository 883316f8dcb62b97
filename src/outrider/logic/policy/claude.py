"""A policy as Claude Code's own permission settings: only what means exactly the same there.

Its rules know commands by their first words and paths without our always-ask list, and it lets some reads pass without a
word. So every tool on which this policy has an opinion that depends on the call is `ask` there: the PermissionRequest hook then
brings the call here. Allowed and denied there is only what is so for every call, and commands that a rule denies by their first
words alone, with no rule before it that might say otherwise: those Claude Code refuses by itself, also while no daemon runs.
"""

import re
from collections.abc import Iterator, Mapping

from outrider.logic.policy.asked import Kind, kind_of
from outrider.logic.policy.rules import Policy, Rule, Verdict

_TOOLS = ("Bash", "Read", "Glob", "Grep", "Edit", "MultiEdit", "Write", "NotebookEdit", "WebFetch", "WebSearch")
MOST_COMMANDS = "Bash(* *)"
"""Claude Code 2.1.197 looks at an `ask` for a whole tool before what is denied of it: it would ask instead of refusing. This is every
command of several words; one of a single word is asked there anyway unless it only looks."""
_NAME = re.compile(r"[A-Za-z]\w*")
Permissions = Mapping[str, Mapping[str, list[str]]]


def compile_claude(policy: Policy) -> Permissions:
    """`{"permissions": {"allow": […], "deny": […], "ask": […]}}`, to be merged into the settings of one spawn."""
    found: dict[Verdict, list[str]] = {Verdict.ALLOW: [], Verdict.DENY: [], Verdict.ASK: []}
    named = [tool for rule in policy.rules for tool in rule.tools if _NAME.fullmatch(tool)]
    for tool in dict.fromkeys((*_TOOLS, *named)):
        verdict = _always(policy, tool)
        if verdict is Verdict.ALLOW and kind_of(tool) is not Kind.OTHER:
            verdict = Verdict.ASK
        if kind_of(tool) is not Kind.QUESTION:
            found[verdict].append(tool)
    commands = list(_denied_commands(policy))
    found[Verdict.DENY] += commands
    if commands and "Bash" in found[Verdict.ASK]:
        found[Verdict.ASK][found[Verdict.ASK].index("Bash")] = MOST_COMMANDS
    return {"permissions": {verdict.value: tools for verdict, tools in found.items()}}


def _denied_commands(policy: Policy) -> Iterator[str]:
    """`Bash(git push:*)` for each pattern of words alone; what it is to Claude Code is what it is here."""
    for number, rule in enumerate(policy.rules):
        if rule.verdict is not Verdict.DENY or not rule.commands or not _unconditional(rule):
            continue
        if rule.tools and "Bash" not in rule.tools:
            continue
        for pattern in rule.commands:
            words = pattern.text.split()[: -1 if pattern.rest else None]
            free = not any(_may_decide(earlier, words[0]) for earlier in policy.rules[:number])
            if free and all(re.fullmatch(r"[\w./=+-]+", word) for word in words):
                yield f"Bash({' '.join(words)}{':*' if pattern.rest else ''})"


def _unconditional(rule: Rule) -> bool:
    return not (rule.without or rule.paths or rule.access) and rule.network is None


def _may_decide(rule: Rule, program: str) -> bool:
    """Whether the rule may be the first to hold for a command of that program, and allows or asks."""
    if rule.verdict is Verdict.DENY or (rule.tools and not any(tool in ("Bash", "*") for tool in rule.tools)):
        return False
    return not rule.commands or any(pattern.words[0].fullmatch(program) for pattern in rule.commands)


def _always(policy: Policy, tool: str) -> Verdict:
    """What the policy says of every call of the tool; ASK where that depends on the call."""
    for rule in policy.rules:
        if _speaks(rule, tool):
            return rule.verdict if _unconditional(rule) and not rule.commands else Verdict.ASK
    return policy.default


def _speaks(rule: Rule, tool: str) -> bool:
    if rule.commands and kind_of(tool) is not Kind.RUN:
        return False
    return not rule.tools or any(re.fullmatch(each.replace("*", ".*").replace("?", "."), tool) for each in rule.tools)
