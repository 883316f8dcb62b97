"""Health, figures, kinds."""

from web.engine_double import make_agent
from web.world import world


async def test_health_is_200_or_503_with_the_reason() -> None:
    here = world()
    async with here.client() as client:
        good = await client.get("/health")
        head = await client.head("/health")
        here.engine.degraded = "tmux: the server is away"
        bad = await client.get("/health")
    assert (good.status_code, good.json()["status"], head.status_code) == (200, "ok", 200)
    assert good.json()["websocket"] == {"clients": 0, "url": "ws://localhost:3848"}
    assert (bad.status_code, bad.json()["status"], bad.json()["reason"]) == (
        503,
        "degraded",
        "tmux: the server is away",
    )


async def test_stats_and_kinds() -> None:
    async with world().client() as client:
        stats = (await client.get("/api/stats")).json()
        kinds = (await client.get("/api/kinds")).json()
    assert stats["agents"] == {"total": 1, "alive": 1}
    assert stats["states"]["waiting"] == 1
    assert [kind["name"] for kind in kinds["kinds"]] == ["claude", "shell"]
    assert kinds["kinds"][0]["argv"] == ["claude"]


async def test_prometheus_reads_the_figures() -> None:
    here = world()
    here.engine.put(make_agent('quo"te', kind="shell"))
    here.engine.tell("my-task")
    async with here.client() as client:
        await client.post("/api/agents/my-task/command", json={"command": "x"})
        got = await client.get("/metrics")
    assert got.headers["content-type"].startswith("text/plain")
    lines = got.text.splitlines()
    assert 'outrider_agents{alive="true",kind="claude",state="waiting"} 1.0' in lines
    assert 'outrider_commands{status="queued"} 1.0' in lines
    assert 'outrider_commands{status="uncertain"} 0.0' in lines
    assert "outrider_events_total 2.0" in lines
    assert "outrider_websocket_clients 0.0" in lines
    assert "outrider_uptime_seconds 12.5" in lines
    assert "outrider_up 1.0" in lines
