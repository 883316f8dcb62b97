"""A fresh world for one test: its own tmux server, HOME, data, port and daemon, and agents that follow scripts.

Nothing of the machine's user is touched: what was started here carries a mark in its environment, and `close` ends it by its
process id and then asserts that nothing with that mark is left. The folder is short on purpose: paths of Unix sockets are.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypedDict, cast

import httpx

from e2e.recorder import AllNodesRecorder, Recorder
from e2e.scripted.script import Script, Step
from e2e.waiting import until
from outrider.model.wire import AgentJSON, CommandJSON, WhyJSON
from ports import free_port

MARK = "E2E_WORLD"
TESTS = Path(__file__).resolve().parent.parent
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"


class LogLine(TypedDict, total=False):
    """One line of a scripted agent's log."""

    t: int
    event: str
    text: str
    name: str
    answer: str
    pid: int
    argv: list[str]
    status: int


class Run:
    """One scripted agent, seen from behind the curtain."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.joinpath("holds").mkdir(parents=True, exist_ok=True)

    def script(self, turns: Sequence[Sequence[Step]] = (), **start: object) -> None:
        """What it will do; `start` are the ways in which its start misbehaves."""
        script = cast("Script", {"turns": [list(turn) for turn in turns], **start})
        self.root.joinpath("script.json").write_text(json.dumps(script), encoding="utf-8")

    def release(self, hold: str) -> None:
        """Lets it go on."""
        self.root.joinpath("holds", hold).touch()

    def log(self, *events: str) -> list[LogLine]:
        """What it noted, of those kinds."""
        try:
            text = self.root.joinpath("log.jsonl").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        lines = [cast("LogLine", json.loads(line)) for line in text.split("\n") if line]
        return [line for line in lines if not events or line["event"] in events]

    def prompts(self) -> list[str]:
        """What arrived as prompts, verbatim, in order."""
        return [line["text"] for line in self.log("prompt")]

    def reached(self, hold: str, timeout: float = 40.0) -> None:
        """Waits until it stands at that hold."""
        until(lambda: any(line["name"] == hold for line in self.log("hold")), timeout, what=f"hold {hold}")

    @property
    def pid(self) -> int:
        """The process of its latest start."""
        return self.log("start")[-1]["pid"]


class World:
    """Everything a test needs; `start` makes the daemon, `close` ends all."""

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        config: str = "",
        node: str = "here",
        *,
        verb: Sequence[str] = ("up",),
    ) -> None:
        self._verb = verb
        self.within: Sequence[str] = ()
        """Words before the daemon's own, which put it elsewhere."""
        self.program: Sequence[str] = ("-m", "outrider")
        """What Python runs as the daemon."""
        self.node = node
        self.mark = secrets.token_hex(6)
        self.root = Path(tempfile.mkdtemp(prefix="outrider-e2e-"))
        self.home = self.root / "home"
        self.data = self.root / "data"
        self.socket = f"outrider-test-{self.mark}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = self.root / "config.toml"
        self.config.write_text(config, encoding="utf-8")
        self.env = {
            "PATH": f"{self.root / 'bin'}:{SYSTEM_PATH}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "OUTRIDER_URL": self.url,
            MARK: self.mark,
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
            **(env or {}),
        }
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self._daemon: subprocess.Popen[bytes] | None = None
        self._recorders: list[Recorder] = []
        self._sockets = {self.socket}
        for folder in (self.home, self.root / "bin", self.root / "runs"):
            folder.mkdir()
        self._install_scripted()

    def _install_scripted(self) -> None:
        """A `claude` on the PATH that is our scripted program; its process goes by that name too, as the real one's."""
        python = self.root / "python" / "claude"
        python.parent.mkdir()
        python.symlink_to(Path(sys.executable).resolve())
        program = self.root / "bin" / "claude"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={TESTS} exec {python} -m e2e.scripted "$@"\n', encoding="utf-8")
        program.chmod(0o755)

    # The daemon

    def start(self, *verb: str, degraded: bool = False) -> "World":
        """Starts the daemon and waits until it answers that it is well; `degraded`: that it answers at all. `verb`
        stands for the usual one, this time."""
        argv = [*self.within, sys.executable, *self.program, *(verb or self._verb), *self.flags]
        with self.log_file.open("ab") as log:
            self._daemon = subprocess.Popen(
                argv,
                env=self.env,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: self._answers((200, 503) if degraded else (200,)), 60, what="the daemon to answer")
        return self

    @property
    def flags(self) -> list[str]:
        """What the daemon of this world is started with."""
        flags = ["--port", str(self.port), "--data", str(self.data), "--tmux-socket", self.socket]
        name = ("--node", self.node) if self.node else ()  # else the config file says it
        return [*flags, "--config", str(self.config), *name, "--log-level", "debug"]

    def _answers(self, statuses: Sequence[int]) -> bool:
        assert self._daemon is not None
        if self._daemon.poll() is not None:
            raise AssertionError(f"the daemon ended with {self._daemon.returncode}:\n{self.log_tail()}")
        try:
            return self.http.get("/health").status_code in statuses
        except httpx.TransportError:
            return False

    @property
    def log_file(self) -> Path:
        """What the daemon wrote."""
        return self.root / "daemon.log"

    def log_tail(self, lines: int = 60) -> str:
        """The end of what the daemon wrote."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").split("\n")[-lines:])

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self._daemon is not None
        return self._daemon.pid

    def kill9(self) -> None:
        """The daemon is gone, at once."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGKILL)
        self._daemon.wait(10)

    def stop(self) -> int:
        """Asks the daemon to end; its exit status."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Waits until what was started has ended; its exit status."""
        assert self._daemon is not None
        try:
            return self._daemon.wait(60)
        except subprocess.TimeoutExpired:
            self._daemon.send_signal(signal.SIGABRT)  # it writes where it stands
            self._daemon.wait(10)
            raise AssertionError(f"the daemon does not end:\n{self.log_tail()}") from None

    # Asking it

    def cli(self, *words: str, stdin: str | None = None, timeout: float = 90) -> subprocess.CompletedProcess[str]:
        """Runs the command line as a person would; its exit code is for the caller to judge."""
        argv = [sys.executable, "-m", "outrider", *words]
        return subprocess.run(
            argv, env=self.env, cwd=self.root, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )

    def agent(self, session: str) -> AgentJSON:
        """One agent as the API shows it."""
        return cast("AgentJSON", self.http.get(f"/api/agents/{session}").raise_for_status().json())

    def why(self, session: str) -> WhyJSON:
        """The evidence for its state."""
        return cast("WhyJSON", self.http.get(f"/api/agents/{session}/why").raise_for_status().json())

    def command(self, command_id: str) -> CommandJSON:
        """One command with its attempts."""
        return cast("CommandJSON", self.http.get(f"/api/commands/{command_id}").raise_for_status().json())

    def commands(self) -> list[CommandJSON]:
        """Every command, newest first."""
        answer = self.http.get("/api/commands", params={"limit": 500}).raise_for_status()
        return cast("list[CommandJSON]", answer.json()["commands"])

    def send(self, session: str, text: str, **fields: object) -> str:
        """Queues a command over HTTP; its id."""
        answer = self.http.post(f"/api/agents/{session}/command", json={"command": text, **fields})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def sent(self, command_id: str, timeout: float = 60) -> CommandJSON:
        """Waits until a command is `sent`; any other end is an error."""
        self.settled(command_id, timeout)
        command = self.command(command_id)
        assert command["status"] == "sent", command
        return command

    def settled(self, command_id: str, timeout: float = 60) -> CommandJSON:
        """Waits until a command has come to any end."""
        until(
            lambda: self.command(command_id)["status"] not in ("queued", "sending"),
            timeout,
            what=f"command {command_id} to come to an end",
        )
        return self.command(command_id)

    def record(self, since: int = 0) -> Recorder:
        """A recorder of all events, closed with the world."""
        recorder = Recorder(f"ws://127.0.0.1:{self.port}", since)
        self._recorders.append(recorder)
        return recorder

    def record_all(self) -> AllNodesRecorder:
        """A recorder of all nodes' events, from the beginning; closed with the world."""
        recorder = AllNodesRecorder(f"ws://127.0.0.1:{self.port}")
        self._recorders.append(recorder)
        return recorder

    # Agents and tmux

    def run(self, session: str) -> Run:
        """The scripted agent of that session, behind the curtain."""
        return Run(self.root / "runs" / session)

    def workdir(self, name: str = "project") -> Path:
        """A folder to work in."""
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    def spawn(self, session: str, turns: Sequence[Sequence[Step]] = (), *words: str, **start: object) -> Run:
        """Spawns a scripted agent by the command line, as the README says."""
        run = self.run(session)
        run.script(turns, **start)
        where = ("--workdir", str(self.workdir()), "--agent", "claude", "--env", f"SCRIPTED_AGENT_DIR={run.root}")
        done = self.cli("spawn", "--session", session, *where, *words)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.log_tail()}"
        return run

    def tmux(self, *words: str, server: str | None = None, stdin: str | None = None) -> str:
        """Asks a tmux server of this world."""
        name = server or self.socket
        self._sockets.add(name)
        argv = ["tmux", "-L", name, "-f", "/dev/null", *words]
        return subprocess.run(argv, env=self.env, input=stdin, capture_output=True, text=True, check=True).stdout

    def screen(self, session: str, server: str | None = None) -> str:
        """What a person would see."""
        return self.tmux("capture-pane", "-p", "-t", f"={session}:", server=server)

    def press(self, session: str, *keys: str, server: str | None = None) -> None:
        """A person at the terminal presses keys."""
        self.tmux("send-keys", "-t", f"={session}:", *keys, server=server)

    def marked(self) -> dict[int, str]:
        """Processes of this world, by their id; empty where the system does not tell."""
        mark = f"{MARK}={self.mark}".encode()
        found: dict[int, str] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in folder.joinpath("environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = folder.joinpath("cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        found.pop(os.getpid(), None)
        return {pid: line for pid, line in found.items() if line}

    def _emptied(self) -> bool:
        """Ends the tmux servers, also one that a daemon killed just then had still started; whether nothing is left."""
        for name in self._sockets:
            subprocess.run(["tmux", "-N", "-L", name, "kill-server"], env=self.env, capture_output=True, check=False)
        left = self.marked()
        if self._daemon is not None and self._daemon.returncode == -signal.SIGKILL:
            # tmux 3.3a waits for ever for a control client's output that nobody reads any more; the next daemon would end them.
            for pid in (pid for pid, line in left.items() if line.startswith("tmux ") and " -C " in line):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return not left

    def close(self, *, quiet: bool = False) -> None:
        """Ends everything and asserts that nothing of this world is left; prints what the daemon wrote, unless `quiet`."""
        for recorder in self._recorders:
            recorder.close()
        self.http.close()
        if self._daemon is not None and self._daemon.poll() is None:
            self.stop()
        try:
            until(self._emptied, 60, what="every process of this world to be gone", step=0.1)
        except AssertionError as error:
            left = self.marked()
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"left behind: {left}") from error
        finally:
            for path in (f"{name}{suffix}" for name in self._sockets for suffix in ("", ".outrider-lock")):
                Path("/tmp", f"tmux-{os.getuid()}", path).unlink(missing_ok=True)
            if not quiet:
                print(self.log_tail(200))
            shutil.rmtree(self.root, ignore_errors=True)


def state_is(world: World, session: str, state: str) -> AgentJSON:
    """Waits until the API shows that state."""
    until(lambda: world.agent(session)["state"] == state, what=f"{session} to be {state}")
    return world.agent(session)
