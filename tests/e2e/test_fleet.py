"""Three nodes on one machine that are one fleet, on a real Redis."""

import json
import time
from collections.abc import Iterator, Sequence

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from e2e.fleet import Fleet
from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import Run
from outrider.store.care import backup
from outrider.store.directory import DATABASE


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


def firing(fleet: Fleet, name: str) -> list[str]:
    """For whom alerts fire on a node."""
    return [each["session"] for each in fleet[name].http.get("/api/alerts").raise_for_status().json()["firing"]]


def test_one_list_of_all_agents_also_of_what_is_away_and_after_redis_lost_everything(fleet: Fleet) -> None:
    bash = {"command": "rm -rf build"}
    fleet["south"].spawn("asks", [[{"tool": "Bash", "input": {**bash}, "ask": True}]], "--prompt", "Clean up")
    fleet["north"].spawn("rests")
    for name in ("north", "west"):
        assert fleet.state_is(name, "south/asks", "waiting")["node"] == "south"
        until(lambda name=name: dialogs_of(fleet, name) == ["south/asks"], what="the dialog to be listed")  # type: ignore[misc]
    fleet.state_is("south", "north/rests", "idle")
    assert "south/asks" in fleet["west"].cli("ls").stdout
    spawned = fleet["west"].cli("events", "--all-nodes", "--event", "agent_spawned").stdout
    assert ["south/asks" in spawned, "north/rests" in spawned] == [True, True]
    only = fleet["west"].http.get("/api/agents", params={"node": "south", "state": "waiting"}).json()
    assert [agent["session"] for agent in only["agents"]] == ["south/asks"]

    rule = {"id": "lost", "on": "node_away", "above": 0.001}
    fleet["north"].http.put("/api/alerts", json={"rules": [rule]}).raise_for_status()
    fleet["south"].kill9()
    until(lambda: fleet.listed("north")["south"]["away"], what="south to be away")
    until(lambda: firing(fleet, "north") == ["south/"], what="north to tell of it")
    until(lambda: "away" in fleet.agents("north")["south/asks"], what="its agent to be away too")
    away = fleet.agents("north")["south/asks"]
    assert away["state"] == "waiting"
    listed = fleet["north"].cli("node", "list").stdout
    assert "south" in listed
    assert "away for" in listed
    assert fleet["north"].http.get("/health").status_code == 200

    fleet.redis.kill9()  # and comes back with nothing, while south does
    until(lambda: fleet["north"].http.get("/health").json()["status"] == "degraded")
    assert "goes on alone" in fleet["north"].http.get("/health").json()["reason"]
    fleet["north"].spawn("alone")
    assert fleet["north"].agent("alone")["alive"]
    fleet["south"].start(degraded=True)
    fleet.redis.start(wiped=True)
    for name in fleet.nodes:
        fleet.sees(name, fleet.nodes)
    until(lambda: fleet["north"].http.get("/health").status_code == 200)
    until(lambda: "north/alone" in fleet.agents("west"), what="west to show what happened meanwhile")
    until(lambda: "away" not in fleet.agents("north")["south/asks"], what="south's agent to be there again")

    assert fleet["south"].stop() == 0
    until(lambda: fleet.listed("north")["south"]["away"])
    assert fleet["north"].cli("node", "forget", "south").returncode == 0
    until(lambda: set(fleet.listed("west")) == {"north", "west"}, what="south to be forgotten by west too")
    until(lambda: "south/asks" not in fleet.agents("west"))
    refused = fleet["north"].cli("node", "forget", "west")
    assert refused.returncode == 1
    assert "not away" in refused.stderr


def told_by(fleet: Fleet, name: str) -> list[int]:
    """A node's own journal."""
    found = fleet[name].http.get("/api/events", params={"limit": 1000}).raise_for_status().json()["events"]
    return [int(event["seq"]) for event in found]


@pytest.fixture
def bad() -> Iterator[Fleet]:
    """North; south, whose clock is five minutes fast; west, at the end of a line that is 200 ms long each way and loses one in twenty."""
    made = Fleet("north", "south", "west", early="south", slow="west")
    try:
        yield made.start()
    finally:
        made.close()


