"""Approvals over HTTP."""

from web.engine_double import make_approval
from web.world import World, world


def asking() -> World:
    here = world()
    here.engine.dialogs.kept += [make_approval("my-task"), make_approval("other")]
    return here


async def test_what_waits_is_listed_of_all_or_of_one() -> None:
    async with asking().client() as client:
        every = (await client.get("/api/approvals")).json()
        one = (await client.get("/api/approvals", params={"session": "other"})).json()
        none = (await client.get("/api/approvals", params={"status": "answered"})).json()
    assert (every["count"], one["count"], none["count"]) == (2, 1, 0)
    shown = every["approvals"][0]
    assert shown["options"] == [
        {"number": 1, "label": "Yes", "key": None, "text": False, "checked": None},
        {"number": 2, "label": "No", "key": "esc", "text": False, "checked": None},
    ]
    assert (shown["status"], shown["kind"], shown["tool"], shown["command"]) == (
        "open",
        "permission",
        "Bash",
        "pytest \udcff",
    )


async def test_who_answered_is_who_authenticated() -> None:
    async with asking().client() as client:
        done = await client.post("/api/approvals/p-my-task", json={"answer": "No", "reason": "because"})
        again = await client.get("/api/approvals/p-my-task")
    assert done.json() == again.json()
    assert (done.json()["by"], done.json()["answer"], done.json()["reason"]) == ("uid:1234", "No", "because")


async def test_bad_answers_get_a_sentence() -> None:
    async with asking().client() as client:
        path = "/api/approvals/p-my-task"
        for body, status in (
            ({"answer": "Maybe"}, 422),
            ({"answer": ""}, 422),
            ({}, 422),
            ({"answer": "Yes", "by": "me"}, 422),
            ({"answer": 1}, 422),
        ):
            assert (await client.post(path, json=body)).status_code == status, body
        unknown = await client.post("/api/approvals/none", json={"answer": "Yes"})
        assert (await client.get("/api/approvals", params={"status": "odd"})).status_code == 422
        await client.post(path, json={"answer": "Yes"})
        late = await client.post(path, json={"answer": "Yes"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert (late.status_code, late.json()["detail"]) == (409, {"approval": None})
