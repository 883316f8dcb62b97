"""A disk that is full while agents work: reading goes on, people are told, nothing is damaged, and afterwards nothing is missing.

The daemon may write to no file beyond its first bytes, as on a disk without room; what agents do is not held up by that.
"""

import resource
from collections.abc import Iterator

import pytest

from e2e.test_notify import configure, hook, in_force
from e2e.waiting import until
from e2e.world import World, state_is
from receiver import Receiver
from receiver import receiver as listening

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="needs prlimit, to take a running daemon's disk"
)
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as one:
        yield one


@pytest.fixture
def world() -> Iterator[World]:
    fresh = World(config="[retention]\nhistory_every_s = 0.5\n")
    try:
        yield fresh.start()
    finally:
        fresh.close()


def test_what_is_read_goes_on_people_are_told_and_nothing_is_lost(world: World, receiver: Receiver) -> None:
    configure(world, hook(receiver.url))
    in_force(world, ["hook"])
    run = world.spawn("task", [[{"hold": "full"}, {"say": "Done."}]], "--prompt", "Go")
    run.reached("full")
    seq = world.http.get("/api/stats").json()["events"]
    resource.prlimit(world.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    run.release("full")
    until(lambda: any(b"can write nothing down" in each.body for each in receiver.requests), 30, what="the alarm")
    health = world.http.get("/health")
    assert (health.status_code, health.json()["store"]["status"]) == (503, "degraded")
    assert str(world.data) in health.json()["reason"]
    refused = world.http.post("/api/agents/task/command", json={"command": "More"})
    assert (refused.status_code, refused.json()["code"]) == (503, "store")
    # What it does is seen, though it cannot be kept.
    state_is(world, "task", "complete")
    assert world.http.get("/api/events", params={"since": 0}).json()["count"] >= seq
    assert "Done." in world.http.get("/api/agents/task/output").json()["output"]
    resource.prlimit(world.pid, resource.RLIMIT_FSIZE, UNLIMITED)
    until(lambda: any(b"can write again" in each.body for each in receiver.requests), 30, what="the end of it")
    until(lambda: world.http.get("/health").status_code == 200, what="all to be well")
    events = world.http.get("/api/events", params={"since": seq, "session": "task"}).json()["events"]
    assert [each["state"] for each in events if each["event"] == "state_change"][-1] == "complete"
    world.sent(world.send("task", "More"))
    assert run.prompts() == ["Go", "More"]
    assert world.cli("db", "check", "--data", str(world.data)).returncode == 0
    assert world.stop() == 0
