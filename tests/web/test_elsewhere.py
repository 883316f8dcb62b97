"""Agents by their address, of this node and of others, on a node that is joined with no other."""

import pytest

from web.world import world


@pytest.mark.parametrize(
    ("address", "status"), [("here%2Fmy-task", 200), ("here%2fmy-task", 200), ("here%2Fnone", 404)]
)
async def test_the_name_of_this_node_may_stand_before_a_session(address: str, status: int) -> None:
    async with world().client() as client:
        assert (await client.get(f"/api/agents/{address}")).status_code == status
        assert (await client.get(f"/api/agents/{address}/output")).status_code == status


async def test_another_node_is_not_there() -> None:
    async with world().client() as client:
        for answer in (
            await client.get("/api/agents/south%2Fmy-task"),
            await client.post("/api/agents/south%2Fmy-task/kill"),
            await client.post("/api/agents/south%2Fmy-task/command", json={"command": "x"}),
        ):
            assert answer.status_code in {404, 409}
            assert "south" in answer.json()["error"] or "joined with no other" in answer.json()["error"]
        spawned = await client.post("/api/agents", json={"session": "x", "workdir": "/", "node": "south"})
        assert spawned.status_code == 409
        unknown = await client.get("/api/agents/a%2Fb%2Fc")
        assert unknown.status_code == 404
