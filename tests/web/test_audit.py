"""The audit over HTTP."""

import pytest

from web.world import World, world


async def test_lines_newest_first_or_after_one_in_their_order() -> None:
    here = world()
    async with here.client() as client:
        for _ in range(3):
            await client.post("/api/agents/my-task/interrupt")
        newest = (await client.get("/api/audit?limit=2")).json()
        after = (await client.get("/api/audit?since=1&action=interrupt")).json()
    assert [line["id"] for line in newest["audit"]] == [3, 2]
    assert [line["id"] for line in after["audit"]] == [2, 3]
    assert (newest["count"], newest["head"]) == (2, {"id": 3, "digest": "digest3"})
    assert newest["audit"][0] | {"at": 0, "actor": ""} == {
        "id": 3,
        "at": 0,
        "actor": "",
        "action": "interrupt",
        "session": "my-task",
        "data": {},
        "digest": "digest3",
    }


@pytest.fixture(scope="module")
def shared() -> World:
    return world()


@pytest.mark.parametrize("query", ["since=-1", "limit=0", "limit=1001", "sinse=1"])
async def test_a_query_that_cannot_be_used(shared: World, query: str) -> None:
    async with shared.client() as client:
        assert (await client.get(f"/api/audit?{query}")).status_code == 422
        assert (await client.delete("/api/audit")).status_code == 405
