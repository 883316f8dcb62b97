"""The journal over HTTP."""

import pytest

from outrider.model.event import EventName
from web.world import World, world


async def test_pages_and_filters() -> None:
    here = world()
    for number in range(1, 6):
        here.engine.tell("a" if number % 2 else "b", EventName.PROGRESS if number > 3 else EventName.ALERT, n=number)
    async with here.client() as client:
        everything = (await client.get("/api/events")).json()
        after = (await client.get("/api/events?since=2&limit=2")).json()
        some = (await client.get("/api/events?session=a,zzz&event=progress&event=alert&since=1")).json()
    assert [event["seq"] for event in everything["events"]] == [1, 2, 3, 4, 5]
    assert everything["events"][0] == {
        "seq": 1,
        "event": "alert",
        "type": "alert",
        "timestamp": here.engine.journal[0].fact.at_ms,
        "node": "here",
        "session": "a",
        "n": 1,
    }
    assert ([event["seq"] for event in after["events"]], after["count"], after["seq"]) == ([3, 4], 2, 5)
    assert [event["seq"] for event in some["events"]] == [3, 5]


@pytest.fixture(scope="module")
def shared() -> World:
    return world()


@pytest.mark.parametrize("query", ["event=nope", "since=-1", "since=x", "limit=0", "limit=9999", "sinse=1"])
async def test_a_query_that_cannot_be_used(shared: World, query: str) -> None:
    async with shared.client() as client:
        got = await client.get(f"/api/events?{query}")
    assert got.status_code == 422
    assert repr(query.partition("=")[0]) in got.json()["error"]
