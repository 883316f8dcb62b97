"""What goes into Claude Code's own settings is never more than the policy says."""

from outrider.logic.policy.claude import MOST_COMMANDS, compile_claude, compile_qwen
from outrider.policies.load import parse, preset


def test_what_depends_on_the_call_is_left_to_the_hook() -> None:
    permissions = compile_claude(preset("standard"))["permissions"]
    assert {"Bash", "Read", "Edit", "Write", "WebFetch"} <= set(permissions["ask"])
    assert "TodoWrite" in permissions["allow"]
    assert not {"Bash", "Read", "Edit", "Write", "Grep", "WebFetch"} & set(permissions["allow"])
    assert permissions["deny"] == []
    assert "AskUserQuestion" not in str(permissions)


def test_what_is_always_denied_is_denied_there() -> None:
    text = '[[rules]]\nname = "no net"\nverdict = "deny"\ntools = ["WebFetch", "WebSearch"]\n'
    text += '[[rules]]\nname = "no docs"\nverdict = "deny"\ntools = ["Edit"]\npaths = ["docs/*"]\n'
    permissions = compile_claude(parse(f'name = "mine"\nextends = "standard"\n{text}', "mine.toml"))["permissions"]
    assert permissions["deny"] == ["WebFetch", "WebSearch"]
    assert "Edit" in permissions["ask"]


def test_a_rule_before_it_takes_the_denial_back_to_the_hook() -> None:
    text = '[[rules]]\nname = "some"\nverdict = "ask"\ntools = ["mcp__db"]\nnetwork = false\n'
    text += '[[rules]]\nname = "none"\nverdict = "deny"\ntools = ["mcp__db"]\n'
    assert "mcp__db" in compile_claude(parse(f'name = "mine"\n{text}', "mine.toml"))["permissions"]["ask"]


def test_commands_that_are_denied_by_their_words_are_refused_there_unless_a_rule_before_may_say_otherwise() -> None:
    text = """name = "mine"
extends = "standard"
[[rules]]
name = "own branch"
verdict = "allow"
commands = ["git push origin mine"]
overrides = ["push"]
[[rules]]
name = "no others"
verdict = "deny"
commands = ["git push *"]
[[rules]]
name = "no deploys"
verdict = "deny"
commands = ["terraform *", "make deploy", "kubectl delete? *"]
[[rules]]
name = "not here"
verdict = "deny"
commands = ["helm *"]
paths = "outside"
"""
    permissions = compile_claude(parse(text, "mine.toml"))["permissions"]
    assert MOST_COMMANDS in permissions["ask"]
    assert "Bash" not in permissions["ask"]
    assert permissions["deny"] == ["Bash(terraform:*)", "Bash(make deploy)"]


def test_qwen_denies_by_the_first_words_and_reads_what_holds_no_secrets() -> None:
    text = 'name = "mine"\nextends = "standard"\n[[rules]]\nname = "x"\nverdict = "deny"\ncommands = ["git push *", "make deploy"]\n'
    permissions = compile_qwen(parse(text, "mine.toml"))["permissions"]
    assert permissions["deny"] == ["Bash(git push *)"], "to Qwen Code `make deploy` is `make deploy all` as well"
    assert {"Bash", "Edit", "Write", "WebFetch", "Read(**/.env)", "Read(**/.ssh/**)"} <= set(permissions["ask"])
    assert not {"Bash", "Read", "Edit", "Write", "WebFetch"} & set(permissions["allow"])
    assert "Read" not in permissions["ask"]


def test_qwen_asks_for_reads_where_a_rule_says_anything_of_them() -> None:
    text = 'name = "mine"\nextends = "standard"\n[[rules]]\nname = "x"\nverdict = "deny"\npaths = ["private/*"]\n'
    permissions = compile_qwen(parse(text, "mine.toml"))["permissions"]
    assert {"Read", "Grep", "Glob"} <= set(permissions["ask"])
