"""What goes into Gemini CLI's own policy engine is never more than the policy says."""

import re
import tomllib

from logic.policy.mine import MINE
from outrider.logic.policy.gemini import compile_gemini
from outrider.logic.policy.rules import Policy
from outrider.policies.load import parse, preset


def rules(policy: Policy) -> list[dict[str, object]]:
    found = tomllib.loads(compile_gemini(policy))["rule"]
    assert isinstance(found, list)
    return found


def test_every_tool_that_touches_something_is_asked_and_none_is_allowed() -> None:
    for name in ("careful", "standard", "sandboxed"):
        found = rules(preset(name))
        asked = {rule["toolName"] for rule in found if rule["decision"] == "ask_user" and "argsPattern" not in rule}
        assert {"run_shell_command", "replace", "write_file", "web_fetch", "google_web_search", "mcp_*"} <= asked
        assert "allow" not in {rule["decision"] for rule in found}


def test_what_is_denied_is_denied_above_all_else() -> None:
    denied = [rule for rule in rules(parse(MINE, "mine.toml")) if rule["decision"] == "deny"]
    assert [rule.get("commandPrefix", rule.get("commandRegex", rule["toolName"])) for rule in denied] == [
        "web_fetch",
        "git push",
        'make\\ deploy"',
    ]
    assert min(int(str(rule["priority"])) for rule in denied[1:]) > 500


def test_files_with_secrets_are_asked_for_though_others_are_read_freely() -> None:
    patterns = [str(rule["argsPattern"]) for rule in rules(preset("standard")) if rule["toolName"] == "read_file"]

    def asked(path: str) -> bool:
        return any(re.search(pattern, f'{{"file_path":"{path}"}}') for pattern in patterns)

    assert all(map(asked, (".env", "a/.env.local", "/x/id_rsa", "deploy.pem", "/x/.ssh/config", "./.aws/credentials")))
    assert not any(map(asked, ("src/parser.py", "README.md", "environment.md")))


def test_reading_is_asked_where_a_rule_says_anything_of_it() -> None:
    text = 'name = "mine"\nextends = "standard"\n[[rules]]\nname = "x"\nverdict = "ask"\ntools = ["Read"]\npaths = ["a/*"]\n'
    asked = [rule["toolName"] for rule in rules(parse(text, "mine.toml")) if rule["decision"] == "ask_user"]
    assert {"read_file", "grep_search", "glob", "list_directory"} <= set(asked)
