"""How far an agent is, over HTTP."""

from outrider.model.audit import AuditQuery
from web.engine_double import make_agent
from web.world import world


async def test_progress_is_shown_with_items_history_and_forecast() -> None:
    small = world()
    small.engine.put(make_agent("one"))
    async with small.client() as client:
        found = (await client.get("/api/agents/one/progress")).json()
    now = small.engine.now
    assert found == {
        "session": "one",
        "progress": 50.0,
        "source": "spec:TASKS.md",
        "done": 1,
        "total": 2,
        "items": [
            {
                "number": 1,
                "text": "Write it",
                "done": False,
                "line": 3,
                "weight": 2.0,
                "phase": "Phase one",
                "depth": 0,
            },
            {"number": 2, "text": "Test it", "done": True, "line": 4, "weight": 1.0, "phase": None, "depth": 1},
        ],
        "history": [[now - 10, 40.0]],
        "eta_ms": now + 60_000,
        "problem": None,
    }


async def test_an_item_is_ticked_by_who_may() -> None:
    small = world()
    small.engine.put(make_agent("one"))
    async with small.client() as client:
        assert (await client.post("/api/agents/one/progress/tick", json={"item": "1"})).json()["progress"] == 50.0
        missing = await client.post("/api/agents/one/progress/tick", json={"item": "9"})
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        assert (await client.post("/api/agents/one/progress/tick", json={"item": ""})).status_code == 422
        assert (await client.get("/api/agents/two/progress")).json()["code"] == "no_such_agent"
    assert (await small.engine.audit(AuditQuery("one")))[0][0].row.action == "tick"
