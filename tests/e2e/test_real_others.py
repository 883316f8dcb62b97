"""The real Codex, Gemini CLI, Qwen Code and OpenCode, their model a script of ours: one sitting each, for their dialogs and channels.

Each asks for leave to run a command, is approved, and starts another one of its own kind in it; asks for leave to edit a file, and is
denied; and then meets a failure. OpenCode starts none: it takes half a minute to, and what it starts has a server of its own. Codex
and aider have a sitting of their own for their dialogs.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.real import dialogs, install
from e2e.real.install import NotInstalled
from e2e.real.lab import Lab
from e2e.real.model import Step
from e2e.waiting import until
from e2e.world import World
from outrider.kinds.channels.gemini_hooks import believed

pytestmark = pytest.mark.real
TIMEOUT = 300.0


@dataclass(frozen=True)
class Sitting:
    """Words for its command line, the tool that runs a command and its argument, and how it starts another one of its kind."""

    kind: str
    extra: tuple[str, ...]
    tool: str
    argument: str
    child: str
    asks: bool = True
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
        asks=False,
        announces=True,
    ),
    Sitting("gemini", (), "run_shell_command", "command", "--yolo -p hello", shown=True),
    Sitting("qwen", (), "run_shell_command", "command", "--approval-mode yolo -p hello", shown=True),
    Sitting("opencode", (), "bash", "command", ""),
)
WAYS = {"opencode": "server"}


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
def test_its_dialogs_are_answered_it_speaks_for_itself_alone_and_says_how_it_failed(sitting: Sitting) -> None:
    with opened(sitting.kind) as lab:
        world, events = lab.world, lab.world.record()
        program = world.root / "bin" / sitting.kind
        line = f"{program} {sitting.child}" if sitting.child else "while [ ! -e go ]; do sleep 0.1; done"
        child: list[list[Step]] = [[{"hold": "child"}, {"say": "I am the child."}]] if sitting.child else []
        file = lab.project / "src" / "parser.py"
        run: dict[str, object] = {sitting.argument: line, "description": "Ask another one"}
        lab.script(
            [
                [{"tool": sitting.tool, "input": run}],
                *child,
                [{"say": "The other one is done."}],
                *(dialogs.edit(sitting.kind, file) if sitting.asks else ()),
                [{"hold": "stop"}, {"say": "Nobody hears this."}],
                [{"error": 400, "kind": "invalid_request_error", "message": "Bad request", "times": 5}],
            ]
        )
        lab.spawn("one", "--prompt", "Ask another one", extra=sitting.extra)
        if sitting.announces:
            until(lambda: "announcement" in sources(world), TIMEOUT, what="what its output announces to be heard")
        if sitting.asks:
            _a_command_is_approved(lab, line)
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
        if sitting.asks:
            _an_edit_is_denied(lab, file)
        _a_turn_is_interrupted(lab)
        errors = world.agent("one")["counters"]["errors"]
        if sitting.shown:
            dialogs.drafted(world, "one", "Once more", TIMEOUT)
        else:
            world.sent(world.send("one", "Once more"), TIMEOUT)
        until(lambda: lab.prompts()[-1] == "Once more", what="the command to be asked, without the draft")
        events.state("one", "error", timeout=TIMEOUT)
        until(lambda: world.agent("one")["detail"].get("retrying") is not True, TIMEOUT, what="it to give up")
        assert world.agent("one")["detail"]["error"] == "invalid_request"
        assert {each["source"] for each in world.why("one")["evidence"]} & {"hook", "transcript"}
        counters = world.agent("one")["counters"]
        assert (counters["commands"], counters["errors"] - errors, counters["tokens"] > 0) == (1, 1, True)

        def wiped() -> bool:
            world.tmux("send-keys", "-R", "-t", "=one:")  # again and again, as it may draw it all anew
            world.tmux("clear-history", "-t", "=one:")
            return "Once more" not in world.http.get("/api/agents/one/output").json()["output"]

        until(wiped, what="all that was drawn to be gone")
        assert world.agent("one")["counters"] == counters, "they come from what it tells, not from what it drew"


def test_codex_dialogs_are_answered_by_keys() -> None:
    with opened("codex") as lab:
        file = lab.project / "src" / "parser.py"
        line = "while [ ! -e go ]; do sleep 0.1; done; touch made"
        run: Step = {
            "tool": "exec_command",
            "input": {"cmd": line, "sandbox_permissions": "require_escalated", "justification": "Allow it?"},
        }
        lab.script([[run], [{"say": "Made."}], *dialogs.edit("codex", file)])
        lab.spawn("one", "--prompt", "Make a file", extra=("--no-daemon", "--sandbox", "read-only"))
        _a_command_is_approved(lab, line)
        until(
            lambda: lab.world.agent("one")["state"] == "working", TIMEOUT, what="what was approved to be seen at work"
        )
        assert lab.world.agent("one")["detail"]["command"] == line
        lab.project.joinpath("go").touch()
        until(lab.project.joinpath("made").exists, TIMEOUT, what="the command to have run")
        _an_edit_is_denied(lab, file)


def _a_command_is_approved(lab: Lab, line: str) -> None:
    asks = dialogs.RUNS[lab.kind](line)
    approval = dialogs.shown(lab.world, "one", TIMEOUT, labels=asks.labels)
    dialogs.reads_as(approval, asks)
    assert "".join((approval["command"] or "").split()) == "".join(line.split())
    dialogs.answered(lab.world, approval, asks.yes, "approve", "one", way=WAYS.get(lab.kind, "keys"))


def _an_edit_is_denied(lab: Lab, file: Path) -> None:
    world, asks = lab.world, dialogs.EDITS[lab.kind]
    world.sent(world.send("one", "Edit it"), TIMEOUT)
    approval = dialogs.shown(world, "one", TIMEOUT, holds=(dialogs.BEFORE, dialogs.AFTER), labels=asks.labels)
    dialogs.reads_as(approval, asks)
    assert (approval["file"] or "").endswith("src/parser.py")
    way = WAYS.get(lab.kind, "keys")
    dialogs.answered(world, approval, asks.no, "deny", "one", "--reason", "Not today", way=way)
    until(lambda: world.agent("one")["state"] in ("idle", "complete"), TIMEOUT, what="it to be at rest again")
    assert dialogs.BEFORE in file.read_text(encoding="utf-8")
    assert way == "keys" or "Not today" in str(lab.asked()[-1]["messages"])


def _a_turn_is_interrupted(lab: Lab) -> None:
    world = lab.world
    world.sent(world.send("one", "Wait for me"), TIMEOUT)
    lab.reached("stop", TIMEOUT)
    until(lambda: world.http.post("/api/agents/one/interrupt").is_success, what="it to be seen at work")
    until(
        lambda: world.agent("one")["detail"].get("reason") == "interrupted", TIMEOUT, what="it to say that it stopped"
    )
    until(lambda: world.agent("one")["state"] == "idle", TIMEOUT, what="it to be at rest again")
    lab.release("stop")


def test_aiders_dialogs_are_answered_by_keys() -> None:
    block = "\n".join(
        (
            "Here:",
            "",
            "src/parser.py",
            "```python",
            "<<<<<<< SEARCH",
            f"    {dialogs.BEFORE}",
            "=======",
            f"    {dialogs.AFTER}",
            ">>>>>>> REPLACE",
            "```",
            "",
        )
    )
    with opened("aider") as lab:
        world = lab.world
        lab.script([[{"say": "Run it:\n\n```bash\ntouch made\n```\n"}], [{"hold": "edit"}, {"say": block}]])
        lab.spawn("one", "--prompt", "Make a file")
        approval = dialogs.shown(world, "one", TIMEOUT)
        dialogs.reads_as(
            approval, dialogs.Asks("Run shell command?", "Bash", ("Yes", "No", "Don't ask again"), "Yes", "No")
        )
        assert approval["command"] == "touch made"
        dialogs.answered(world, approval, "Yes", "approve", "one")
        until(lab.project.joinpath("made").exists, what="the command to have run")
        world.sent(world.send("one", "Edit it"), TIMEOUT)
        lab.release("edit")
        approval = dialogs.shown(world, "one", TIMEOUT)
        dialogs.reads_as(
            approval,
            dialogs.Asks(
                "Allow edits to file that has not been added to the chat?", "Edit", ("Yes", "No"), "Yes", "No"
            ),
        )
        assert approval["file"] == "src/parser.py"
        dialogs.answered(world, approval, "No", "deny", "one")
        until(lambda: world.agent("one")["state"] in ("idle", "complete"), TIMEOUT, what="it to be at rest again")
        assert dialogs.BEFORE in lab.project.joinpath("src", "parser.py").read_text(encoding="utf-8")
