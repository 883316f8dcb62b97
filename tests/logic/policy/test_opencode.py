"""What goes into OpenCode's own permissions is never more than the policy says, whatever the user's settings are."""

import re

import pytest

from logic.policy.mine import MINE
from outrider.kinds.channels.opencode_server import joined
from outrider.logic.policy.opencode import compile_opencode
from outrider.policies.load import parse, preset

USERS: tuple[dict[str, object], ...] = (
    {},
    {"permission": "allow"},
    {"permission": {"*": "allow", "bash": {"*": "allow", "git *": "allow"}, "edit": "allow", "read": "deny"}},
)


def wild(pattern: str) -> re.Pattern[str]:
    """As OpenCode 1.18 reads it: `?` is one character, ` *` at the end also nothing."""
    text = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile(re.sub(r"\\ \.\*$", "( .*)?", text), re.DOTALL)


def says(user: dict[str, object], tool: str, what: str, agent: str = "") -> str:
    """The last rule that fits, in the order that OpenCode makes of settings: those for all, then those of the agent."""
    settings = joined(user, compile_opencode(parse(MINE, "mine.toml")))
    agents, found = settings["agent"], settings["permission"]
    assert isinstance(agents, dict)
    assert isinstance(found, dict)
    own = agents.get(agent, {}).get("permission", {})
    verdict = "ask"
    for name, rules in (*found.items(), *own.items()):
        for pattern, action in (rules if isinstance(rules, dict) else {"*": rules}).items():
            if wild(str(name)).fullmatch(tool) and wild(str(pattern)).fullmatch(what):
                verdict = str(action)
    return verdict


@pytest.mark.parametrize("user", USERS)
def test_ours_come_behind_the_users(user: dict[str, object]) -> None:
    verdicts = {
        ("bash", "touch x"): "ask",
        ("bash", "git push"): "deny",
        ("bash", "git push origin main"): "deny",
        ("bash", "git pushy"): "ask",
        ("bash", "make deploy"): "deny",
        ("bash", "make deploy-all"): "ask",
        ("edit", "src/a.py"): "ask",
        ("webfetch", "https://x.example"): "deny",
        ("external_directory", "/etc/*"): "ask",
        ("db_query", "*"): "ask",
        ("todowrite", "*"): "allow",
        ("read", "src/a.py"): "allow",
        ("read", "a/.env"): "ask",
        ("read", ".env.example"): "allow",
        ("read", "/home/me/.ssh/config"): "ask",
    }
    assert {key: says(user, *key) for key in verdicts} == verdicts


@pytest.mark.parametrize("agent", ["build", "general", "plan", "explore"])
@pytest.mark.parametrize("given", ["allow", {"*": "allow", "bash": {"*": "allow", "git push *": "allow"}}])
def test_ours_come_behind_what_a_user_gives_to_one_of_its_own_agents(agent: str, given: object) -> None:
    user: dict[str, object] = {"agent": {agent: {"permission": given, "model": "x"}}}
    assert says(user, "bash", "touch x", agent) == "ask"
    assert says(user, "bash", "git push origin main", agent) == "deny"
    assert says(user, "edit", "src/a.py", agent) == ("deny" if agent in ("plan", "explore") else "ask")
    assert says(user, "db_query", "*", agent) == "ask"


def test_no_preset_allows_what_touches_anything() -> None:
    for name in ("careful", "standard", "sandboxed"):
        found = compile_opencode(preset(name))["permission"]
        assert isinstance(found, dict)
        allowed = {tool for tool, rules in found.items() if rules == "allow"}
        assert not allowed & {"**", "bas?", "edi?", "webfetc?", "websearc?", "rea?"}
        assert next(iter(found)) == "**", "what is said of single tools comes behind it"


def test_plan_mode_stays_without_edits() -> None:
    agents = compile_opencode(preset("standard"))["agent"]
    assert isinstance(agents, dict)
    assert agents["plan"]["permission"]["edi?"]["*"] == "deny"
