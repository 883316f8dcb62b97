"""A world with a real agent in it, its model a script of ours."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import TypedDict, cast

from e2e.real import homes, install
from e2e.real.homes import Stay
from e2e.real.model import Step
from e2e.real.network import Network
from e2e.waiting import until
from e2e.world import TESTS, World

TRIES = 10
PARSER = "def parse(s):\n    return s.split()\n\n\ndef evaluate(s):\n    return parse(s)[0]\n"
# Runs until the test says that it may end.
SLOW_TEST = (
    "import pathlib, time\n\n\ndef test_slow():\n    while not pathlib.Path('go').exists():\n        time.sleep(0.05)\n"
)


# What agents put beside a person's words begins so; files that they name follow FILES, what aider puts behind them AFTER.
BESIDE = (
    "<system-reminder>",
    "<environment_context>",
    "<session_context>",
    "[System: You successfully executed a tool but",
    "<turn_aborted>",
    "[Request interrupted by user",
    "<user_instructions>",
    "# AGENTS.md",
    "This is the Qwen Code.",
    "Change get_factorial() to use",
    "Refactor hello() into",
    "I switched to a new code base.",
    "I am not sharing any files",
)
FILES = "\n--- Content from referenced files ---"
STOPPED = "^C KeyboardInterrupt"
AFTER = "\n\n# *SEARCH/REPLACE block* Rules:"


class Asked(TypedDict, total=False):
    """One request that the model got."""

    main: bool
    path: str
    messages: list[dict[str, object]]


class Lab:
    """Use `world` as in any other test, `script` and `release` for the model."""

    def __init__(self, kind: str = "claude", /, *, private: bool = True, **dialogs: bool) -> None:
        """`dialogs`: those of Claude Code's first start that were answered already; all of them, unless told otherwise."""
        self.kind = kind
        program = install.program(kind)
        # Its own server is listened to by the daemon, which is outside.
        self.network = Network(wanted=private and kind != "opencode")
        self.world = World()
        self.project = self.world.workdir()
        self.world.root.joinpath("tmp").mkdir()
        self.root = self.world.root / "model"
        self.root.joinpath("holds").mkdir(parents=True)
        self.script([])
        self._bridges: list[subprocess.Popen[bytes]] = []
        self._model = subprocess.Popen(
            self.network.inside([sys.executable, "-m", "e2e.real.model", str(self.root), kind]),
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            stdin=subprocess.DEVNULL,
        )
        until(self.root.joinpath("port").exists, what="the scripted model to listen")
        url = f"http://127.0.0.1:{self.root.joinpath('port').read_text(encoding='utf-8')}"
        stay = homes.claude(url, self.project, **dialogs) if kind == "claude" else homes.STAYS[kind](url, self.project)
        homes.furnish(self.world.home, stay)
        self._files()
        self._programs(program, stay)

    def _files(self) -> None:
        """A small project with a test that lasts until it is told to go."""
        for name, text in (
            ("src/parser.py", PARSER),
            ("tests/test_parser.py", SLOW_TEST),
            ("README.md", "# minilang\n"),
        ):
            file = self.project / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def _programs(self, agent: Path, stay: Stay) -> None:
        exports = {**stay.exports, "TMPDIR": str(self.world.root / "tmp")}
        argv = self.network.inside([str(agent), *stay.words])
        words = shlex.join(["env", *(f"{name}={value}" for name, value in exports.items()), *argv])
        for name, line in (
            (self.kind, words),
            ("pytest", shlex.join([sys.executable, "-m", "pytest", "-p", "no:cacheprovider"])),
        ):
            file = self.world.root / "bin" / name
            file.write_text(f'#!/bin/sh\nexec {line} "$@"\n', encoding="utf-8")
            file.chmod(0o755)

    def script(self, turns: Sequence[Sequence[Step]]) -> None:
        """What the model will answer, one turn for each of its requests from the first one on."""
        fresh = self.root / "script.new"
        fresh.write_text(json.dumps(turns), encoding="utf-8")
        fresh.rename(self.root / "script.json")

    def release(self, hold: str) -> None:
        """Lets the model go on."""
        self.root.joinpath("holds", hold).touch()

    def asked(self) -> list[Asked]:
        """Every request of the conversation, in order."""
        return [asked for asked in self._lines("requests.jsonl") if asked.get("main")]

    def prompts(self) -> list[str]:
        """What the person said in the conversation, as the model has it now, verbatim and in order."""
        asked = self.asked()
        return [text for message in asked[-1]["messages"] for text in said(message)] if asked else []

    def reached(self, hold: str, timeout: float = 90) -> None:
        """Waits until the model stands at that hold."""
        until(lambda: any(line.get("name") == hold for line in self.steps()), timeout, what=f"the model at hold {hold}")

    def steps(self) -> list[dict[str, object]]:
        """What the model was at, in order, with the time (ms)."""
        return [cast("dict[str, object]", line) for line in self._lines("steps.jsonl")]

    def _lines(self, file: str) -> list[Asked]:
        path = self.root / file
        if not path.exists():
            return []
        return [cast("Asked", json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]

    def spawn(self, session: str, *words: str, extra: Sequence[str] = ()) -> None:
        """Spawns the real agent by the command line."""
        where = ("--workdir", str(self.project), "--agent", self.kind)
        done = self.world.cli("spawn", "--session", session, *where, *words, *(("--", *extra) if extra else ()))
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.world.log_tail()}"

    def pressed(self, session: str, dialog: str, key: str, timeout: float = 60) -> None:
        """A person answers the dialog that is drawn: waits until it is, and presses again where the agent did not take the key.

        An agent tells that it asks before it draws the dialog, and one that starts draws it before it reads keys.
        """
        until(lambda: dialog in self.world.screen(session), timeout, what=f"“{dialog}” to be drawn")
        tries = 0
        while dialog in self.world.screen(session):
            assert tries < TRIES, f"{key} is not taken: {self.world.screen(session)}"
            tries += 1
            self.world.press(session, key)
            with suppress(AssertionError):
                until(lambda: dialog not in self.world.screen(session), timeout / TRIES)

    def bridge(self, port: int) -> None:
        """Lets the machine reach that port of the agent's network, until all of it ends. Nothing to do where there is no such network."""
        if not self.network.private:
            return
        socket = self.world.root / f"bridge-{port}"
        argv = [sys.executable, "-m", "e2e.real.bridge", str(port), str(socket)]
        env = {**os.environ, "PYTHONPATH": str(TESTS)}
        for line in (self.network.inside([*argv, "in"]), [*argv, "out"]):
            self._bridges.append(subprocess.Popen(line, env=env, stdin=subprocess.DEVNULL))

    def listens(self) -> int:
        """The port that the agent was told to listen on (`--port N`), once it runs."""

        def told() -> int | None:
            lines = (line.split(" ") for line in self.world.marked().values())
            return next((int(words[words.index("--port") + 1]) for words in lines if self._listener(words)), None)

        return until(told, what="the agent with its port")

    def _listener(self, words: Sequence[str]) -> bool:
        return "--port" in words[:-1] and Path(words[0]).name == self.kind

    def close(self, *, quiet: bool = False) -> None:
        """Ends all of it. Agents that outlive their pane (Gemini CLI, OpenCode) are ended by their process ids."""
        for pid, line in self.world.marked().items():
            if str(install.CACHE) in line:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for process in (self._model, *self._bridges):
            process.terminate()
            process.wait(10)
        try:
            self.world.close(quiet=quiet)
        finally:
            self.network.close()


def said(message: dict[str, object]) -> list[str]:
    """What a person said in a message, in any of the APIs' forms; not what the agent put beside it, not results of tools."""
    if message.get("role") != "user":
        return []
    content = message.get("content", message.get("parts", []))
    blocks = [{"text": content}] if isinstance(content, str) else content
    assert isinstance(blocks, list)
    texts = [str(block["text"]) for block in blocks if "text" in block]
    texts = list(takewhile(lambda text: not text.startswith(FILES), texts))
    texts = [text.partition(AFTER)[0].partition(STOPPED)[0] for text in texts if not text.lstrip().startswith(BESIDE)]
    return [text for text in texts if text]
