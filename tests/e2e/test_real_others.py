"""The channels of the real Codex, Gemini CLI, Qwen Code and OpenCode, their model a script of ours: one sitting each.

Each runs a command in which it starts another one of its own kind, and then meets a failure. OpenCode starts none: it takes half a
minute to, and what it starts has a server of its own.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.real import install
from e2e.real.install import NotInstalled
from e2e.real.lab import Lab
from e2e.real.model import Step
from e2e.waiting import until
from e2e.world import World
from outrider.kinds.channels.gemini_hooks import believed

pytestmark = pytest.mark.real
TIMEOUT = 120.0


@dataclass(frozen=True)
class Sitting:
    """How to let an agent run a command unasked, the tool for it and its argument, and how it starts another one of its kind."""

    kind: str
    extra: tuple[str, ...]
    tool: str
    argument: str
    child: str
    asks: bool = False
    shown: bool = False
    """Whether the other one has its hooks, too."""
    announces: bool = False
    """Whether it says in its raw output what it does."""


SITTINGS = (
    Sitting(
        "codex",
        ("--no-daemon", "--dangerously-bypass-approvals-and-sandbox"),
        "exec_command",
        "cmd",
        "exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox hello",
        announces=True,
    ),
    Sitting("gemini", ("--yolo",), "run_shell_command", "command", "--yolo -p hello", shown=True),
    Sitting(
        "qwen", ("--approval-mode", "yolo"), "run_shell_command", "command", "--approval-mode yolo -p hello", shown=True
    ),
    Sitting("opencode", (), "bash", "command", "", asks=True),
)


def sources(world: World) -> set[str]:
    """Who speaks for what is believed, or against it."""
    why = world.why("one")
    return {each["source"] for each in (*why["evidence"], *why["rejected"])}


@contextmanager
def opened(kind: str) -> Iterator[Lab]:
    """A lab, or a skip that says why there is none. Gemini takes hooks only from folders that are root's alone up to the top."""
    try:
        lab = Lab(kind)
    except NotInstalled as error:
        pytest.skip(f"the real {kind} cannot be installed here: {error}")
    data = Path(tempfile.mkdtemp(prefix="d", dir=install.CACHE.parent))
    try:
        if kind == "gemini":
            if not believed(data):
                pytest.skip(f"Gemini CLI takes no hooks from {data}: that folder, or one above it, is not root's alone")
            lab.world.data = data
        lab.world.start()
        yield lab
    finally:
        lab.close()
        shutil.rmtree(data, ignore_errors=True)


@pytest.mark.parametrize("sitting", SITTINGS, ids=lambda sitting: sitting.kind)
def test_it_speaks_for_itself_alone_and_says_how_it_failed(sitting: Sitting) -> None:
    with opened(sitting.kind) as lab:
        world, events = lab.world, lab.world.record()
        program = world.root / "bin" / sitting.kind
        line = f"{program} {sitting.child}" if sitting.child else "while [ ! -e go ]; do sleep 0.1; done"
        child: list[list[Step]] = [[{"hold": "child"}, {"say": "I am the child."}]] if sitting.child else []
        lab.script(
            [
                [{"tool": sitting.tool, "input": {sitting.argument: line, "description": "Ask another one"}}],
                *child,
                [{"say": "The other one is done."}],
                [{"error": 400, "kind": "invalid_request_error", "message": "Bad request", "times": 5}],
            ]
        )
        lab.spawn("one", "--prompt", "Ask another one", extra=sitting.extra)
        if sitting.announces:
            until(lambda: "announcement" in sources(world), TIMEOUT, what="what its output announces to be heard")
        if sitting.asks:
            events.state("one", "waiting", timeout=TIMEOUT)
            lab.pressed("one", "Permission required", "Enter")
        if sitting.child:
            lab.reached("child", TIMEOUT)
        until(lambda: world.agent("one")["state"] == "working", TIMEOUT, what="its command to be seen")
        assert world.agent("one")["detail"]["command"] == line
        lab.release("child")
        lab.project.joinpath("go").touch()
        events.state("one", "complete", timeout=TIMEOUT)
        until(lambda: world.agent("one")["counters"]["commands"] == 1, what="its one command to be counted")
        assert world.agent("one")["counters"]["errors"] == 0
        if sitting.shown:
            foreign = [each for each in world.why("one")["rejected"] if "is not this agent" in each["why"]]
            assert [each["source"] for each in foreign] == ["hook"], "what the child said is shown, and not believed"
        world.sent(world.send("one", "Once more"), TIMEOUT)
        events.state("one", "error", timeout=TIMEOUT)
        until(lambda: world.agent("one")["detail"].get("retrying") is not True, TIMEOUT, what="it to give up")
        assert world.agent("one")["detail"]["error"] == "invalid_request"
        assert {each["source"] for each in world.why("one")["evidence"]} & {"hook", "transcript"}
        counters = world.agent("one")["counters"]
        assert (counters["commands"], counters["errors"], counters["tokens"] > 0) == (1, 1, True)
        world.tmux("send-keys", "-R", "-t", "=one:")
        world.tmux("clear-history", "-t", "=one:")
        output = "/api/agents/one/output"
        until(lambda: "Once more" not in world.http.get(output).json()["output"], what="all that was drawn to be gone")
        assert world.agent("one")["counters"] == counters, "they come from what it tells, not from what it drew"
