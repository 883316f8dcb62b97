"""The decision, on commands that must never pass, on commands that nobody wants to be asked about, and on mixtures of both."""

import posixpath
import shlex
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outrider.logic.policy.asked import request_of
from outrider.logic.policy.decide import decide
from outrider.logic.policy.rules import Context, Decision, Hazard, Policy, Request, Verdict
from outrider.policies.load import parse, preset

TABLES = Path(__file__).parents[2] / "policy"
TREE, HOME = "/home/me/project", "/home/me"
LINKS = {f"{TREE}/out": "/etc", f"{TREE}/up": HOME, f"{TREE}/keys": f"{HOME}/.ssh"}
STANDARD, SANDBOXED = preset("standard"), preset("sandboxed")


def resolve(path: str) -> str:
    path = posixpath.normpath(path)
    for link, target in LINKS.items():
        if path == link or path.startswith(f"{link}/"):
            return target + path[len(link) :]
    return path


CONTEXT = Context(TREE, HOME, resolve, lambda path: path in (TREE, f"{TREE}/src"))


def commands(name: str, table: str | None = None) -> list[str]:
    tables = tomllib.loads((TABLES / f"{name}.toml").read_text(encoding="utf-8"))
    return [command for key, rows in tables.items() if table in (None, key) for command in rows["commands"]]


HOSTILE, EVERYDAY = commands("hostile") + commands("options"), commands("everyday")
READABLE = [command for command in HOSTILE if command not in commands("hostile", "not_text")]
"""A text that cannot be read may become harmless by what is put around it."""
STAYING = [command for command in EVERYDAY if "cd " not in command]
"""Behind a `cd` into a build folder, `rm -rf .` is everyday."""


def said(command: str, policy: Policy = STANDARD) -> Decision:
    return decide(policy, Request("Bash", command), CONTEXT)


@pytest.mark.parametrize("command", HOSTILE)
def test_hostile_is_never_allowed(command: str) -> None:
    decision = said(command)
    assert decision.verdict is not Verdict.ALLOW
    assert decision.reason


@pytest.mark.parametrize("command", EVERYDAY)
def test_everyday_is_never_asked(command: str) -> None:
    decision = said(command)
    assert decision.verdict is Verdict.ALLOW, decision.reason


WRAPPERS = (
    "{}",
    "( {} )",
    "{{ {}\n}}",
    "! {}",
    "time {}",
    "true && {}",
    "false || {}",
    "ls; {}",
    "ls\n{}",
    "ls & {}",
    "ls | {}",
    "{} | cat",
    "{} &",
    "echo $( {})",  # a blank: `$((` begins a sum
    'echo "$( {})"',
    "cat <({})",
    "x=$( {}) ls",
    "if {}\nthen ls; fi",
    "if ls; then {}\nfi",
    "while {}\ndo ls; done",
    "for i in 1 2; do {}\ndone",
    "case x in x) {}\nesac",
    "f() {{ {}\n}}; f",
    "cat <<END\n$( {})\nEND",
    "# a comment\n{}",
    "nice {}",
    "nohup {}",
    "timeout 5 {}",
    "env {}",
    "command {}",
    "exec {}",
    "sudo {}",
    "eval {}",
    "xargs {}",
    "find . -exec {} \\;",
)
QUOTING = (
    "sh -c {}",
    "bash -lc {}",
    "env bash -c {}",
    "timeout 5 sh -c {}",
    "eval {}",
    "bash <<< {}",
    "watch {}",
    "trap {} EXIT",
    "echo {} | sh",
)


def test_wrapping_makes_nothing_allowed() -> None:
    """Every one in two wrappers, all of which come up as inner and as outer ones; the same in each run."""
    count = len(WRAPPERS)
    lines = [
        WRAPPERS[(at + at // count) % count].format(WRAPPERS[at % count].format(command))
        for at, command in enumerate(READABLE)
    ]
    assert [line for line in lines if said(line).verdict is Verdict.ALLOW] == []


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(READABLE), st.sampled_from(QUOTING))
def test_quoting_for_another_shell_makes_nothing_allowed(command: str, wrapper: str) -> None:
    assert said(wrapper.format(shlex.quote(command))).verdict is not Verdict.ALLOW


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(READABLE), st.sampled_from(STAYING), st.sampled_from(["; ", " && ", "\n", " || ", " | ", " & "]))
def test_company_makes_nothing_allowed(command: str, other: str, joint: str) -> None:
    assert said(command + joint + other).verdict is not Verdict.ALLOW
    if "<<" in other or "#" in other:
        # On the same line the hostile one would be text of a here-document or a comment.
        joint = "\n"
    assert said(other + joint + command).verdict is not Verdict.ALLOW


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="ab \"'\\\n;&|<>()$`#{}[]*?~!=:-/.EOF0ifthendo")))
def test_any_text_gets_a_verdict(text: str) -> None:
    for policy in (STANDARD, SANDBOXED):
        assert said(text, policy).verdict in Verdict


@pytest.mark.parametrize(
    "text",
    [
        "a " * 500_000,
        "(" * 1_000_000,
        "$(" * 60_000,
        "a[" * 60_000,
        "{a," * 40_000,
        "x" * 1_000_000,
        "'" * 999_999,
        "ls;" * 40_000,
    ],
)
def test_long_texts_are_asked_quickly(text: str) -> None:
    begin = time.process_time()
    assert said(text).verdict is Verdict.ASK
    assert time.process_time() - begin < 10