def test_a_client_gets_every_event_and_an_agent_every_command_once_whatever_dies(bad: Fleet) -> None:
    fleet = bad
    north, south, west = (fleet[name] for name in ("north", "south", "west"))
    north.spawn("of-north")
    run = west.spawn("of-west")
    folder = south.workdir()  # a shell has no hooks, whose files would bear the time of the kernel, which is right
    assert south.cli("spawn", "--session", "of-south", "--agent", "shell", "--workdir", str(folder)).returncode == 0
    offsets = {name: round(told["clock_offset_ms"] / 60_000) for name, told in fleet.listed("north").items()}
    assert offsets == {"north": 0, "south": 5, "west": 0}
    for name in ("south", "west"):
        fleet.state_is("north", f"{name}/of-{name}", "idle")
    client = north.record_all()

    def all_came() -> bool:
        return all(client.seqs(name)[-1:] == told_by(fleet, name)[-1:] for name in fleet.nodes)

    until(all_came, what="all that was told before to come")
    assert {event["session"] for event in client.events} == {"of-north", "south/of-south", "west/of-west"}
    elsewhere = [north.send("south%2Fof-south", "echo zero >> typed", expires_s=120)]
    elsewhere.append(north.send("west%2Fof-west", "zero", expires_s=120))
    elsewhere.append(south.send("west%2Fof-west", "early", expires_s=120))
    for command, world in zip(elsewhere, (north, north, south), strict=True):
        world.sent(command)

    fleet.redis.kill9()  # what happens meanwhile is told afterwards
    late = north.send("west%2Fof-west", "late", expires_s=240)  # less than the clocks are apart
    south.sent(south.send("of-south", "echo one >> typed"))
    north.kill9()
    fleet.redis.start()
    south.sent(south.send("of-south", "echo two >> typed"))
    north.start(degraded=True)
    until(all_came, what="what happened while Redis and north were away")

    client.move(f"ws://127.0.0.1:{west.port}")  # another node understands its cursor
    south.kill9()
    west.sent(west.send("of-west", "three"))
    south.start(degraded=True)
    south.sent(south.send("of-south", "echo four >> typed"))
    fleet.redis.kill9()
    fleet.redis.start(wiped=True)
    north.sent(north.send("of-north", "five"))
    until(all_came, 60, what="what happened while south was away and Redis lost everything")
    north.sent(late)
    assert folder.joinpath("typed").read_text(encoding="utf-8").split() == ["zero", "one", "two", "four"]
    assert sorted(run.prompts()) == sorted(["zero", "early", "late", "three"])
    fleet.state_is("north", "west/of-west", "complete")
    fleet.state_is("north", "south/of-south", south.agent("of-south")["state"])
    for name in fleet.nodes:
        assert client.seqs(name) == told_by(fleet, name), name
    assert client.gaps == []
    page = west.http.get("/api/events", params={"nodes": "all", "limit": 1000}).raise_for_status().json()
    assert {event["node"] for event in page["events"]} == set(fleet.nodes)


@pytest.fixture
def pair() -> Iterator[Fleet]:
    """North and south, joined."""
    made = Fleet("north", "south")
    try:
        yield made.start()
    finally:
        made.close()


