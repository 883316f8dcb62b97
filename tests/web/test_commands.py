"""Commands over HTTP."""

from outrider.web.app import MAX_BODY
from web.world import world


async def test_the_seed_command_gets_the_seed_answer() -> None:
    async with world().client() as client:
        got = await client.post("/api/agents/my-task/command", json={"command": "Continue with step 2"})
    assert got.status_code == 202
    assert got.json() == {
        "success": True,
        "jobId": "c1",
        "id": "c1",
        "session": "my-task",
        "command": "Continue with step 2",
        "status": "queued",
    }


async def test_what_was_asked_is_what_is_kept_and_who_asked_is_who_authenticated() -> None:
    body = {"command": " /x\t'\n🎉\\", "when": "interrupt", "priority": 5, "delay_s": 1.5, "expires_s": 60}
    async with world().client() as client:
        sent = await client.post("/api/agents/my-task/command", json=body)
        got = (await client.get(f"/api/commands/{sent.json()['id']}")).json()
    assert got["command"] == body["command"]
    assert (got["when"], got["priority"], got["actor"]) == ("interrupt", 5, "uid:1234")
    assert got["attempts"][0]["stage"] == "opened"


async def test_asking_twice_with_one_key_is_asking_once() -> None:
    async with world().client() as client:
        url = "/api/agents/my-task/command"
        first = await client.post(url, json={"command": "a"}, headers={"Idempotency-Key": "k"})
        second = await client.post(url, json={"command": "a", "id": "k"})
        differing = await client.post(url, json={"command": "a", "id": "k"}, headers={"Idempotency-Key": "other"})
    assert first.json()["id"] == second.json()["id"]
    assert differing.status_code == 422
    assert "Idempotency-Key" in differing.json()["error"]


async def test_lists_and_taking_back() -> None:
    async with world().client() as client:
        for text in ("one", "two", "three"):
            await client.post("/api/agents/my-task/command", json={"command": text})
        cancelled = await client.delete("/api/commands/c2")
        again = await client.delete("/api/commands/c2")
        mine = (await client.get("/api/agents/my-task/commands?limit=2")).json()
        queued = (await client.get("/api/commands?status=queued&session=my-task")).json()
        nothing = (await client.get("/api/commands?session=other")).json()
        missing = await client.get("/api/commands/zzz")
    assert cancelled.json()["status"] == "cancelled"
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert [command["command"] for command in mine["commands"]] == ["three", "two"]
    assert [command["command"] for command in queued["commands"]] == ["three", "one"]
    assert nothing == {"commands": [], "count": 0}
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_a_text_over_the_limit_is_too_large() -> None:
    async with world(max_body=MAX_BODY).client() as client:
        got = await client.post("/api/agents/my-task/command", json={"command": "x" * 200_000})
    assert (got.status_code, got.json()["code"]) == (413, "too_large")


async def test_what_was_not_sent_is_retried_once() -> None:
    async with world().client() as client:
        await client.post("/api/agents/my-task/command", json={"command": "one"})
        early = await client.post("/api/commands/c1/retry")
        await client.delete("/api/commands/c1")
        first = await client.post("/api/commands/c1/retry")
        second = await client.post("/api/commands/c1/retry")
    assert early.status_code == 409
    assert (first.status_code, first.json()["command"], first.json()["id"]) == (202, "one", "c2")
    assert first.headers["location"] == "/api/commands/c2"
    assert second.json()["id"] == "c2"
