"""The decision: every part of a request on its own, the strictest of them for the whole.

Total and quick on any text: what cannot be read, or would take long, is asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from outrider.logic.bash.grammar import parse
from outrider.logic.bash.tree import Unsure
from outrider.logic.policy import git
from outrider.logic.policy.asked import Kind, kind_of
from outrider.logic.policy.hazards import findings
from outrider.logic.policy.naming import name_of
from outrider.logic.policy.places import PUBLIC, SINKS, absolute, control, inside, secret, within
from outrider.logic.policy.programs import NETWORK
from outrider.logic.policy.rules import Access, Context, Decision, Hazard, Policy, Request, Rule, Side, Verdict, glob
from outrider.logic.policy.runs import Arg, Run, option
from outrider.logic.policy.touches import Touch, touches
from outrider.logic.policy.walk import Walk

_ORDER = (Verdict.ALLOW, Verdict.ASK, Verdict.DENY)
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class _Case:
    """One thing to decide on: what rules look at. `words` are the program's name and its arguments; empty for other tools."""

    part: str
    tool: str
    words: tuple[str, ...]
    touched: tuple[Touch, ...]
    found: tuple[tuple[Hazard, str], ...]
    network: bool = False
    free: str = ""
    """Why it needs no rule of its own, where it does not."""


def decide(policy: Policy, request: Request, context: Context) -> Decision:
    """What becomes of the request. Never raises; `parts` has a decision for each program of a command."""
    kind = kind_of(request.tool)
    if kind is not Kind.RUN:
        return _judged(policy, _of_tool(request, kind, context), context)
    if request.command is None:
        return _unclear(request.tool, "there is no command to look at")
    tree = parse(request.command)
    if isinstance(tree, Unsure):
        return _unclear(request.command, f"the command cannot be read with certainty: {tree.message}")
    walk = Walk(context, name_of)
    try:
        walk.node(tree, frozenset({context.workdir}), {})
    except Unsure as unsure:
        return _unclear(request.command, f"the command cannot be read with certainty: {unsure.message}")
    cases = [_of_run(run, request.tool, context, walk.functions) for run in walk.runs]
    parts = tuple(dict.fromkeys(_judged(policy, case, context) for case in cases))
    if not parts:
        return Decision(Verdict.ALLOW, "nothing to run", "", 0, "", "the command starts nothing")
    worst = max(parts, key=lambda part: _ORDER.index(part.verdict))
    return replace(worst, parts=parts)


def _unclear(text: str, why: str) -> Decision:
    return Decision(Verdict.ASK, f"always-ask: {Hazard.UNCLEAR}", "", 0, text[:_SHOWN], f"{why}.", Hazard.UNCLEAR)


def _of_run(run: Run, tool: str, context: Context, functions: set[str]) -> _Case:
    name = name_of(run, context) if run.argv else ":"
    if name == "git":
        run = git.plain(run)
    touched = touches(run, name, context)
    found = findings(run, name, touched, context)
    free = ""
    if run.argv and run.argv[0].text in functions:
        free = "it is a function of the command itself"
    elif run.wrapper and name != "find":
        free = "what it starts is decided on its own"
    words = (name, *run.words)
    network = name in NETWORK or " ".join(words[:2]) in NETWORK
    return _Case(run.text[:_SHOWN], tool, words, touched, found, network, free)


def _of_tool(request: Request, kind: Kind, context: Context) -> _Case:
    found: list[tuple[Hazard, str]] = []
    touched: list[Touch] = []
    if kind is Kind.QUESTION:
        found.append((Hazard.UNCLEAR, "it is a question to a person"))
    if kind in (Kind.READ, Kind.WRITE):
        access = Access.READ if kind is Kind.READ else Access.WRITE
        if request.path is None and kind is Kind.WRITE:
            found.append((Hazard.UNCLEAR, "it does not say which file is written"))
        arg = Arg(request.path or context.workdir)
        path = absolute(arg, context.workdir, context)
        side = None if path is None else Side.INSIDE if inside(path, context) else Side.OUTSIDE
        touched.append(Touch(arg, access, path, side))
        found += _of_file(path, access, request.path or "", context)
    if kind is Kind.NETWORK:
        found.append((Hazard.NETWORK, "it reaches out of this machine"))
    shown = request.path or request.url or ""
    return _Case(
        f"{request.tool} {shown}".strip()[:_SHOWN], request.tool, (), tuple(touched), tuple(found), kind is Kind.NETWORK
    )