def test_a_copied_database_is_refused_a_key_is_needed_and_a_node_that_is_drained_starts_nothing(pair: Fleet) -> None:
    fleet = pair
    copy = fleet.add("copy")  # of south's data, as on a machine that was cloned
    backup(fleet["south"].data / DATABASE, copy.data / DATABASE)
    copy.start(degraded=True)
    outside = "The daemon called 'south' (heard of"
    until(lambda: outside in str(copy.http.get("/health").json().get("reason")), what="it to say that it is a copy")
    assert copy.http.get("/health").status_code == 503
    told = (copy.cli("node", "list").stderr, copy.cli("doctor").stdout, copy.log_tail(200))
    assert [(outside in each, "outrider db restore FILE" in each) for each in told] == [(True, True)] * 3
    assert set(fleet.listed("north")) == {"north", "south"}
    fleet.sees("north", ["south"])
    assert copy.stop() == 0
    assert copy.cli("db", "restore", str(copy.root / "kept"), "--data", str(copy.data)).returncode == 1
    for verb in ("backup", "restore"):  # as it was told
        done = copy.cli("db", verb, str(copy.root / "kept"), "--data", str(copy.data))
        assert done.returncode == 0, done.stderr
    copy.start(degraded=True)
    for name in ("north", "south", "copy"):
        fleet.sees(name, ["north", "south", "copy"])

    stranger = fleet.add("stranger", key="a key of somebody else's fleet").start(degraded=True)
    until(lambda: stranger.http.get("/health").status_code == 200)
    until(lambda: "does not bear this fleet's key" in fleet["north"].log_tail(200), what="north to refuse it")
    assert set(fleet.listed("north")) == {"north", "south", "copy"}
    assert set(fleet.listed("stranger")) == {"stranger"}

    assert fleet["south"].cli("node", "drain", "south").returncode == 0
    until(lambda: fleet.listed("north")["south"]["draining"])
    refused = fleet["south"].cli("spawn", "--session", "x", "--agent", "claude")
    assert refused.returncode == 1
    assert "drained" in refused.stderr
    assert fleet["south"].cli("node", "drain", "south", "--off").returncode == 0
    fleet["south"].spawn("x")


def test_a_node_is_renamed_and_what_is_under_way_to_it_follows() -> None:
    fleet = Fleet("north")
    west = fleet.add_service("west")
    try:
        north = fleet.start()["north"]
        places = ("--config", str(west.config), "--data", str(west.data))
        run = west.spawn("task", [[{"hold": "busy"}]], "--prompt", "Begin")
        run.reached("busy")
        until(lambda: "west/task" in fleet.agents("north"), what="north to know of it")
        client = north.record_all()
        sent = [north.send("west%2Ftask", "one")]  # it has it, and waits for the agent
        until(lambda: west.commands()[:1] and west.commands()[0]["command"] == "one", what="west to have it")
        taken = west.cli("node", "rename", "north", *places)
        assert (taken.returncode, "Another node of this fleet is called north" in taken.stderr) == (1, True)

        fleet.redis.kill9()
        until(lambda: "as_of" in north.command(sent[0]), what="north to say since when nothing is known of it")
        sent.append(north.send("west%2Ftask", "two"))  # it has not
        fleet.redis.start(wiped=True)
        done = west.cli("node", "rename", "west-2", *places)
        assert done.returncode == 0, done.stderr
        assert west.config.read_text(encoding="utf-8").startswith('node = "west-2"\n')
        until(lambda: set(fleet.listed("north")) == {"north", "west-2"}, what="the old name to be gone")
        assert "It is called west-2 now" in north.cli("send", "west/task", "three").stderr
        run.release("busy")
        for command in sent:
            assert north.sent(command)["session"] == "west-2/task"
        assert run.prompts() == ["Begin", "one", "two"]
        until(
            lambda: client.seqs("west") + client.seqs("west-2") == told_by(fleet, "west"),
            what="north's client to have every event once, by either name",
        )
        assert client.gaps == []
    finally:
        fleet.close()


def started(
    fleet: Fleet, asker: str, owner: str, session: str, turns: Sequence[Sequence[Step]] = (), *words: str
) -> Run:
    """An agent that `asker` has started on `owner`."""
    run = fleet[owner].run(session)
    run.script(turns)
    where = ("--node", owner, "--workdir", str(fleet[owner].workdir()), "--agent", "claude")
    done = fleet[asker].cli("spawn", "--session", session, *where, "--env", f"SCRIPTED_AGENT_DIR={run.root}", *words)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert f"{owner}/{session}" in done.stdout
    return run


