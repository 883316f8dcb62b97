"""Three nodes on one machine that are one fleet, on a real Redis."""

from collections.abc import Iterator

import pytest

from e2e.fleet import Fleet
from e2e.waiting import until


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """North, south and west, joined."""
    made = Fleet("north", "south", "west")
    try:
        yield made.start()
    finally:
        made.close()


def dialogs_of(fleet: Fleet, name: str) -> list[str]:
    """The agents whose dialogs a node lists."""
    found = fleet[name].http.get("/api/approvals").raise_for_status().json()["approvals"]
    return [str(dialog["session"]) for dialog in found]


def test_one_list_of_all_agents_and_what_is_away_is_shown_as_it_was(fleet: Fleet) -> None:
    bash = {"command": "rm -rf build"}
    fleet["south"].spawn("asks", [[{"tool": "Bash", "input": {**bash}, "ask": True}]], "--prompt", "Clean up")
    fleet["north"].spawn("rests")
    for name in ("north", "west"):
        assert fleet.state_is(name, "south/asks", "waiting")["node"] == "south"
        until(lambda name=name: dialogs_of(fleet, name) == ["south/asks"], what="the dialog to be listed")  # type: ignore[misc]
    fleet.state_is("south", "north/rests", "idle")
    assert "south/asks" in fleet["west"].cli("ls").stdout
    only = fleet["west"].http.get("/api/agents", params={"node": "south", "state": "waiting"}).json()
    assert [agent["session"] for agent in only["agents"]] == ["south/asks"]

    fleet["south"].kill9()
    until(lambda: fleet.listed("north")["south"]["away"], what="south to be away")
    until(lambda: "away" in fleet.agents("north")["south/asks"], what="its agent to be away too")
    away = fleet.agents("north")["south/asks"]
    assert away["state"] == "waiting"
    listed = fleet["north"].cli("node", "list").stdout
    assert "south" in listed
    assert "away for" in listed
    assert fleet["north"].http.get("/health").status_code == 200

    fleet["south"].start(degraded=True)
    fleet.sees("north", ["south"])
    until(lambda: "away" not in fleet.agents("north")["south/asks"], what="south's agent to be there again")

    fleet["south"].kill9()
    until(lambda: fleet.listed("north")["south"]["away"])
    assert fleet["north"].cli("node", "forget", "south").returncode == 0
    until(lambda: set(fleet.listed("west")) == {"north", "west"}, what="south to be forgotten by west too")
    until(lambda: "south/asks" not in fleet.agents("west"))
    refused = fleet["north"].cli("node", "forget", "west")
    assert refused.returncode == 1
    assert "not away" in refused.stderr


def test_redis_comes_back_with_nothing_and_everything_is_told_again(fleet: Fleet) -> None:
    fleet["south"].spawn("task")
    fleet.state_is("north", "south/task", "idle")
    fleet.redis.kill9()
    until(lambda: fleet["north"].http.get("/health").json()["status"] == "degraded")
    told = fleet["north"].http.get("/health").json()
    assert "goes on alone" in told["reason"]
    fleet["north"].spawn("alone")
    assert fleet["north"].agent("alone")["alive"]
    fleet.redis.start(wiped=True)
    for name in fleet.nodes:
        fleet.sees(name, fleet.nodes)
    until(lambda: fleet["north"].http.get("/health").status_code == 200)
    until(lambda: "north/alone" in fleet.agents("west"), what="west to show what happened meanwhile")
    until(lambda: "away" not in fleet.agents("north")["south/task"])


def test_a_name_is_given_once_a_key_is_needed_and_a_node_that_is_drained_starts_nothing(fleet: Fleet) -> None:
    twin = fleet.add("twin", called="south").start(degraded=True)
    until(lambda: twin.http.get("/health").status_code == 503)
    reason = until(lambda: r if "called" in (r := str(twin.http.get("/health").json().get("reason", ""))) else None)
    assert "--node NAME" in reason
    fleet.sees("north", ["south"])

    stranger = fleet.add("stranger", key="a key of somebody else's fleet").start(degraded=True)
    until(lambda: stranger.http.get("/health").status_code == 200)
    until(lambda: "does not bear this fleet's key" in fleet["north"].log_tail(200), what="north to refuse it")
    assert set(fleet.listed("north")) == {"north", "south", "west"}
    assert set(fleet.listed("stranger")) == {"stranger"}

    assert fleet["west"].cli("node", "drain", "west").returncode == 0
    until(lambda: fleet.listed("north")["west"]["draining"])
    refused = fleet["west"].cli("spawn", "--session", "x", "--agent", "claude")
    assert refused.returncode == 1
    assert "drained" in refused.stderr
    assert fleet["west"].cli("node", "drain", "west", "--off").returncode == 0
    fleet["west"].spawn("x")
