"""Three nodes on three hosts, each with its own network, tmux, HOME and data; one is cut off, one dies, and the Redis dies meanwhile."""

import time
from collections.abc import Iterator, Sequence

import pytest

from e2e.hosts import Hosts, others
from e2e.waiting import until
from e2e.world import World
from outrider.model.wire import AgentJSON

Event = dict[str, object]


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """North, south and west."""
    made = Hosts("north", "south", "west", slow="west")
    try:
        yield made.start()
    finally:
        made.close()


def nodes(world: World) -> dict[str, bool]:
    """The nodes that it shows, and whether they are there."""
    return others(world.http.get("/api/nodes").raise_for_status().json()["nodes"])


def shown(world: World, session: str) -> AgentJSON | None:
    """An agent as that node shows it; None where it shows none."""
    agents: Sequence[AgentJSON] = world.http.get("/api/agents").raise_for_status().json()["agents"]
    return next((agent for agent in agents if agent["session"] == session), None)


def rests(world: World, session: str) -> bool:
    """Whether it shows that agent at rest, as of now."""
    agent = shown(world, session)
    return agent is not None and "away" not in agent and agent["state"] in {"idle", "complete"}


def events(world: World, session: str, nodes: str = "") -> list[tuple[object, object]]:
    """What it tells of an agent: seq and name of each event."""
    page = (
        world.http.get("/api/events", params={"limit": 1000, **({"nodes": nodes} if nodes else {})})
        .raise_for_status()
        .json()
    )
    return [(event["seq"], event["event"]) for event in page["events"] if event["session"] == session]


def test_who_is_cut_off_goes_on_alone_and_all_is_right_again_when_the_line_is_mended(hosts: Hosts) -> None:
    north, south, west = (hosts[name] for name in ("north", "south", "west"))
    slow = "a relay: this kernel has no netem" if hosts.relay is not None else "netem"
    for world in (north, south):
        until(lambda world=world: nodes(world) == dict.fromkeys(hosts.nodes, True), what="all to see all")  # type: ignore[misc]
    run = south.spawn("types")
    until(lambda: rests(north, "south/types"), what="north to show the agent")
    north.sent(north.send("south%2Ftypes", "one"))

    hosts.cut("south")
    waiting = [north.send("south%2Ftypes", "three")]
    south.sent(south.send("types", "two"))  # nothing waits for the others
    until(lambda: not nodes(north)["south"], what="north to say that south is away")
    until(lambda: south.http.get("/health").status_code == 503, what="south to say that it is alone")
    hosts.redis.kill9()
    west.kill9()
    waiting.append(north.send("south%2Ftypes", "four"))
    hosts.redis.start()
    west.start(degraded=True)
    hosts.mend("south")
    mended = time.monotonic()
    until(lambda: rests(north, "south/types"), what="north to show the agent as it is")
    print(
        f"the slow line to west was {slow}; the state was right {time.monotonic() - mended:.1f} s after the line was mended"
    )
    for command in waiting:
        north.sent(command)
    print(f"all commands were typed {time.monotonic() - mended:.1f} s after it was mended")
    assert run.prompts() == ["one", "two", "three", "four"]
    until(lambda: nodes(west) == dict.fromkeys(hosts.nodes, True), what="west to see all again")
    until(lambda: rests(west, "south/types"), what="west to show it too")
    until(
        lambda: events(north, "south/types", nodes="all") == events(south, "types"),
        what="north to have heard all, once",
    )

    hosts.cut("south")  # who is told to end does so, also while nothing answers
    began = time.monotonic()
    assert south.stop() == 0
    print(f"a node that is cut off ended in {time.monotonic() - began:.1f} s")