def test_a_command_is_typed_once_whatever_becomes_of_redis_and_of_the_nodes(pair: Fleet) -> None:
    north, south, address = pair["north"], pair["south"], "south%2Ftypes"
    run = started(pair, "north", "south", "types")
    pair.state_is("north", "south/types", "idle")
    first = north.send(address, "one", id="first")
    until(lambda: north.http.get("/api/commands").json()["commands"][0]["status"] == "sent", what="its list to say so")
    north.sent(first)
    assert north.http.post(f"/api/agents/{address}/command", json={"command": "one", "id": "first"}).status_code == 202
    assert north.http.post(f"/api/agents/{address}/command", json={"command": "1", "id": "first"}).status_code == 409

    pair.redis.kill9()  # what is accepted meanwhile waits here
    ids = [north.send(address, "two"), north.send(address, "three")]
    pair.redis.start(wiped=True)
    for command in ids:
        north.sent(command, 40)

    south.kill9()  # what is carried to a node that is not there is lost with Redis, and comes all the same
    ids = [north.send(address, "four"), north.send(address, "five")]
    letters = until(lambda: found if len(found := pair.redis.letters("south")) == 2 else None)
    north.kill9()
    pair.redis.kill9()
    pair.redis.start(wiped=True)
    north.start(degraded=True)
    south.start(degraded=True)
    for command in ids:
        north.sent(command, 40)
    assert run.prompts() == ["one", "two", "three", "four", "five"]

    for letter in letters:  # somebody who can write to Redis says it again, and something of his own
        pair.redis.put_letter("south", letter)
    pair.redis.put_letter("south", f"{'0' * 64}.{letters[0].partition('.')[2].replace('four', 'evil')}")
    until(lambda: pair.redis.letters("south") == [], what="south to have read them")
    south.kill9()
    late = north.send(address, "too late", expires_s=0.5)
    until(lambda: north.command(late)["status"] == "expired", 60, what="it to expire")
    south.start(degraded=True)
    north.sent(north.send(address, "six"), 40)
    assert run.prompts() == ["one", "two", "three", "four", "five", "six"]


def terminal(fleet: Fleet, name: str, agent: str) -> ClientConnection:
    """The live terminal of an agent, from that node."""
    url = f"ws://127.0.0.1:{fleet[name].port}/api/agents/{agent.replace('/', '%2F')}/terminal"
    return connect(url, open_timeout=40, close_timeout=1, max_size=None, proxy=None)


def said(view: ClientConnection, kind: str) -> dict[str, object]:
    """The next message of that type."""
    while True:
        message = view.recv(timeout=40)
        if isinstance(message, str) and (told := json.loads(message))["type"] == kind:
            assert isinstance(told, dict)
            return told


def test_a_terminal_is_watched_and_used_from_another_node(pair: Fleet) -> None:
    south = pair["south"]
    done = south.cli("spawn", "--session", "sh", "--agent", "shell", "--workdir", str(south.workdir()))
    assert done.returncode == 0, done.stderr
    until(lambda: "south/sh" in pair.agents("north"), what="north to know of it")
    with terminal(pair, "north", "south/sh") as view:
        first = said(view, "control")
        assert (first["holder"], first["you"], first["may"]) == (None, False, True)
        view.send('{"type":"keys","text":"too early"}')
        assert said(view, "error")["code"] == "conflict"
        view.send('{"type":"take"}')
        held = said(view, "control")
        assert held["you"] is True
        assert str(held["holder"]).endswith("@north")
        view.send(json.dumps({"type": "paste", "text": "echo $((6"}))
        view.send(json.dumps({"type": "keys", "text": "*7)); echo ä\r"}))
        shown = b""
        while b"42" not in shown:
            message = view.recv(timeout=40)
            shown += message if isinstance(message, bytes) else b""
        assert "too early" not in south.screen("sh")
        typed_ms = time.time_ns() // 1_000_000
        view.send(json.dumps({"type": "keys", "text": "true $((7*7))\r"}))
        until(lambda: "true $((7*7))" in south.screen("sh"), what="the keys to be drawn")
        (attempt,) = south.sent(south.send("sh", "echo behind"))["attempts"]
        assert attempt["started"] - typed_ms >= 2000, "no command goes in while a person types here"
        view.send('{"type":"release"}')
        assert said(view, "control")["you"] is False
    log = south.http.get("/api/agents/sh/log").json()["log"]
    until(lambda: any(row["action"] == "terminal_take" and row["actor"].endswith("@north") for row in log))
    with pytest.raises(InvalidStatus) as refused, terminal(pair, "north", "south/nobody"):
        pass
    assert refused.value.response.status_code == 404

    with terminal(pair, "north", "south/sh") as view:
        said(view, "picture")
        south.kill9()
        with pytest.raises(ConnectionClosed):
            said(view, "nothing more")
    until(lambda: pair.listed("north")["south"]["away"], what="south to be away")
    with pytest.raises(InvalidStatus) as gone, terminal(pair, "north", "south/sh"):
        pass
    assert gone.value.response.status_code == 503
    south.start(degraded=True)
    pair.sees("north", ["south"])
    with terminal(pair, "north", "south/sh") as view:
        said(view, "picture")
        message = view.recv(timeout=40)
        assert isinstance(message, bytes)
        assert b"42" in message


