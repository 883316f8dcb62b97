"""Agents over HTTP, as curl and jq see them."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from outrider.model import wire
from outrider.model.state import State
from outrider.web.agents import AgentList
from web.engine_double import make_agent
from web.world import World, world


def two() -> World:
    made = world()
    agent = make_agent("other", kind="codex", model="gpt-5")
    made.engine.put(replace(agent, verdict=replace(agent.verdict, state=State.IDLE), node="there", branch="Feature"))
    return made


@pytest.fixture
def here() -> World:
    return two()


@pytest.fixture(scope="module")
def shared() -> World:
    """For those who only look."""
    return two()


async def test_the_list_is_what_it_says(here: World) -> None:
    async with here.client() as client:
        got = (await client.get("/api/agents")).json()
    TypeAdapter(AgentList).validate_python(got, strict=True, extra="forbid")
    assert [(agent["session"], agent["state"], agent["progress"]) for agent in got["agents"]] == [
        ("my-task", "waiting", None),
        ("other", "idle", None),
    ]
    assert got["count"] == 2


@pytest.mark.parametrize(
    ("query", "sessions"),
    [
        ("state=idle", ["other"]),
        ("state=idle,waiting", ["my-task", "other"]),
        ("state=idle&state=waiting", ["my-task", "other"]),
        ("state=error", []),
        ("node=there", ["other"]),
        ("kind=claude", ["my-task"]),
        ("q=GPT", ["other"]),
        ("q=feat", ["other"]),
        ("q=my-", ["my-task"]),
        ("kind=codex&state=waiting", []),
    ],
)
async def test_filters(shared: World, query: str, sessions: list[str]) -> None:
    async with shared.client() as client:
        got = (await client.get(f"/api/agents?{query}")).json()
    assert [agent["session"] for agent in got["agents"]] == sessions


async def test_a_change_is_seen_at_once(here: World) -> None:
    async with here.client() as client:
        await client.get("/api/agents")
        agent = here.engine.agent("other")
        here.engine.put(replace(agent, progress=50.0))
        got = (await client.get("/api/agents")).json()
    assert [agent["progress"] for agent in got["agents"]] == [None, 50.0]


async def test_spawn_gives_the_agent(here: World) -> None:
    body = {"session": "new", "workdir": "/src", "prompt": "go", "env": {"K": "v"}, "extra": ["--x"], "model": "m"}
    async with here.client() as client:
        made = await client.post("/api/agents", json=body)
        again = await client.post("/api/agents", json=body)
        wrong = await client.post("/api/agents", json={**body, "session": "b", "workdir": "src"})
    assert made.status_code == 201
    assert made.headers["location"] == "/api/agents/new"
    TypeAdapter(wire.AgentJSON).validate_python(made.json(), strict=True, extra="forbid")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")


async def test_one_agent_its_reasons_and_its_log(here: World) -> None:
    async with here.client() as client:
        await client.post("/api/agents/my-task/interrupt")
        one = (await client.get("/api/agents/my-task")).json()
        why = (await client.get("/api/agents/my-task/why")).json()
        log = (await client.get("/api/agents/my-task/log")).json()
    assert one["evidence"][0]["source"] == "hook"
    TypeAdapter(wire.WhyJSON).validate_python(why, strict=True, extra="forbid")
    assert why["rejected"][0]["why"]
    assert log["count"] == 1
    assert (log["log"][0]["actor"], log["log"][0]["action"]) == ("uid:1234", "interrupt")


async def test_output_in_rows_and_with_colours(here: World) -> None:
    async with here.client() as client:
        plain = (await client.get("/api/agents/my-task/output?lines=3")).json()
        coloured = (await client.get("/api/agents/my-task/output?lines=1&ansi=true")).json()
        usual = (await client.get("/api/agents/my-task/output")).json()
    assert plain == {"session": "my-task", "output": plain["output"], "lines": 3}
    assert plain["output"].splitlines()[-1] == "row 199 ünï \udcff"
    assert coloured["output"].startswith("\x1b[1m")
    assert usual["lines"] == 100


async def test_verbs(here: World) -> None:
    async with here.client() as client:
        keys = await client.post("/api/agents/my-task/keys", json={"keys": ["Escape", "C-u"]})
        restarted = await client.post("/api/agents/my-task/restart")
        alive = await client.post("/api/agents/my-task/forget")
        killed = await client.post("/api/agents/my-task/kill")
        forgotten = await client.post("/api/agents/my-task/forget")
        adopted = await client.post("/api/agents/stray/adopt", json={"kind": "codex", "server": "default"})
        plainly = await client.post("/api/agents/stray2/adopt")
    assert (keys.status_code, restarted.status_code, alive.status_code) == (200, 200, 409)
    assert (killed.json()["alive"], killed.json()["exit_status"]) == (False, 137)
    assert forgotten.status_code == 200
    assert (adopted.json()["kind"], adopted.json()["tmux"]["server"]) == ("codex", "default")
    assert plainly.json()["kind"] == "claude"


@pytest.mark.parametrize("path", ["", "/why", "/log", "/output", "/commands"])
async def test_an_unknown_agent(shared: World, path: str) -> None:
    async with shared.client() as client:
        got = await client.get(f"/api/agents/nobody{path}")
    assert (got.status_code, got.json()["code"]) == (404, "no_such_agent")
    assert "nobody" in got.json()["error"]
