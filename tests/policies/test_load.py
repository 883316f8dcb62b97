"""Policy files: what is wrong is said with file, line and key; paths are followed on this machine."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from outrider.errors import BadSetting, InvalidInput
from outrider.logic.policy.dead import doubts
from outrider.logic.policy.decide import decide
from outrider.logic.policy.rules import Request, Verdict
from outrider.policies.load import context, find, parse, preset, presets

RULE = '[[rules]]\nname = "a"\nverdict = "allow"\n'


def test_presets() -> None:
    assert [policy.name for policy in presets()] == ["careful", "sandboxed", "standard"]
    assert all(policy.default is Verdict.ASK for policy in presets())
    with pytest.raises(InvalidInput, match="careful, sandboxed, standard"):
        preset("yolo")


WRONG = [
    ('name = "x"\ncolour = "red"\n', "mine.toml:2: colour: there is no such key"),
    (f'name = "x"\n{RULE}commands = ["ls"]\nprogram = "ls"\n', "mine.toml:6: rules[0].program: there is no such key"),
    (f'name = "x"\n{RULE}', "mine.toml:4: rules[0].verdict: a rule that allows must say which"),
    (f'name = "x"\n{RULE}commands = ["ls | wc"]\n', "mine.toml:5: rules[0].commands: bad pattern"),
    (f'name = "x"\n{RULE}commands = [""]\n', "mine.toml:5: rules[0].commands: bad pattern"),
    (f'name = "x"\n{RULE}commands = ["ls *"]\npaths = ["../x"]\n', "mine.toml:6: rules[0].paths: bad pattern '../x'"),
    (
        f'name = "x"\n{RULE}commands = ["ls *"]\npaths = "up"\n',
        "mine.toml:6: rules[0].paths: 'up' is not known; one of: inside, outside",
    ),
    (
        f'name = "x"\n{RULE}commands = ["ls *"]\noverrides = ["unclear"]\n',
        "mine.toml:6: rules[0].overrides: 'unclear' is not known, or cannot",
    ),
    (
        'name = "x"\n[[rules]]\nname = "a"\nverdict = "maybe"\n',
        "mine.toml:4: rules[0].verdict: 'maybe' is not known; one of: allow, ask, deny",
    ),
    (
        'name = "x"\n[[rules]]\nname = "a"\nverdict = "deny"\noverrides = ["push"]\n',
        "mine.toml:5: rules[0].overrides: only a rule that allows",
    ),
    (f'name = "x"\n{RULE}commands = ["git *"]\n{RULE.replace("a", "b", 2)}', "never reached"),
    (
        f'name = "x"\n{RULE}commands = ["git *"]\n[[rules]]\nname = "b"\nverdict = "allow"\ncommands = ["git log *"]\n',
        "mine.toml:7: rules[1].name: the rule 'b' is never reached: 'a' on line 3",
    ),
    (
        'name = "x"\n[[rules]]\nname = "a"\nverdict = "ask"\n[[rules]]\nname = "b"\nverdict = "deny"\ntools = ["Edit"]\n',
        "rules[1].name: the rule 'b' is never reached",
    ),
    (f'name = "x"\n{RULE}commands = ["ls"]\n{RULE}commands = ["cat"]\n', "there are two rules named 'a'"),
    ('name = "x"\ndefault = "allow"\n', "mine.toml:2: default: "),
    ('name = "x"\nextends = "nothing"\n', "mine.toml:2: extends: There is no policy 'nothing'"),
    ("name = \n", "not valid TOML"),
    ('name = " "\n', "mine.toml:1: name: it is empty"),
    ('name = "x"\n[[rules]]\nname = ""\nverdict = "deny"\n', "mine.toml:3: rules[0].name: it is empty"),
    (
        f'name = "x"\n{RULE}commands = ["ls"]\npaths = []\n',
        "mine.toml:6: rules[0].paths: it is empty, and fits no file",
    ),
    (f'name = "x"\n{RULE}tools = []\n', "mine.toml:5: rules[0].tools: it is empty, and fits nothing"),
    (
        'name = "x"\n[[rules]]\nname = "a"\nverdict = "deny"\ncommands = []\n',
        "mine.toml:5: rules[0].commands: it is empty, and fits nothing",
    ),
    (
        f'name = "x"\n{RULE}commands = ["git status"]\nwithout = ["git"]\n',
        "mine.toml:6: rules[0].without: it has the program itself",
    ),
    (
        f'name = "x"\n{RULE}commands = ["ls", "git status *"]\nwithout = ["st*"]\n',
        "mine.toml:6: rules[0].without: 'st*' keeps the pattern 'git status *' from ever holding",
    ),
    (
        f'name = "x"\n{RULE}commands = ["git push --force *"]\noverrides = ["push"]\nwithout = ["-f", "--force"]\n',
        "mine.toml:7: rules[0].without: '--force' keeps the pattern",
    ),
    (
        f'name = "x"\n{RULE}commands = ["sudo *"]\noverrides = ["system"]\n',
        "mine.toml:5: rules[0].commands: 'sudo *' is always asked, so this rule is passed over; to let it pass: overrides",
    ),
    (f'name = "x"\n{RULE}commands = ["python -c *"]\n', 'to let it pass: overrides = ["code"]'),
    (f'name = "x"\n{RULE}commands = ["docker run *"]\n', 'to let it pass: overrides = ["system"]'),
    (f'name = "x"\n{RULE}tools = ["Read", "WebFetch"]\n', "mine.toml:5: rules[0].tools: 'WebFetch' is always asked"),
    (f'name = "x"\n{RULE}tools = ["ExitPlanMode"]\n', "rules[0].tools: 'ExitPlanMode' puts a question to a person"),
    (
        f'name = "x"\n{RULE}tools = ["Edit"]\ncommands = ["ls"]\n',
        "mine.toml:6: rules[0].commands: none of its `tools` runs a command",
    ),
    (
        'name = "x"\n[[rules]]\nname = "a"\nverdict = "deny"\ncommands = ["pip3 *"]\n',
        "mine.toml:5: rules[0].commands: no program is called 'pip3' here: write 'pip'",
    ),
    (f'name = "x"\n{RULE}commands = ["/usr/bin/git *"]\n', "no program is called '/usr/bin/git' here: write 'git'"),
    (
        'name = "x"\n' + "".join(f'[[rules]]\nname = "{n}"\nverdict = "deny"\ntools = ["T{n}"]\n' for n in range(1001)),
        "mine.toml:4002: rules[1000]: there are 1001 rules; at most 1000",
    ),
]


@pytest.mark.parametrize(("text", "says"), [row for row in WRONG if row[1] != "never reached"])
def test_what_is_wrong_is_said_with_its_place(text: str, says: str) -> None:
    with pytest.raises(BadSetting) as caught:
        parse(text, "mine.toml")
    assert says in caught.value.message


@pytest.mark.parametrize(
    "rest",
    [
        'commands = ["git *"]\nwithout = ["git"]\n',
        'commands = ["git status *"]\nwithout = ["--short", "-s"]\n',
        'commands = ["sudo *"]\noverrides = ["privilege"]\n',
        'commands = ["curl *", "outrider progress *", "./bin/python3 *", "s* *"]\n',
        'tools = ["shell", "*"]\ncommands = ["ls"]\n',
        'tools = ["WebFetch"]\noverrides = ["network"]\n',
    ],
)
def test_a_rule_that_may_decide_is_taken(rest: str) -> None:
    assert len(parse(f'name = "x"\n{RULE}{rest}', "mine.toml").rules) == 1


def test_a_tool_that_looks_like_another_is_doubted() -> None:
    text = f'name = "x"\n{RULE}tools = ["Edt", "Edit", "mcp__notes__edit", "Note*", "Deploy"]\n'
    assert list(doubts(parse(text, "mine.toml").rules)) == [
        "mine.toml:3: rule 'a': no tool 'Edt' is known; is 'Edit' meant?"
    ]
    assert [each for policy in presets() for each in doubts(policy.rules)] == []


def test_a_rule_that_hazards_still_reach_is_no_dead_one() -> None:
    text = (
        f'name = "x"\n{RULE}commands = ["git *"]\n[[rules]]\nname = "b"\nverdict = "deny"\ncommands = ["git push *"]\n'
    )
    assert len(parse(text, "mine.toml").rules) == 2


def test_a_file_is_found_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nextends = "standard"\n')
    assert find("mine.toml", tmp_path).rules == preset("standard").rules
    assert find("./mine.toml", tmp_path / "..").name if (tmp_path / ".." / "mine.toml").exists() else True
    with pytest.raises(BadSetting, match="cannot be read"):
        find("absent.toml", tmp_path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def large(path: Path) -> None:
    path.write_text('name = "x"\n' + "#" * (1 << 20))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (os.mkfifo, "it is no regular file"),
        (endless, "it is no regular file"),
        (Path.mkdir, "it is a directory"),
        (large, "it has more than 1 MB"),
    ],
)
def test_a_file_that_has_no_end_is_refused_at_once(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    make(tmp_path / "mine.toml")
    with pytest.raises(BadSetting, match=f"mine.toml: the policy cannot be read: {says}"):
        find("mine.toml", tmp_path)


def test_links_and_dots_are_followed(tmp_path: Path) -> None:
    tree, other = tmp_path / "tree", tmp_path / "other"
    for folder in (tree / "src", other):
        folder.mkdir(parents=True)
    (tree / "link").symlink_to(other)
    (tree / "round").symlink_to(tree / "round")
    (tmp_path / "alias").symlink_to(tree)
    here = context(tree, tmp_path)
    verdicts = {
        "touch src/x": "allow",
        "touch link/x": "ask",
        "touch src/../link/x": "ask",
        "touch link/../tree/src/x": "allow",
        f"touch {tmp_path}/alias/src/x": "allow",
        "touch ~/tree/src/x": "allow",
        "touch ~/x": "ask",
        "touch round/x": "ask",
        "cd link && touch x": "ask",
        "rm -rf link/": "ask",
    }
    standard = preset("standard")
    assert {each: decide(standard, Request("Bash", each), here).verdict.value for each in verdicts} == verdicts
    seen_through = context(tmp_path / "alias", tmp_path)
    assert decide(standard, Request("Edit", path=str(tree / "src" / "x")), seen_through).verdict is Verdict.ALLOW