def test_agents_of_other_nodes_are_steered_from_here_where_their_node_lets_them_be(pair: Fleet) -> None:
    fleet = pair
    north = fleet["north"]
    bash = {"command": "rm -rf build"}
    asks: list[Step] = [{"tool": "Bash", "input": {**bash}, "ask": True}, {"say": "Gone."}, {"hold": "never"}]
    run = started(fleet, "north", "south", "asks", [asks], "--prompt", "Clean up", "--wait", "--timeout", "60")
    fleet.state_is("north", "south/asks", "waiting")
    until(lambda: dialogs_of(fleet, "north") == ["south/asks"], what="the dialog to be listed")
    assert "rm -rf build" in north.cli("output", "south/asks").stdout
    answered = north.cli("approve", "south/asks")
    assert answered.returncode == 0, answered.stderr
    run.reached("never")
    assert [line["answer"] for line in run.log("answer")] == ["Yes"]
    who = fleet["south"].http.get("/api/agents/asks/log").json()["log"]
    assert any(row["action"] == "approval_answered" and row["actor"].endswith("@north") for row in who)
    until(lambda: north.http.post("/api/agents/south%2Fasks/interrupt").is_success, what="it to be interrupted")
    until(lambda: run.log("interrupted"), what="the interrupt to arrive")
    assert north.http.get("/api/agents/south%2Fasks/why").json()["session"] == "south/asks"
    assert north.cli("kill", "--now", "south/asks").returncode == 0
    until(lambda: not fleet.agents("north")["south/asks"]["alive"], what="it to be gone")
    assert north.http.get("/api/agents/north%2Fnobody").status_code == 404
    assert north.http.get("/api/agents/south%2Fnobody").status_code == 404
    assert north.cli("node", "drain", "south").returncode == 0
    until(lambda: fleet.listed("north")["south"]["draining"])
    refused = north.cli("spawn", "--session", "x", "--node", "south", "--workdir", "/", "--agent", "claude")
    assert "drained" in refused.stderr

    closed = fleet.add("closed", fleet="steer = false").start(degraded=True)
    closed.spawn("own")
    fleet.state_is("north", "closed/own", "idle")
    assert north.http.post("/api/agents/closed%2Fown/command", json={"command": "x"}).status_code == 403
    assert north.http.post("/api/agents/closed%2Fown/kill").status_code == 403
    assert "own" in north.http.get("/api/agents/closed%2Fown/output").json()["session"]
    with terminal(fleet, "north", "closed/own") as view:
        assert said(view, "control")["may"] is False
        view.send('{"type":"take"}')
        assert said(view, "error")["code"] == "forbidden"
    assert closed.agent("own")["alive"]
    assert closed.stop() == 0
    until(lambda: fleet.listed("north")["closed"]["away"], what="it to be away")
    gone = north.http.get("/api/agents/closed%2Fown").json()
    assert (gone["session"], gone["state"], gone["away"] > 0) == ("closed/own", "idle", True)
    assert north.http.get("/api/agents/closed%2Fown/output").status_code == 503
