"""A second machine joins as the first one says, over a Redis with TLS and a user of Redis that is limited to our keys."""

import subprocess
from collections.abc import Iterator

import pytest

from e2e.waiting import until
from e2e.world import World
from redis_server import RedisServer

USER = (
    "user outrider on >secret resetkeys ~ours:* resetchannels -@all +@stream +@hash +@keyspace +@string "
    "+@connection +@transaction +time"
)
JOINED = """
bus = "{bus}"
[fleet]
heartbeat_s = 0.2
away_s = 3
[redis]
prefix = "ours:"
ca = "{ca}"
"""


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    made = RedisServer(words=("--user", *USER.split()[1:]), tls=True)
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def north(redis: RedisServer) -> Iterator[World]:
    """The first node of a fleet: nobody gave it a key."""
    bus = redis.url.replace("//", "//outrider:secret@")
    made = World(config=JOINED.format(bus=bus, ca=redis.authorities), node="north")
    try:
        yield made.start(degraded=True)
    finally:
        made.close()


@pytest.fixture
def south(redis: RedisServer) -> Iterator[World]:
    """A machine that knows nothing of the fleet but who vouches for its Redis."""
    made = World(config=f'[fleet]\nheartbeat_s = 0.2\naway_s = 3\n[redis]\nca = "{redis.authorities}"', node="south")
    made.env |= {"OUTRIDER_DATA": str(made.data)}
    try:
        yield made
    finally:
        made.close()


def by_hand(world: World, script: str) -> subprocess.CompletedProcess[str]:
    """What a person pastes into a shell there; `outrider` is at hand, and only says what it was called with."""
    program = world.root / "bin" / "outrider"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$OUTRIDER_REDIS__PREFIX" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return subprocess.run(["sh"], input=script, env=world.env, capture_output=True, text=True, timeout=30, check=False)


def nodes(world: World) -> dict[str, object]:
    told = world.http.get("/api/nodes").raise_for_status().json()["nodes"]
    return {node["node"]: node["away"] for node in told}


def reason(world: World) -> str:
    return str(world.http.get("/health").json().get("reason", ""))


def test_what_invite_prints_makes_another_machine_a_node(north: World, south: World) -> None:
    refused = south.cli("node", "invite")
    assert refused.returncode == 2
    assert "--bus redis://" in refused.stderr
    stranger = south.cli("up", "--join", "rediss://north:6379")
    assert stranger.returncode == 2
    assert "`outrider node invite` prints what to run here" in stranger.stderr
    invited = north.cli("node", "invite", "--config", str(north.config), "--data", str(north.data))
    assert invited.returncode == 0, invited.stderr
    assert "reaches the Redis from this machine alone" in invited.stderr
    assert "OUTRIDER_REDIS__CA" in invited.stderr

    done = by_hand(south, invited.stdout)
    assert done.returncode == 0, done.stderr
    prefix, *words = done.stdout.splitlines()
    assert (prefix, words[:2]) == ("ours:", ["up", "--join"])
    assert ((south.data / "fleet.key").stat().st_mode & 0o777, south.data.stat().st_mode & 0o777) == (0o600, 0o700)
    south.env["OUTRIDER_REDIS__PREFIX"] = prefix
    south.start(*words, degraded=True)
    for world in (north, south):
        until(lambda world=world: nodes(world) == {"north": None, "south": None}, what="both to see both")  # type: ignore[misc]
    asked = south.http.post("/api/nodes/north/drain")  # a letter, and its answer
    assert asked.status_code == 200, asked.text
    assert north.http.post("/api/nodes/north/drain", json={"drain": False}).json()["nodes"][0]["draining"] is False

    # Later: the machine is given another name, and its key is not the one of today.
    south.stop()
    south.data.joinpath("fleet.key").write_text("the key of last year's fleet\n", encoding="utf-8")
    south.node = "south-2"
    south.start(*words, degraded=True)
    until(lambda: "has not the key of north" in reason(south), what="south to say that its key is another")
    assert "node invite" in reason(south)
    again = by_hand(south, invited.stdout)
    assert "holds other keys" in again.stderr
    assert south.data.joinpath("fleet.key").read_text(encoding="utf-8").startswith("the key of last year")
    south.data.joinpath("fleet.key").unlink()
    assert by_hand(south, invited.stdout).returncode == 0
    for world in (north, south):  # without a restart; and the old name is out of the list
        until(lambda world=world: nodes(world) == {"north": None, "south-2": None}, what="both to see both")  # type: ignore[misc]
        until(lambda world=world: world.http.get("/health").status_code == 200, what="both to be well")  # type: ignore[misc]
