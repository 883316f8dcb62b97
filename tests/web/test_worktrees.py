"""Worktrees over HTTP: shapes, statuses, and what an agent without one is told."""

from outrider.web.access import Door, Peer
from web.world import world


async def test_they_are_listed_and_found() -> None:
    async with world().client() as client:
        listed = (await client.get("/api/worktrees")).json()
        assert listed["count"] == 1
        assert listed["worktrees"][0] == (await client.get("/api/worktrees/task")).json()
        assert listed["worktrees"][0]["dirty"] is True
        assert (await client.get("/api/worktrees/task/diff")).json() == {
            "name": "task",
            "patch": "diff --git",
            "cut": False,
        }


async def test_what_is_not_there_is_404() -> None:
    async with world().client() as client:
        for method, path in (
            ("GET", "/api/worktrees/none"),
            ("GET", "/api/worktrees/none/diff"),
            ("POST", "/api/worktrees/none/merge"),
            ("DELETE", "/api/worktrees/none"),
            ("GET", "/api/agents/my-task/worktree"),
            ("GET", "/api/agents/none/worktree"),
        ):
            assert (await client.request(method, path)).status_code == 404, path


async def test_refusals_are_409_and_force_says_where_it_is() -> None:
    async with world().client() as client:
        refused = await client.post("/api/worktrees/task/merge", json={"into": "main"})
        assert (refused.status_code, refused.json()["detail"]) == (409, {"files": ["a"]})
        assert (await client.delete("/api/worktrees/task")).status_code == 409
        done = await client.delete("/api/worktrees/task?force=true")
        assert (done.status_code, done.json()["kept"]) == (200, "refs/outrider/trash/task-1")
        assert (await client.post("/api/worktrees/task/merge", json={"onto": "x"})).status_code == 422


async def test_directories_are_for_those_who_may_start_agents() -> None:
    here = world()
    async with here.client() as owner, here.client(Peer(Door.REMOTE)) as guest:
        found = await owner.get("/api/directories", params={"path": "/home/me/p"})
        token = (await owner.post("/api/tokens", json={"name": "guest", "scope": "read"})).json()["token"]
        guest.headers["Authorization"] = f"Bearer {token}"
        refused = await guest.get("/api/directories", params={"path": "/"})
    assert found.json() == {"directories": ["/home/me/pone", "/home/me/ptwo"], "count": 2}
    assert refused.status_code == 403
