"""Whether a rule can ever decide, given one before it."""

from outrider.logic.policy.rules import CommandPattern, Rule, Verdict


def covers(earlier: Rule, later: Rule) -> bool:
    """Whether the earlier rule decides wherever the later one would. It says so only where that is certain."""
    if earlier.verdict is Verdict.ALLOW and (
        later.verdict is not Verdict.ALLOW or not later.overrides <= earlier.overrides
    ):
        return False
    return (
        (not earlier.tools or (bool(later.tools) and all(_tool_covered(tool, earlier.tools) for tool in later.tools)))
        and (
            not earlier.commands
            or (bool(later.commands) and all(any(_wider(a, b) for a in earlier.commands) for b in later.commands))
        )
        and (not earlier.without or set(earlier.without) <= set(later.without))
        and (earlier.paths is None or earlier.paths == later.paths)
        and (earlier.access is None or earlier.access is later.access)
        and (earlier.network is None or earlier.network is later.network)
    )


def _tool_covered(tool: str, tools: tuple[str, ...]) -> bool:
    return tool in tools or "*" in tools


def _wider(a: CommandPattern, b: CommandPattern) -> bool:
    if not a.rest:
        return a.text == b.text
    theirs = b.text.split()
    theirs = theirs[:-1] if b.rest else theirs
    mine = a.text.split()[:-1]
    return len(mine) <= len(theirs) and all(x in (y, "*") for x, y in zip(mine, theirs, strict=False))
