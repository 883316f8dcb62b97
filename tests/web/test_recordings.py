"""Recordings over HTTP: listed, read as asciicasts, removed by those who may; who is recorded is said of the agent."""

from outrider.web.access import Door, Peer
from web.world import world


async def test_they_are_listed_and_read() -> None:
    async with world().client() as client:
        listed = (await client.get("/api/recordings", params={"session": "my-task"})).json()
        assert [(each["id"], each["live"], each["cut"]) for each in listed["recordings"]] == [
            ("a1-2000", True, None),
            ("a1-1000", False, "the recording reached its limit of 50 MB"),
        ]
        assert (await client.get("/api/recordings?limit=1")).json()["count"] == 1
        assert (await client.get("/api/recordings?session=other")).json() == {"recordings": [], "count": 0}
        assert (await client.get("/api/recordings/a1-1000")).json() == listed["recordings"][1]
        cast = await client.get("/api/recordings/a1-1000/cast")
    assert cast.headers["content-type"] == "application/x-asciicast"
    assert 'filename="a1-1000.cast"' in cast.headers["content-disposition"]
    assert cast.text.split("\n")[1] == '[0.0, "o", "hello"]'


async def test_what_is_not_there_or_not_over_yet_is_refused() -> None:
    async with world().client() as client:
        for method, path in (("GET", ""), ("GET", "/cast"), ("DELETE", "")):
            assert (await client.request(method, f"/api/recordings/none{path}")).status_code == 404
        assert (await client.delete("/api/recordings/a1-2000")).status_code == 409
        assert (await client.delete("/api/recordings/a1-1000")).json()["id"] == "a1-1000"
        assert (await client.get("/api/recordings/a1-1000")).status_code == 404


async def test_who_is_recorded_is_changed_with_the_agent() -> None:
    async with world().client() as client:
        assert (await client.patch("/api/agents/my-task", json={"recording": True})).json()["recording"] is True
        both = (await client.patch("/api/agents/my-task", json={"recording": False, "stuck": {"frozen": 9}})).json()
        assert (both["recording"], both["stuck"]) == (False, {"frozen": 9})
        nothing = await client.patch("/api/agents/my-task", json={})
        assert (nothing.status_code, nothing.json()["error"]) == (422, "Say what to change: stuck, recording.")
        assert (await client.patch("/api/agents/none", json={"recording": True})).status_code == 404


async def test_who_may_only_look_changes_nothing() -> None:
    here = world()
    async with here.client() as owner, here.client(Peer(Door.REMOTE)) as guest:
        token = (await owner.post("/api/tokens", json={"name": "guest", "scope": "read"})).json()["token"]
        guest.headers["Authorization"] = f"Bearer {token}"
        assert (await guest.get("/api/recordings/a1-1000/cast")).status_code == 200
        assert (await guest.delete("/api/recordings/a1-1000")).status_code == 403
        assert (await guest.patch("/api/agents/my-task", json={"recording": True})).status_code == 403