PARTS = [
    ("ls && rm -rf src && pwd", "rm -rf src", Hazard.DELETE),
    ("echo $(cat ~/.ssh/id_rsa)", "cat ~/.ssh/id_rsa", Hazard.CREDENTIALS),
    ("git add . && git push", "git push", Hazard.PUSH),
    ("bash -c 'ls; sudo id'", "sudo id", Hazard.PRIVILEGE),
    ("echo x > ../y", "echo x > ../y", Hazard.OUTSIDE_WRITE),
]


@pytest.mark.parametrize(("command", "part", "hazard"), PARTS)
def test_the_part_that_decided_is_named(command: str, part: str, hazard: Hazard) -> None:
    decision = said(command)
    assert (decision.part, decision.hazard, decision.rule) == (part, hazard, f"always-ask: {hazard}")


def test_an_allowing_rule_names_its_file_and_line() -> None:
    decision = said("pytest -q")
    assert (decision.rule, decision.file) == ("python's tools", "standard.toml")
    assert decision.line > 0


TOOLS = [
    ("Read", "src/a.py", "allow", "allow"),
    ("Read", "/etc/passwd", "ask", "ask"),
    ("Read", ".env", "ask", "ask"),
    ("Read", "keys/id_rsa", "ask", "ask"),
    ("Read", "/usr/include/stdio.h", "ask", "allow"),
    ("Edit", "src/a.py", "ask", "allow"),
    ("Write", "src/../../x", "ask", "ask"),
    ("Write", "out/hosts", "ask", "ask"),
    ("Write", ".git/hooks/pre-commit", "ask", "ask"),
    ("Edit", ".claude/settings.json", "ask", "ask"),
    ("WebFetch", None, "ask", "ask"),
    ("AskUserQuestion", None, "ask", "ask"),
    ("mcp__db__query", None, "ask", "ask"),
    ("TodoWrite", None, "allow", "allow"),
    ("Write", None, "ask", "ask"),
    ("Bash", None, "ask", "ask"),
]


@pytest.mark.parametrize(("tool", "path", "careful", "standard"), TOOLS)
def test_tools(tool: str, path: str | None, careful: str, standard: str) -> None:
    request = Request(tool, path=path)
    assert decide(preset("careful"), request, CONTEXT).verdict == careful
    assert decide(STANDARD, request, CONTEXT).verdict == standard


@pytest.mark.parametrize(
    ("command", "careful", "sandboxed"),
    [
        ("ls -la | head", "allow", "allow"),
        ("cat a > b", "ask", "allow"),
        ("> a", "ask", "allow"),
        ("pytest -q", "ask", "allow"),
        ("python -c 'print(1)'", "ask", "allow"),
        ("rm -rf src", "ask", "allow"),
        ("npm install left-pad", "ask", "allow"),
        ("git push", "ask", "ask"),
        ("cat ~/.ssh/id_rsa", "ask", "ask"),
        ("$X -rf src", "ask", "ask"),
        ("curl https://evil.example", "ask", "ask"),
        ("sudo ls", "ask", "ask"),
    ],
)
def test_the_other_presets(command: str, careful: str, sandboxed: str) -> None:
    assert said(command, preset("careful")).verdict == careful
    assert said(command, preset("sandboxed")).verdict == sandboxed


def test_first_match_wins_and_an_override_must_be_named() -> None:
    policy = parse(
        """
name = "mine"
extends = "standard"
[[rules]]
name = "not the docs"
verdict = "deny"
access = "write"
paths = ["docs/*"]
[[rules]]
name = "my pushes"
verdict = "allow"
commands = ["git push origin *"]
without = ["--force", "-f", "+*"]
overrides = ["push"]
[[rules]]
name = "no pushes elsewhere"
verdict = "deny"
commands = ["git push *"]
""",
        "mine.toml",
    )
    verdicts = {
        "git push origin main": "allow",
        "git push origin main --force": "deny",
        "git push --forc origin main": "deny",
        "git push origin +main": "deny",
        "git push evil": "deny",
        "ls && git push evil": "deny",
        "touch docs/x": "deny",
        "touch src/x": "allow",
        "cat docs/x": "allow",
        "git reset --hard": "ask",
    }
    assert {command: said(command, policy).verdict.value for command in verdicts} == verdicts
    assert decide(policy, Request("Edit", path="docs/a.md"), CONTEXT).rule == "not the docs"


@pytest.mark.parametrize(
    ("tool", "given_input", "request_"),
    [
        ("Bash", {"command": "ls"}, Request("Bash", "ls")),
        ("shell", {"command": ["bash", "-lc", "ls | wc"]}, Request("Bash", "bash -lc 'ls | wc'")),
        ("run_shell_command", {"command": "ls"}, Request("Bash", "ls")),
        ("write_file", {"file_path": "a", "content": "x"}, Request("Write", path="a")),
        ("Edit", {"file_path": "/x"}, Request("Edit", path="/x")),
        ("WebFetch", {"url": "https://x.example"}, Request("WebFetch", url="https://x.example")),
        ("Bash", {"command": 5}, Request("Bash")),
    ],
)
def test_tool_calls_of_all_agents(tool: str, given_input: dict[str, object], request_: Request) -> None:
    assert request_of(tool, given_input) == request_
