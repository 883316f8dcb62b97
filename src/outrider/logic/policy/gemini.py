"""A policy as rules of Gemini CLI's own policy engine (0.61.0), for `--admin-policy FILE`.

Rules of that file stand above the user's and hold in every approval mode; it takes a command line apart and the strictest part wins.
What Gemini does to itself alone (its topic, its tasks, its help) is left to its own rules.
"""

import json
import re
from collections.abc import Iterator, Mapping

from outrider.logic.policy.claude import SECRET_FOLDERS, SECRETS
from outrider.logic.policy.outright import denied_commands, of_tool, reads_freely
from outrider.logic.policy.rules import Policy, Verdict

_DECISIONS: Mapping[Verdict, str] = {Verdict.DENY: "deny", Verdict.ASK: "ask_user", Verdict.ALLOW: "allow"}
_READERS: Mapping[str, str] = {
    "read_file": "Read",
    "read_many_files": "Read",
    "grep_search": "Grep",
    "glob": "Glob",
    "list_directory": "LS",
}
_TOUCHING: Mapping[str, str] = {
    "run_shell_command": "Bash",
    "replace": "Edit",
    "write_file": "Write",
    "web_fetch": "WebFetch",
    "google_web_search": "WebSearch",
}
_ASKED = ("mcp_*", "read_mcp_resource", "activate_skill")
LOW, MIDDLE, HIGH = 100, 500, 900


def compile_gemini(policy: Policy) -> str:
    """The file."""
    return "".join(_rules(policy))


def _rules(policy: Policy) -> Iterator[str]:
    free = reads_freely(policy)
    for tool, name in _READERS.items():
        verdict = of_tool(policy, name)
        if verdict is Verdict.DENY or not free:
            yield _rule(tool, verdict, LOW)
    if free:
        for pattern in _secrets():
            yield _rule("read_file", Verdict.ASK, MIDDLE, argsPattern=pattern)
    for tool, name in _TOUCHING.items():
        yield _rule(tool, of_tool(policy, name), LOW)
    for tool in _ASKED:
        yield _rule(tool, Verdict.ASK, LOW)
    for each in denied_commands(policy):
        words = " ".join(each.words)
        how = {"commandPrefix": words} if each.rest else {"commandRegex": f'{re.escape(words)}"'}
        yield _rule("run_shell_command", Verdict.DENY, HIGH, **how)


def _secrets() -> Iterator[str]:
    """Gemini refuses patterns with a repetition within another one; these fit a little more than the names."""
    for name in SECRETS:
        yield f'"file_path":"[^"]*{_regex(name.removeprefix("*"))}"'
    for folder in SECRET_FOLDERS:
        yield f'"file_path":"[^"]*{_regex(folder)}/'


def _regex(name: str) -> str:
    return re.escape(name).replace(r"\*", '[^"]*')


def _rule(tool: str, verdict: Verdict, priority: int, **conditions: str) -> str:
    """One table; a JSON string is a TOML string too."""
    rows = {"toolName": tool, **conditions, "decision": _DECISIONS[verdict]}
    lines = [f"{key} = {json.dumps(value)}" for key, value in rows.items()]
    return "\n".join(("[[rule]]", *lines, f"priority = {priority}", "", ""))
