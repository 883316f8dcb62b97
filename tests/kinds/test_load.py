"""Kinds from files: ours are sound, a user's are checked, and a broken one never takes the last good one away."""

import re
from pathlib import Path

import pytest

import drawn
from outrider.errors import BadSetting, InvalidInput
from outrider.kinds.kindfile import parse
from outrider.kinds.load import catalogue
from outrider.kinds.slow import is_slow
from outrider.model.state import State

PACKAGED = Path(__file__).resolve().parents[2] / "src/outrider/kinds"
SMALL = 'name = "mine"\n\n[launch]\nargv = ["mine"]\n'
RULE = '\n[[rules]]\nid = "a"\nstate = "idle"\nregion = "screen"\npattern = "^x"\n'


def test_no_packaged_pattern_is_slow() -> None:
    raw: dict[str, dict[str, object]] = {}
    for path in sorted(PACKAGED.glob("*.toml")):
        kind = parse(path.read_text(encoding="utf-8"), path.name, raw)
        assert kind.name == path.stem


BROKEN = (
    ("name = 3", "mine.toml:1: name: must be a string, not 3."),
    ("name", "mine.toml: not valid TOML"),
    ('name = "My Agent"', "mine.toml:1: name: 'My Agent' must be"),
    (SMALL + "colour = 1", "mine.toml:5: launch.colour: there is no such key here; known: argv,"),
    (SMALL + 'resume = ["--last"]', "mine.toml:5: launch.resume: one of the words must hold {conversation}"),
    (SMALL + "env = { A = 1 }", "mine.toml:5: launch.env.A"),
    (SMALL + RULE + RULE, "mine.toml:13: rules[1].id: 'a' is there already."),
    (SMALL + RULE.replace("idle", "lazy"), "mine.toml:8: rules[0].state: 'lazy' is not known; one of: initializing,"),
    (SMALL + RULE.replace("screen", "sky"), "mine.toml:9: rules[0].region: there is no region 'sky'; known: cursor,"),
    (SMALL + RULE.replace("^x", "("), "mine.toml:10: rules[0].pattern: not a regular expression"),
    (SMALL + RULE.replace("^x", "^(a+)+$"), "mine.toml:10: rules[0].pattern: this pattern takes too long"),
    (SMALL + RULE + 'detail = { tool = "{t}" }', "mine.toml:11: rules[0].detail"),
    (
        SMALL + "[typing]\nbefore = ['C-e', 'Ctrl+E']",
        "mine.toml:6: typing.before: 'Ctrl+E' is no key of tmux, whose names are such as C-e, Escape or Up.",
    ),
    (SMALL + "[typing]\nsettle_ms = -1", "mine.toml:6: typing.settle_ms: must be a whole number from 0, not -1."),
    (
        SMALL + '[[regions]]\nname = "a"\nwithin = "b"',
        "mine.toml:7: regions[0].within: 'b' is no region above this one",
    ),
    ('extends = "nobody"\nname = "mine"', "mine.toml:1: extends: 'nobody' is no kind that can be extended"),
)


@pytest.mark.parametrize(("text", "complaint"), BROKEN)
def test_a_complaint_names_file_line_and_key(text: str, complaint: str) -> None:
    with pytest.raises(BadSetting) as caught:
        parse(text, "mine.toml")
    assert caught.value.message.startswith(complaint), caught.value.message


def test_a_user_kind_extends_ours(tmp_path: Path) -> None:
    (tmp_path / "fast.toml").write_text(
        'extends = "claude"\nname = "fast"\n[launch]\nargv = ["fast-claude"]\n[typing]\nsettle_ms = 10\n'
        '[[rules]]\nid = "done"\nstate = "idle"\nregion = "tail"\npattern = "^Finito"\n'
        '[[rules]]\nid = "mine"\nstate = "error"\nregion = "tail"\npattern = "^Boom"\n'
    )
    kinds = catalogue(tmp_path)
    assert kinds.problems == ()
    fast, claude = kinds.get("fast"), kinds.get("claude")
    assert (fast.launch.argv, fast.typing.settle_ms, fast.typing.queues) == (("fast-claude",), 10, True)
    assert fast.launch.model_flag == claude.launch.model_flag
    assert [rule.id for rule in fast.rules] == ["mine", *(rule.id for rule in claude.rules)]
    assert next(rule for rule in fast.rules if rule.id == "done").state is State.IDLE


def test_a_file_broken_while_running_keeps_the_last_good_kind(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SMALL)
    kinds = catalogue(tmp_path)
    path.write_text(SMALL + "nonsense = 1")
    (problem,) = kinds.reload()
    assert problem.startswith(f"{path}:5: launch.nonsense: ")
    assert kinds.get("mine").launch.argv == ("mine",)
    path.write_text(SMALL.replace('["mine"]', '["other"]') + RULE.replace("^x", "^(a|aa)+$"))
    (problem,) = kinds.reload()
    assert "rules[0].pattern: this pattern takes too long" in problem
    assert kinds.get("mine").launch.argv == ("mine",)
    path.write_bytes(b"\xff")
    assert "mine.toml" in kinds.reload()[0]
    path.unlink()
    assert kinds.reload() == ()
    with pytest.raises(InvalidInput, match=r"no kind of agent 'mine'; known: .*claude.*shell"):
        kinds.get("mine")


@pytest.mark.parametrize(
    "pattern", ["^(a|aa)+$", "^(a+)+$", "(x*)*y", "^(aaa|aaaa)+$", "^(aaaaaaa|aaaaaaaa)+$", "( *a? *)+z", r"(\w+\s?)+$"]
)
def test_a_pattern_that_backtracks_without_end_is_found_out_before_it_does(pattern: str) -> None:
    assert is_slow(re.compile(pattern))


def test_no_folder_is_no_problem(tmp_path: Path) -> None:
    assert catalogue(tmp_path / "none").problems == ()


def test_the_shell_is_the_users() -> None:
    assert catalogue(None, shell="/bin/zsh").get("shell").launch.argv == ("/bin/zsh",)


def test_recognised_by_process_command_line_or_screen() -> None:
    kinds = catalogue(None)
    rows = drawn.recorded()["cl80-fresh-idle"].frames[0].rows
    known = (
        (["bash", "claude"], ["-bash", "claude --model x"], "", ()),
        (["bash", "node"], ["-bash", "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"], "", ()),
        (["launcher"], ["launcher"], "✳ Claude Code", rows),
    )
    for programs, argvs, title, shown in known:
        found = kinds.recognise(programs, argvs, title, shown)
        assert found is not None
        assert found.name == "claude"
    strangers: tuple[tuple[list[str], list[str], str, tuple[str, ...]], ...] = (
        (["bash"], ["-bash"], "⠂ Fix parser tests", rows),
        (["bash", "vim"], ["-bash", "vim /home/me/claude notes.md"], "vim", ()),
        ([], [], "", ()),
    )
    for programs, argvs, title, shown in strangers:
        assert kinds.recognise(programs, argvs, title, shown) is None, programs
