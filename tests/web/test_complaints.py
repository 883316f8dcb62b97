"""Bad input gets a sentence that says what, where, and what would be right; always in one form."""

import json
from collections.abc import AsyncIterator

import pytest

from outrider.errors import StoreError, TooMany
from outrider.model.actor import Actor
from outrider.model.agent import Agent
from outrider.model.command import Command, CommandRequest
from web.world import World, world

COMMAND = "/api/agents/my-task/command"
JSON = {"Content-Type": "application/json"}

# body, status, code, and words that the sentence must hold
BODIES: list[tuple[bytes, int, str, list[str]]] = [
    (b"{", 400, "malformed", ["not JSON", "character"]),
    (b"", 422, "invalid_input", ["body", "missing", "command"]),
    (b"null", 422, "invalid_input", ["body"]),
    (b"[]", 422, "invalid_input", ["body"]),
    (b'"text"', 422, "invalid_input", ["body"]),
    (b"{}", 422, "invalid_input", ["'command'", "required"]),
    (b'{"comand":"x"}', 422, "invalid_input", ["'comand'", "known", "command"]),
    (b'{"command":"x","nope":1}', 422, "invalid_input", ["'nope'", "delay_s", "priority"]),
    (b'{"command":""}', 422, "invalid_input", ["'command'", "at least 1"]),
    (b'{"command":5}', 422, "invalid_input", ["'command'", "string", "5"]),
    (b'{"command":"x","when":"later"}', 422, "invalid_input", ["'when'", "'ready', 'now' or 'interrupt'", "'later'"]),
    (b'{"command":"x","priority":"high"}', 422, "invalid_input", ["'priority'", "integer"]),
    (b'{"command":"x","priority":99999}', 422, "invalid_input", ["'priority'", "1000"]),
    (b'{"command":"x","delay_s":-1}', 422, "invalid_input", ["'delay_s'", "0"]),
    (b'{"command":"x","delay_s":NaN}', 422, "invalid_input", ["'delay_s'", "finite"]),
    (b'{"command":"x","expires_s":0}', 422, "invalid_input", ["'expires_s'", "0"]),
    (b'{"command":"\xff"}', 400, "malformed", ["UTF-8"]),
    (b'{"command":"\\ud800"}', 422, "invalid_input", ["'command'"]),
    (b'{"priority":' + b"9" * 5000 + b"}", 400, "malformed", ["JSON"]),
    (b"[" * 3000, 400, "malformed", ["JSON"]),
    (b'{"command":"' + b"x" * 7000 + b'"}', 413, "too_large", ["6000"]),
]


@pytest.fixture(scope="module")
def shared() -> World:
    """For requests that are refused: they change nothing."""
    return world(max_body=6000)


@pytest.mark.parametrize(("body", "status", "code", "words"), BODIES)
async def test_bodies(shared: World, body: bytes, status: int, code: str, words: list[str]) -> None:
    async with shared.client() as client:
        got = await client.post(COMMAND, content=body, headers=JSON)
        kept = (await client.get("/api/commands")).json()
    assert (got.status_code, got.json()["code"]) == (status, code), got.text
    assert [word for word in words if word not in got.json()["error"]] == [], got.text
    assert len(got.content) < 3000
    assert kept["count"] == 0


async def test_a_stream_without_a_length_is_stopped_at_the_limit() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"command":"'
        for _ in range(1000):
            yield b"x" * 1000

    async with world().client() as client:
        got = await client.post(COMMAND, content=endless(), headers=JSON)
    assert (got.status_code, got.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_body_that_is_not_said_to_be_json(shared: World, kind: str | None) -> None:
    async with shared.client() as client:
        headers = {"Content-Type": kind} if kind else {}
        got = await client.post(COMMAND, content=b'{"command":"x"}', headers=headers)
    assert (got.status_code, got.json()["code"]) == (415, "not_json")
    assert "Content-Type: application/json" in got.json()["error"]


@pytest.mark.parametrize(
    "path", ["/nope", "/api/nope", "/api/agents/a/b/c", "/api/agents/", "/static/nope.js", "/static/../app.py"]
)
async def test_nothing_there(shared: World, path: str) -> None:
    async with shared.client() as client:
        got = await client.get(path)
    assert (got.status_code, got.json()["code"]) == (404, "no_such_route")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/agents", ["GET", "POST"]),
        ("PUT", "/api/commands/c1", ["DELETE", "GET"]),
        ("GET", COMMAND, ["POST"]),
        ("OPTIONS", "/api/agents", ["GET", "POST"]),
        ("POST", "/", ["GET"]),
        ("DELETE", "/api/alerts", ["GET", "PUT"]),
        ("PUT", "/api/agents/my-task", ["GET", "PATCH"]),
    ],
)
async def test_a_method_that_is_not_there(shared: World, method: str, path: str, allowed: list[str]) -> None:
    async with shared.client() as client:
        got = await client.request(method, path)
    assert (got.status_code, got.json()["code"]) == (405, "method_not_allowed")
    assert got.json()["detail"] == {"allowed": allowed}
    assert got.headers["allow"] == ", ".join(allowed)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=sleeping", ["'state'", "'sleeping'", "waiting"]),
        ("stat=idle", ["'stat'", "state", "kind"]),
    ],
)
async def test_a_filter_that_cannot_be_used(shared: World, query: str, words: list[str]) -> None:
    async with shared.client() as client:
        got = await client.get(f"/api/agents?{query}")
    assert got.status_code == 422
    assert [word for word in words if word not in got.json()["error"]] == []


async def test_a_mistake_of_ours_shows_no_trace() -> None:
    here = world()

    def agents() -> list[Agent]:
        raise RuntimeError("inner secret")

    here.engine.agents = agents  # type: ignore[method-assign]
    async with here.client() as client:
        got = await client.get("/api/agents")
    assert (got.status_code, got.json()["code"]) == (500, "failed")
    assert "secret" not in got.text
    assert "Traceback" not in got.text


async def test_errors_of_the_engine_keep_their_status_and_detail() -> None:
    here = world()
    refusals = [TooMany("Too fast.", detail={"retry_after_s": 1.6}), StoreError("The disk is full.")]

    async def command(session: str, request: CommandRequest, actor: Actor) -> Command:
        raise refusals.pop(0)

    here.engine.command = command  # type: ignore[method-assign]
    async with here.client() as client:
        many = await client.post(COMMAND, json={"command": "x"})
        full = await client.post(COMMAND, json={"command": "x"})
    assert (many.status_code, many.headers["retry-after"]) == (429, "2")
    assert many.json() == {"error": "Too fast.", "code": "too_many", "detail": {"retry_after_s": 1.6}}
    assert (full.status_code, full.json()["code"]) == (503, "store")


async def test_all_complaints_about_one_body_are_told() -> None:
    async with world().client() as client:
        got = await client.post("/api/agents", content=json.dumps({"session": 1, "widht": 3}), headers=JSON)
    told = got.json()["detail"]["errors"]
    assert {(each["where"], each["field"]) for each in told} == {
        ("body", "session"),
        ("body", "workdir"),
        ("body", "widht"),
    }
