"""docs/new-agent.md, walked as a reader walks it: its commands and its file as they stand there, on a small chat program."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from e2e.waiting import until
from e2e.world import World, state_is

PAGE = Path(__file__).resolve().parents[2] / "docs" / "new-agent.md"
CHAT = """
import pathlib, sys, time
holds = pathlib.Path(HOLDS)
def wait(name):
    while not (holds / name).exists():
        time.sleep(0.02)
print("Chatting with a model")
print("Type 'exit' or 'quit' to exit")
turn = 0
while True:
    line = input("> ")
    if line in ("exit", "quit"):
        break
    turn += 1
    wait(f"think{turn}")
    print("It is ", end="", flush=True)
    wait(f"say{turn}")
    print("raining.")
"""


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def chat(world: World) -> World:
    """A world with `llm` on its PATH, as the page has it."""
    holds = world.root / "chat"
    holds.mkdir()
    script = world.root / "bin" / "llm.py"
    script.write_text(CHAT.replace("HOLDS", repr(str(holds))), encoding="utf-8")
    program = world.root / "bin" / "llm"
    python = world.root / "python" / "llm"
    python.symlink_to(Path(sys.executable).resolve())
    program.write_text(f'#!/bin/sh\nexec {python} {script} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return world


def walk(world: World, line: str) -> str:
    """Runs one line of the page; what it printed."""
    words = shlex.split(line, comments=True)
    if words[0] == "tmux":
        assert words[1:3] == ["-L", "outrider"]
        world.tmux(*words[3:])
        return ""
    done = world.cli(*words[1:])
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_kind_from_nothing(chat: World) -> None:
    world, holds = chat, chat.root / "chat"
    start, adopt, *records = blocks("sh")[0].splitlines()
    world.spawn("other", [])  # the daemon's tmux server runs, as it does for whoever has an agent already
    walk(world, start)
    until(lambda: "\n>" in world.screen("try"))
    until(lambda: world.cli(*shlex.split(adopt, comments=True)[1:]).returncode == 0, what="it to be adopted")
    for number, line in enumerate(records):
        if number == 1:
            world.press("try", "How is it?", "Enter")
            until(lambda: "How is it?" in world.screen("try"))
        elif number == 2:
            (holds / "think1").touch()
            until(lambda: "It is" in world.screen("try"))
        elif number == 3:
            (holds / "say1").touch()
            until(lambda: "raining." in world.screen("try"))
        walk(world, line)
    assert [re.findall(r"--state (\w+)", line)[0] for line in records] == ["idle", "thinking", "working", "complete"]

    before = json.loads(world.cli("score", "cases", "--json").stdout)
    folder = world.home / ".config" / "outrider" / "agents"
    folder.mkdir(parents=True)
    folder.joinpath("llm.toml").write_text(blocks("toml")[0], encoding="utf-8")
    score, against = [line for block in blocks("sh")[1:] for line in block.splitlines()]
    after = json.loads(world.cli(*shlex.split(score)[1:], "--json").stdout)
    assert after["cases"] == before["cases"] == 4
    assert (after["coarse"], after["exact"]) == (1.0, 1.0), after["misses"]
    assert before["exact"] < 1.0
    text = blocks("toml")[0]
    world.root.joinpath("old.toml").write_text(
        text.replace('state = "thinking"', 'state = "working"'), encoding="utf-8"
    )
    differing = json.loads(world.cli(*shlex.split(against)[1:], "--json").stdout)
    assert [(each["change"], each["expected"]) for each in differing["changed"]] == [("better", "thinking")]
    assert "Judged differently" in walk(world, against)
    (forget,) = re.findall(r"`(outrider forget [^`]+)`", PAGE.read_text(encoding="utf-8"))
    walk(world, forget)

    (spawn,) = re.findall(r"`(outrider spawn [^`]+)`", PAGE.read_text(encoding="utf-8"))
    (holds / "think1").unlink()
    (holds / "say1").unlink()
    until(lambda: world.cli(*shlex.split(spawn)[1:], "--workdir", str(world.workdir())).returncode == 0)
    state_is(world, "try2", "thinking")
    (holds / "think1").touch()
    state_is(world, "try2", "working")
    (holds / "say1").touch()
    state_is(world, "try2", "complete")
    assert "done" in world.cli("why", "try2").stdout
