"""Notices over HTTP."""

from web.world import world


async def test_what_was_told_is_shown() -> None:
    async with world().client() as client:
        (notice,) = (await client.get("/api/notices")).json()["notices"]
        assert notice["title"] == "my-task waits for you"
        assert notice["text"] == "Run it?\nrm x"
        assert (notice["status"], notice["sessions"], notice["events"], notice["open"]) == (
            "sent",
            ["my-task"],
            [7],
            True,
        )
        assert notice["tries"] == [{"number": 1, "started": 6, "ended": 7, "error": None}]
        assert (await client.get("/api/notices/n1")).json() == notice
        assert (await client.get("/api/notices", params={"status": "failed"})).json() == {"notices": [], "count": 0}
        assert (await client.get("/api/notices", params={"way": "mail"})).json()["count"] == 0
        assert (await client.get("/api/notices/n2")).status_code == 404
        assert (await client.post("/api/notices/n1/retry")).status_code == 409
        assert (await client.post("/api/notices/n2/retry")).status_code == 404
        refused = await client.get("/api/notices", params={"status": "lost"})
        assert refused.status_code == 422
        assert "uncertain" in refused.json()["error"]


async def test_ways_are_shown_and_tested() -> None:
    async with world().client() as client:
        shown = (await client.get("/api/notify")).json()
        assert shown["ways"] == [{"name": "phone", "type": "telegram", "about": "42", "why": None, "queued": 0}]
        assert (shown["file"], shown["problem"]) == ("/etc/notify.toml", None)
        assert shown["rules"][0]["on"] == ["agent_waiting"]
        assert (await client.post("/api/notify/test")).json()["notices"][0]["status"] == "failed"
        assert (await client.post("/api/notify/test", json={"way": "pager"})).status_code == 404
        assert (await client.post("/api/notify/test", json={"wey": "phone"})).status_code == 422
        assert (await client.get("/health")).json()["notify"] == {"status": "ok", "ways": 1, "queued": 0}
