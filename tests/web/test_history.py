"""The history over HTTP."""

from outrider.logic.metrics import METRICS
from web.world import world


async def test_a_metric_over_time() -> None:
    async with world().client() as client:
        found = (await client.get("/api/history", params={"metric": "waiting"})).json()
        assert found == {
            "metric": "waiting",
            "unit": "s",
            "step": 60,
            "since": 0,
            "until": 120_000,
            "at": [0, 60_000],
            "lines": {"mean": [1.5, None], "longest": [1.5, None]},
        }
        strips = (await client.get("/api/history/states")).json()
        assert strips == {"step": 60, "first": 0, "states": {"one": ["working", None]}}
        shares = (await client.get("/api/history/agents")).json()
    assert shares["count"] == 1
    assert shares["agents"][0]["states"] == {"working": 12.5}


async def test_what_cannot_be_had_is_said_with_what_can() -> None:
    async with world().client() as client:
        unknown = await client.get("/api/history", params={"metric": "fun"})
        assert unknown.status_code == 422
        assert all(name in unknown.json()["error"] for name in METRICS)
        assert (await client.get("/api/history", params={"since": -1})).status_code == 422
        assert (await client.get("/api/history", params={"sinse": 1})).status_code == 422
