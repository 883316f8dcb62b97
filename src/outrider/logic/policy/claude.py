"""A policy as Claude Code's own permission settings, and as those of Qwen Code, which have their form.

Claude Code lets some reads pass without a word. So every tool on which this policy has an opinion that depends on the call is `ask`
there: the PermissionRequest hook then brings the call here. Allowed and denied there is only what is so for every call, and
commands that are denied by their first words alone: those it refuses by itself, also while no daemon runs.
"""

from collections.abc import Iterator, Mapping

from outrider.logic.policy.asked import Kind, kind_of
from outrider.logic.policy.outright import denied_commands, of_tool, reads_freely, tools
from outrider.logic.policy.rules import Policy, Verdict

MOST_COMMANDS = "Bash(* *)"
"""Claude Code 2.1.197 looks at an `ask` for a whole tool before what is denied of it: it would ask instead of refusing. This is every
command of several words; one of a single word is asked there anyway unless it only looks."""
SECRETS = (
    ".env",
    ".env.*",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    "id_rsa*",
    "id_ed25519*",
    "*.pem",
    "*.key",
    "*.p12",
)
"""Names of files that hold secrets, in the patterns that agents' settings have; some of what `places.SECRET` knows."""
SECRET_FOLDERS = (".ssh", ".aws", ".gnupg", ".kube")
Permissions = Mapping[str, Mapping[str, list[str]]]


def compile_claude(policy: Policy) -> Permissions:
    """`{"permissions": {"allow": […], "deny": […], "ask": […]}}`, to be merged into the settings of one spawn."""
    found = _tools(policy)
    commands = [f"Bash({' '.join(each.words)}{':*' if each.rest else ''})" for each in denied_commands(policy)]
    found[Verdict.DENY] += commands
    if commands and "Bash" in found[Verdict.ASK]:
        found[Verdict.ASK][found[Verdict.ASK].index("Bash")] = MOST_COMMANDS
    return {"permissions": {verdict.value: names for verdict, names in found.items()}}


def compile_qwen(policy: Policy) -> Permissions:
    """The same for Qwen Code 0.15.10, which looks at `deny` first, then `ask`, then `allow`, of every command in a line.

    It has no hook that could answer for a read, so those of the work tree stay as they are there where the policy allows them, but for
    what holds secrets. A pattern without a rest would be one with a rest there; such a command is asked.
    """
    found = _tools(policy)
    found[Verdict.DENY] += [f"Bash({' '.join(each.words)} *)" for each in denied_commands(policy) if each.rest]
    if reads_freely(policy):
        readers = [tool for tool in found[Verdict.ASK] if kind_of(tool) is Kind.READ]
        found[Verdict.ASK] = [tool for tool in found[Verdict.ASK] if tool not in readers] + list(_secrets())
    return {"permissions": {verdict.value: names for verdict, names in found.items()}}


def _tools(policy: Policy) -> dict[Verdict, list[str]]:
    found: dict[Verdict, list[str]] = {Verdict.ALLOW: [], Verdict.DENY: [], Verdict.ASK: []}
    for tool in tools(policy):
        if kind_of(tool) is not Kind.QUESTION:
            found[of_tool(policy, tool)].append(tool)
    return found


def _secrets() -> Iterator[str]:
    yield from (f"Read(**/{name})" for name in SECRETS)
    yield from (f"Read(**/{folder}/**)" for folder in SECRET_FOLDERS)
