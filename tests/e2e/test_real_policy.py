"""Real agents under a policy: what their own permission settings refuse, and what is allowed without a person."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.real.install import NotInstalled
from e2e.real.lab import Lab
from e2e.real.model import Step
from e2e.test_approvals import answer
from e2e.waiting import until
from outrider.model.wire import ApprovalJSON

pytestmark = pytest.mark.real
TIMEOUT = 40.0
SLOW = 240.0  # OpenCode takes half a minute to start on a busy machine
MINE = """name = "mine"
extends = "standard"
[[rules]]
name = "nothing leaves"
verdict = "deny"
commands = ["git push *"]
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    """The real agent, its permission hook waiting for long."""
    try:
        fresh = Lab()
    except NotInstalled as error:
        pytest.skip(f"the real Claude Code cannot be installed here: {error}")
    fresh.world.config.write_text("[approvals]\nhook_wait_s = 30\n", encoding="utf-8")
    try:
        fresh.world.start()
        yield fresh
    finally:
        fresh.close()


def test_what_is_allowed_is_not_asked_and_what_is_denied_claude_refuses_by_itself(lab: Lab) -> None:
    events = lab.world.record()
    file = lab.world.root / "mine.toml"
    file.write_text(MINE, encoding="utf-8")
    lab.script(
        [
            [{"tool": "Bash", "input": {"command": "touch made", "description": "Make it"}}],
            [{"tool": "Read", "input": {"file_path": str(lab.project / "README.md")}}],
            [{"tool": "Bash", "input": {"command": "git push origin main", "description": "Send it"}}],
            [{"say": "Then not."}],
        ]
    )
    lab.spawn("works", "--policy", str(file), "--prompt", "Make a file, and send it")
    events.state("works", "complete", timeout=TIMEOUT)
    assert lab.project.joinpath("made").exists()
    said = json.dumps(lab.asked()[-1]["messages"])
    assert "minilang" in said
    assert "has been denied" in said
    log = lab.world.http.get("/api/agents/works/log").json()["log"]
    decided = [row["data"] for row in log if row["action"] == "approval_answered"]
    assert "touch made" in [each["command"] for each in decided]
    # Where its dialog was seen before its hook was heard, the answer is that dialog's "Yes".
    assert {(each["by"], each["answer"]) for each in decided} <= {("policy", "allow"), ("policy", "Yes")}
    assert "git push origin main" not in [each["command"] for each in decided], "the refusal was Claude Code's own"
    assert lab.world.http.get("/api/approvals").json()["count"] == 0
    (settings,) = (lab.world.data / "spawns").glob("*/settings.json")
    assert "Bash(git push:*)" in json.loads(settings.read_text(encoding="utf-8"))["permissions"]["deny"]
    assert "permissions" not in lab.world.home.joinpath(".claude.json").read_text(encoding="utf-8")


SHELLS = {
    "qwen": ("run_shell_command", "command", "denied by permission rules"),
    "gemini": ("run_shell_command", "command", "denied by policy"),
    "opencode": ("bash", "command", "prevents you from using"),
}


@contextmanager
def opened(kind: str) -> Iterator[Lab]:
    """A lab with a policy that denies pushes, or a skip that says why there is none."""
    try:
        fresh = Lab(kind)
    except NotInstalled as error:
        pytest.skip(f"the real {kind} cannot be installed here: {error}")
    try:
        fresh.world.start()
        fresh.world.root.joinpath("mine.toml").write_text(MINE, encoding="utf-8")
        if kind == "opencode":
            _permissive(fresh.world.home / ".config" / "opencode" / "opencode.json")
        yield fresh
    finally:
        fresh.close()


def _permissive(path: Path) -> None:
    """A user's settings that let its main agent do everything."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["agent"] = {"build": {"permission": {"bash": "allow", "edit": "allow"}}}
    path.write_text(json.dumps(settings), encoding="utf-8")


def asked_for(lab: Lab, command: str) -> ApprovalJSON:
    """Waits until a person is asked for that command, and nothing decides it."""

    def look() -> ApprovalJSON | None:
        found: list[ApprovalJSON] = lab.world.http.get("/api/approvals").json()["approvals"]
        return next((each for each in found if each["command"] == command and each.get("ruling")), None)

    return until(look, SLOW, what=f"a dialog for {command}")


def decided(lab: Lab) -> list[object]:
    """The commands whose dialogs were answered."""
    log = lab.world.http.get("/api/agents/works/log").json()["log"]
    return [row["data"].get("command") for row in log if row["action"] == "approval_answered"]


@pytest.mark.parametrize("kind", SHELLS)
def test_others_refuse_by_themselves_what_is_denied_and_ask_for_the_rest(kind: str) -> None:
    tool, argument, refused = SHELLS[kind]

    def runs(command: str) -> list[Step]:
        return [{"tool": tool, "input": {argument: command, "description": "Do it"}}]

    with opened(kind) as lab:
        lab.script([runs("touch made"), runs("git push origin main"), runs("curl https://x.example"), [{"say": "No."}]])
        lab.spawn("works", "--policy", str(lab.world.root / "mine.toml"), "--prompt", "Make a file, and send it")
        approval = asked_for(lab, "curl https://x.example")
        assert approval["ruling"] is not None
        assert approval["ruling"]["verdict"] == "ask", "neither allowed nor denied: a person is asked"
        assert lab.project.joinpath("made").exists(), "allowed, and done without a person"
        assert refused in json.dumps(lab.asked()[-1]["messages"]), "the refusal was its own"
        assert "git push origin main" not in decided(lab)


def test_codex_only_reads_by_itself_and_the_policy_answers_the_rest() -> None:
    def runs(command: str, **more: object) -> list[Step]:
        return [{"tool": "exec_command", "input": {"cmd": command, **more}}]

    leave = {"sandbox_permissions": "require_escalated", "justification": "Allow it?"}
    with opened("codex") as lab:
        lab.script(
            [
                runs("touch unasked"),
                runs("touch made", **leave),
                runs("curl https://x.example", **leave),
                runs("git push origin main", **leave),
            ]
        )
        policy = str(lab.world.root / "mine.toml")
        lab.spawn("works", "--policy", policy, "--prompt", "Make a file, and send it", extra=("--no-daemon",))
        approval = asked_for(lab, "curl https://x.example")
        assert lab.project.joinpath("made").exists(), "allowed, and done without a person"
        assert not lab.project.joinpath("unasked").exists(), "its own sandbox lets it only read"
        assert answer(lab.world, approval, "deny").status_code == 200
        lab.world.sent(lab.world.send("works", "Then send it"), TIMEOUT)
        until(lambda: "git push origin main" in decided(lab), TIMEOUT, what="the push to be decided")
        log = lab.world.http.get("/api/agents/works/log").json()["log"]
        (push,) = [
            row["data"] for row in log if row["action"] == "approval_answered" and "push" in row["data"]["command"]
        ]
        assert (push["by"], push["rule"]) == ("policy", "mine: nothing leaves")
        assert not push["answer"].startswith("Yes")
