"""Alert rules over HTTP."""

from web.world import world

RULE = {"id": "mine", "on": "waiting", "above": 20, "ways": ["phone"]}


async def test_rules_are_shown_replaced_previewed_and_snoozed() -> None:
    async with world().client() as client:
        shown = (await client.get("/api/alerts")).json()
        assert [rule["id"] for rule in shown["rules"]] == ["waiting"]
        assert shown["firing"] == [{"rule": "waiting", "session": "one", "at": 5, "value": 20.0}]
        assert {"stuck", "waiting", "low_disk"} <= {each["on"] for each in shown["conditions"]}
        put = (await client.put("/api/alerts", json={"rules": [RULE], "quiet": "22:00-07:00"})).json()
        assert put["rules"] == [{**RULE, "reason": None, "kind": None, "enabled": True, "snoozed": 0}]
        preview = (await client.post("/api/alerts/preview", json=RULE)).json()
        assert (preview["count"], preview["fired"][0]["session"]) == (1, "one")
        snoozed = (await client.post("/api/alerts/mine/snooze", json={"minutes": 5})).json()
        assert snoozed["rules"][0]["snoozed"] == 300_000


async def test_a_threshold_of_minus_one_says_what_would_be_right() -> None:
    async with world().client() as client:
        for refused in (
            await client.put("/api/alerts", json={"rules": [{**RULE, "above": -1}]}),
            await client.post("/api/alerts/preview", json={**RULE, "above": -1}),
        ):
            assert refused.status_code == 422
            assert "should be a number of minutes above 0, not -1" in refused.json()["error"]
        assert (await client.post("/api/alerts/none/snooze", json={"minutes": 5})).status_code == 404
        assert (await client.post("/api/alerts/waiting/snooze", json={"minutes": -5})).status_code == 422
        assert [rule["above"] for rule in (await client.get("/api/alerts")).json()["rules"]] == [15]
