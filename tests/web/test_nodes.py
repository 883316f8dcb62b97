"""Nodes over HTTP, of a node that is joined with no other."""

from web.world import world


async def test_a_node_alone_lists_itself_and_can_be_neither_drained_nor_forgotten() -> None:
    async with world().client() as client:
        listed = (await client.get("/api/nodes")).json()
        assert [(node["node"], node["here"], node["away"]) for node in listed["nodes"]] == [("here", True, None)]
        assert (listed["nodes"][0]["agents"], listed["nodes"][0]["alive"], listed["nodes"][0]["steer"]) == (1, 1, False)
        for verb in ("drain", "forget"):
            refused = await client.post(f"/api/nodes/here/{verb}")
            assert refused.status_code == 409
            assert "joined with no other" in refused.json()["error"]
        assert (await client.get("/health")).json()["bus"] == {"status": "ok", "kind": "local"}
