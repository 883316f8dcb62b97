"""The real Claude Code under a policy: what its own permission settings refuse, and what is allowed without a person."""

import json
from collections.abc import Iterator

import pytest

from e2e.real.install import NotInstalled
from e2e.real.lab import Lab

pytestmark = pytest.mark.real
TIMEOUT = 40.0
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
