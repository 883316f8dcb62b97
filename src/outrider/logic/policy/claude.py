"""A policy as Claude Code's own permission settings: only what means exactly the same there.

Its rules know commands by their first words and paths without our always-ask list, and it lets some reads pass without a
word. So every tool on which this policy has an opinion that depends on the call is `ask` there: the PermissionRequest hook then
brings the call here. Allowed and denied there is only what is so for every call.
"""

import re
from collections.abc import Mapping

from outrider.logic.policy.asked import Kind, kind_of
from outrider.logic.policy.rules import Policy, Rule, Verdict

_TOOLS = ("Bash", "Read", "Glob", "Grep", "Edit", "MultiEdit", "Write", "NotebookEdit", "WebFetch", "WebSearch")
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
    return {"permissions": {verdict.value: tools for verdict, tools in found.items()}}


def _always(policy: Policy, tool: str) -> Verdict:
    """What the policy says of every call of the tool; ASK where that depends on the call."""
    for rule in policy.rules:
        if _speaks(rule, tool):
            plain = not (rule.commands or rule.without or rule.paths or rule.access or rule.network is not None)
            return rule.verdict if plain else Verdict.ASK
    return policy.default


def _speaks(rule: Rule, tool: str) -> bool:
    if rule.commands and kind_of(tool) is not Kind.RUN:
        return False
    return not rule.tools or any(re.fullmatch(each.replace("*", ".*").replace("?", "."), tool) for each in rule.tools)
