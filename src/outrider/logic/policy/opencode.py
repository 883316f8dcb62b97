"""A policy as OpenCode's own permissions (1.18.33), for `OPENCODE_CONFIG_CONTENT`.

There the last rule that matches wins, a user's rule keeps its place when settings are joined, and every simple command of a line is
looked at. So each of ours bears a name that no user's rule has and that matches the same tool alone: it comes behind all of theirs.
What a user gives to one agent (`agent.NAME.permission`) comes behind what holds for all; so ours are given to each of OpenCode's own
agents as well. An agent that a user has made is not known here.
Without permissions OpenCode asks for nothing at all.
"""

from collections.abc import Mapping

from outrider.logic.policy.claude import SECRET_FOLDERS, SECRETS
from outrider.logic.policy.outright import denied_commands, of_tool, reads_freely
from outrider.logic.policy.rules import Policy, Verdict

EVERY = "**"
_AFFAIRS = ("todowrite", "todoread", "question", "plan_enter", "plan_exit", "task", "skill", "lsp")
"""What touches nothing; a task's own calls are looked at like any other."""
_READERS: Mapping[str, str] = {"read": "Read", "grep": "Grep", "glob": "Glob", "list": "LS"}
_TOUCHING: Mapping[str, tuple[str, ...]] = {
    "edit": ("Edit", "MultiEdit", "Write"),
    "webfetch": ("WebFetch",),
    "websearch": ("WebSearch",),
}
Rules = str | dict[str, str]


def compile_opencode(policy: Policy) -> dict[str, object]:
    """`permission` for all agents and for each of OpenCode's own, whose plan mode and explorer get no more than they had."""
    found: dict[str, Rules] = {EVERY: "ask"}
    found |= {last(tool): "allow" for tool in _AFFAIRS}
    free = reads_freely(policy)
    for tool, name in _READERS.items():
        verdict = of_tool(policy, name)
        found[last(tool)] = "allow" if free and verdict is not Verdict.DENY else verdict.value
    if found[last("read")] == "allow":
        secrets = {f"*{name}": "ask" for name in SECRETS} | {f"*{folder}/*": "ask" for folder in SECRET_FOLDERS}
        found[last("read")] = {"*": "allow", **secrets, "*.env.example": "allow"}
    for tool, names in _TOUCHING.items():
        denied = all(of_tool(policy, name) is Verdict.DENY for name in names)
        found[last(tool)] = "deny" if denied else "ask"
    bash = of_tool(policy, "Bash").value
    commands = {f"{' '.join(each.words)}{' *' if each.rest else ''}": "deny" for each in denied_commands(policy)}
    found[last("bash")] = {"*": bash, **commands}
    plans = {"*": "deny", "*.opencode/plans/*.md": "ask", "*/plans/*.md": "ask"}
    own: dict[str, dict[str, Rules]] = {
        "build": {},
        "general": {},
        "plan": {last("edit"): plans, last("task"): {"*": "allow", "general": "deny"}},
        "explore": {last("edit"): "deny", last("task"): "deny", last("todowrite"): "deny"},
    }
    return {"permission": found, "agent": {name: {"permission": found | rules} for name, rules in own.items()}}


def last(tool: str) -> str:
    """The tool by a pattern that fits it alone, and that nobody else writes: `bas?`."""
    return f"{tool[:-1]}?"
