"""Hook calls recorded from Codex 0.169.0, Gemini CLI 0.61.0 and Qwen Code 0.15.10, and what each spawn is given for them."""

import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from outrider.kinds.channels import catalogue, codex_hooks, gemini_hooks, qwen_hooks, system_settings
from outrider.kinds.channels.channel import Ground
from outrider.kinds.channels.hook_line import REPORT, calls, script
from outrider.kinds.channels.hook_voice import HookVoice
from outrider.kinds.channels.voice import Voice
from outrider.model.agent import Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.state import ErrorClass, Reading, State

RECORDED = Path(__file__).parent / "recorded"
KINDS = ("codex", "gemini", "qwen")
RUNS = sorted(f"{path.parent.name}/{path.stem}" for kind in KINDS for path in (RECORDED / kind).glob("*.jsonl"))


def run(name: str) -> tuple[Voice, list[tuple[Heard, str | None, HookEvent]]]:
    """A recorded run, heard from its start."""
    voice = catalogue.voice_of(name.split("/", maxsplit=1)[0])
    assert voice is not None
    heard = []
    for number, line in enumerate((RECORDED / f"{name}.jsonl").read_text().splitlines()):
        row = json.loads(line)
        event = HookEvent(f"g/{number}.0.json", "g", row["payload"]["hook_event_name"], row["at_ms"], row["payload"])
        heard.append((voice.hear(event), row["expect"], event))
    return voice, heard


def readings(name: str) -> list[Reading]:
    return [heard.reading for heard, _, _ in run(name)[1] if heard.reading is not None]


@pytest.mark.parametrize("name", RUNS)
def test_every_recorded_call_means_what_the_agent_did(name: str) -> None:
    _, calls_heard = run(name)
    assert calls_heard
    for heard, expect, event in calls_heard:
        assert (heard.reading and heard.reading.state.value) == expect, event.name
        assert heard.conversation == event.payload["session_id"]
        if heard.reading is not None:
            assert heard.reading.rule == f"hook:{event.name}"
            assert len(heard.reading.text) <= 200


@pytest.mark.parametrize(
    ("name", "counters"),
    [
        ("codex/read", Counters(commands=3)),
        ("codex/edit", Counters(files_edited=1, files_written=1)),
        ("codex/tests", Counters(commands=1, tests=1)),
        ("gemini/read", Counters(files_read=3)),
        ("gemini/edit", Counters(files_edited=1)),
        ("gemini/write", Counters(files_written=1)),
        ("gemini/tests", Counters(commands=1, tests=1)),
        ("gemini/rejected", Counters()),
        ("qwen/read", Counters(files_read=3)),
        ("qwen/edit", Counters(files_edited=1)),
        ("qwen/failed", Counters(errors=1)),
    ],
)
def test_counters_add_up(name: str, counters: Counters) -> None:
    total = Counters()
    for heard, _, _ in run(name)[1]:
        one = heard.counters
        total = Counters(
            total.files_read + one.files_read,
            total.files_written + one.files_written,
            total.files_edited + one.files_edited,
            total.commands + one.commands,
            total.tests + one.tests,
            total.errors + one.errors,
        )
    assert total == counters


@pytest.mark.parametrize(
    "name", ["codex/interrupted", "codex/interrupted_tool", "codex/rejected", "qwen/interrupted", "qwen/rejected"]
)
def test_an_interruption_is_told_where_the_agent_tells_it(name: str) -> None:
    voice, _ = run(name)
    last = readings(name)[-1]
    assert (last.state, last.detail.reason) == (State.IDLE, "interrupted")
    assert isinstance(voice, HookVoice)
    assert voice.under_way is None


@pytest.mark.parametrize("name", ["gemini/interrupted", "gemini/failed"])
def test_a_turn_without_an_answer_is_not_called_complete(name: str) -> None:
    assert State.COMPLETE not in {reading.state for reading in readings(name)}


def test_prompts_are_told_verbatim_and_once() -> None:
    for name, prompt in (
        ("codex/read", "Read the sources"),
        ("qwen/read", "Read the sources"),
        ("gemini/edit", "Fix it"),
    ):
        assert [heard.prompt for heard, _, _ in run(name)[1] if heard.prompt is not None] == [prompt]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("codex/approved", "touch /var/tmp/build-mark"),
        ("gemini/tests", "python3 -m pytest -v tests"),
        ("qwen/tests", "python3 -m pytest -v tests"),
    ],
)
def test_a_permission_dialog_says_what_it_is_about(name: str, command: str) -> None:
    asked = [reading for reading in readings(name) if reading.state is State.WAITING]
    assert asked
    assert all(reading.detail.command == command and reading.detail.question for reading in asked)


def test_what_codex_asks_for_is_what_it_does_once_it_is_granted() -> None:
    asked = next(each for each in readings("codex/approved") if each.state is State.WAITING)
    assert asked.then is not None
    assert (asked.then.state, asked.then.detail.command) == (State.WORKING, "touch /var/tmp/build-mark")
    assert asked.then.detail.question is None


@pytest.mark.parametrize("name", ["gemini/question", "qwen/question", "codex/question"])
def test_a_question_comes_with_its_options(name: str) -> None:
    asked = next(reading for reading in readings(name) if reading.state is State.WAITING)
    assert asked.detail.options == ("SQLite", "Redis")