def _of_file(path: str | None, access: Access, shown: str, context: Context) -> Iterable[tuple[Hazard, str]]:
    if path is None:
        yield Hazard.UNCLEAR, f"where {shown!r} leads cannot be said"
        return
    if secret(path, context):
        yield Hazard.CREDENTIALS, f"{shown!r} may hold secrets"
    if not inside(path, context):
        if access is Access.WRITE:
            yield Hazard.OUTSIDE_WRITE, f"{shown!r} is outside the work tree"
        elif not PUBLIC.fullmatch(path):
            yield Hazard.OUTSIDE_READ, f"{shown!r} is outside the work tree"
    elif access is Access.WRITE and control(path, context):
        yield Hazard.CONTROL, f"{shown!r} steers git or the agent itself"


def _judged(policy: Policy, case: _Case, context: Context) -> Decision:
    """First match wins; an allow rule is passed over where something is always asked that it does not name."""
    blocked: tuple[Hazard, str] | None = None
    for rule in policy.rules:
        if not _holds(rule, case, context):
            continue
        if rule.verdict is not Verdict.ALLOW:
            return _by(rule, case)
        left = next(
            ((hazard, why) for hazard, why in case.found if hazard is Hazard.UNCLEAR or hazard not in rule.overrides),
            None,
        )
        if left is None:
            return _by(rule, case)
        blocked = blocked or left
    if case.found:
        hazard, why = blocked or case.found[0]
        return Decision(Verdict.ASK, f"always-ask: {hazard}", "", 0, case.part, f"{why}.", hazard)
    if case.free:
        return Decision(Verdict.ALLOW, "built-in", "", 0, case.part, f"{case.free}.")
    return Decision(policy.default, "default", policy.origin, 0, case.part, f"no rule of {policy.name!r} speaks of it.")


def _by(rule: Rule, case: _Case) -> Decision:
    return Decision(rule.verdict, rule.name, rule.file, rule.line, case.part, f"rule {rule.name!r} says so.")


def _holds(rule: Rule, case: _Case, context: Context) -> bool:
    if rule.tools and not any(glob(tool).fullmatch(case.tool) for tool in rule.tools):
        return False
    if rule.commands and not any(_matches(pattern.words, pattern.rest, case.words) for pattern in rule.commands):
        return False
    if any(_has(case.words, word) for word in rule.without):
        return False
    if rule.network is not None and rule.network != case.network:
        return False
    return _touches_hold(rule, case, context)


def _matches(patterns: tuple["re.Pattern[str]", ...], rest: bool, words: tuple[str, ...]) -> bool:
    if not words or len(words) < len(patterns) or (len(words) > len(patterns) and not rest):
        return False
    return all(pattern.fullmatch(word) for pattern, word in zip(patterns, words, strict=False))


def _has(words: tuple[str, ...], wanted: str) -> bool:
    if wanted.startswith("-") and "*" not in wanted:
        return any(option(word, wanted) for word in words[1:])
    return any(glob(wanted).fullmatch(word) for word in words[1:])


def _touches_hold(rule: Rule, case: _Case, context: Context) -> bool:
    """An allow rule must fit every file that is touched, the others any one."""
    if rule.paths is None and rule.access is None:
        return True
    real = [touch for touch in case.touched if touch.sure and not (touch.path and SINKS.fullmatch(touch.path))]
    if rule.verdict is Verdict.ALLOW:
        return all(_fits(rule, touch, context) for touch in real)
    return any(_fits(rule, touch, context) for touch in real)


def _fits(rule: Rule, touch: Touch, context: Context) -> bool:
    if rule.access is not None and rule.access is not touch.access:
        return False
    if rule.paths is None:
        return True
    if isinstance(rule.paths, Side):
        return touch.side is rule.paths or (touch.side is None and rule.paths is Side.OUTSIDE)
    if touch.side is not Side.INSIDE or touch.path is None:
        return touch.side is None and rule.verdict is not Verdict.ALLOW
    name = within(touch.path, context)
    return any(glob(pattern).fullmatch(name) for pattern in rule.paths)
