"""The real Claude Code in a sandbox: its hooks arrive, its work tree is written, the rest of the home is not."""

from collections.abc import Iterator

import pytest

from e2e.real.lab import Lab
from e2e.test_real_claude import TIMEOUT, open_lab
from e2e.test_sandbox import needs_bwrap
from e2e.waiting import until

pytestmark = [pytest.mark.real, needs_bwrap]


@pytest.fixture
def lab() -> Iterator[Lab]:
    """On the machine's own loopback: a sandbox is no place to enter another network from."""
    fresh = open_lab(private=False)
    try:
        yield fresh
    finally:
        fresh.close()


def test_it_works_inside_and_its_hooks_arrive(lab: Lab) -> None:
    world = lab.world
    events = world.record()
    precious = world.home / "precious"
    precious.write_text("mine\n", encoding="utf-8")
    inside, outside = "echo made > made.txt", f"echo gone > {precious}"
    steer = f"curl -s -o /dev/null -w '%{{http_code}}' -X POST {world.url}/api/agents/task/kill > code"
    lab.script(
        [
            [{"tool": "Bash", "input": {"command": inside, "description": "Make it"}}],
            [{"tool": "Bash", "input": {"command": outside, "description": "Overwrite it"}}],
            [{"tool": "Bash", "input": {"command": steer, "description": "End myself"}}],
            [{"say": "Done."}],
        ]
    )
    lab.spawn("task", "--sandbox", "--prompt", "Go", extra=("--allowedTools", "Bash"))
    agent = world.agent("task")
    assert (agent["sandbox"], agent["unapplied"]) == ("network", [])
    events.state("task", "complete", timeout=TIMEOUT)
    assert until(lambda: world.agent("task")["agent_session"])
    assert any(reading["source"] == "hook" for reading in world.why("task")["evidence"])
    assert (lab.project / "made.txt").read_text() == "made\n"
    assert precious.read_text() == "mine\n"
    assert world.agent("task")["counters"]["commands"] == 3
    assert (lab.project / "code").read_text() == "403", "the network reaches the daemon, and it refuses to be steered"