def test_errors_have_a_class() -> None:
    assert readings("qwen/failed")[-1].detail.error is ErrorClass.INVALID_REQUEST
    assert readings("qwen/failed_auth")[-1].detail.error is ErrorClass.AUTH


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "payload", [{}, {"tool_input": 5, "tool_name": []}, {"prompt": {}}, {"tool_input": {"command": 7}}]
)
def test_any_payload_is_heard(kind: str, payload: dict[str, object]) -> None:
    events = {*codex_hooks.EVENTS, *gemini_hooks.EVENTS, *qwen_hooks.EVENTS, "New", ""}
    voice = catalogue.voice_of(kind)
    assert voice is not None
    for name in sorted(events):
        voice.hear(HookEvent("g/1.0.json", "g", name, 1, payload))


# ---- what a spawn is given


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    (tmp_path / "spool dir").mkdir()
    (tmp_path / "own").mkdir()
    return Ground(tmp_path / "own", tmp_path / "spool dir", {})


def overrides(argv: tuple[str, ...]) -> Iterator[str]:
    words = iter(argv)
    for word in words:
        assert word == "-c"
        yield next(words)


def test_codex_is_given_hooks_and_trust_for_them_alone(ground: Ground) -> None:
    given = codex_hooks.furnish(ground)
    config: dict[str, object] = {}
    trusted: dict[str, object] = {}
    for override in overrides(given.argv):
        value = tomllib.loads(f"value = {override.partition('=')[2]}")["value"]
        if override.startswith("hooks.state="):
            trusted = value
        else:
            config[override.partition("=")[0]] = value
    assert set(config) == {f"hooks.{event}" for event in codex_hooks.EVENTS}
    assert len(trusted) == len(codex_hooks.EVENTS)
    assert all(key.startswith("/<session-flags>/config.toml:") for key in trusted)
    assert not any("bypass" in word for word in given.argv)


def test_the_hash_is_the_one_that_codex_writes() -> None:
    # Written by Codex 0.169.0 into its own settings when a person trusted a hook with that line and a time limit of 3 s.
    line = (RECORDED / "codex" / "trusted_line.txt").read_text().rstrip("\n")
    assert codex_hooks.digest("Interrupt", line) == (RECORDED / "codex" / "trusted_hash.txt").read_text().strip()


@pytest.mark.parametrize("module", [qwen_hooks, gemini_hooks])
def test_system_defaults_keep_what_the_machine_says(module: object, ground: Ground) -> None:
    below = ground.folder / "machine.json"
    mine = {"hooks": [{"type": "command", "command": "true"}]}
    below.write_text(json.dumps({"ui": {"theme": "x"}, "hooks": {"Stop": [mine], "disabled": ["a"]}}))
    given = system_settings.furnish(
        Ground(ground.folder, ground.spool, {"V": str(below)}), "V", Path("/nowhere"), ["Stop", "SessionStart"]
    )
    settings = json.loads(given.files[system_settings.SETTINGS])
    assert settings["ui"] == {"theme": "x"}
    assert settings["hooks"]["Stop"][0] == mine
    assert len(settings["hooks"]["Stop"]) == 2
    assert settings["hooks"]["disabled"] == ["a"]
    assert given.env == {"V": str(ground.folder / system_settings.SETTINGS)}


def test_defaults_that_cannot_be_read_are_left_alone(ground: Ground) -> None:
    below = ground.folder / "machine.json"
    below.write_text("{ // mine\n}")
    given = system_settings.furnish(
        Ground(ground.folder, ground.spool, {"V": str(below)}), "V", Path("/nowhere"), ["Stop"]
    )
    assert (given.files, given.argv, given.env) == ({}, (), {})


def test_qwen_lines_hold_nothing_that_it_would_fill_in(ground: Ground) -> None:
    given = qwen_hooks.furnish(ground)
    for groups in json.loads(given.files[system_settings.SETTINGS])["hooks"].values():
        assert "$" not in groups[-1]["hooks"][0]["command"]


def test_gemini_goes_without_where_it_would_warn(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    assert not gemini_hooks.believed(open_to_all)
    assert gemini_hooks.furnish(Ground(open_to_all, tmp_path, {})).env == {}


def test_the_report_is_left_in_the_spool_and_never_fails(ground: Ground) -> None:
    line = calls(ground.folder / REPORT)
    gone = subprocess.run(["sh", "-c", line], input=b"x" * 100_000, check=False)
    assert gone.returncode == 0
    (ground.folder / REPORT).write_text(script(ground.spool))
    for n in range(2):
        done = subprocess.run(["sh", "-c", line], input=json.dumps({"n": n}).encode(), capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    left = sorted(ground.spool.iterdir())
    assert sorted(json.loads(path.read_bytes())["n"] for path in left) == [0, 1]
    assert all(re.fullmatch(rf"\d+\.\d+\.{os.getpid()}\.json", path.name) for path in left)
    assert shlex.split(line)


def test_a_kind_without_a_channel_is_given_nothing(ground: Ground) -> None:
    assert catalogue.voice_of("") is None
    assert catalogue.furnish("aider", ground).files == {}
