"""Tokens: made, used, listed, ended."""

from outrider.web.access import Door, Peer
from web.world import world

ELSEWHERE = Peer(Door.REMOTE)


async def test_a_token_opens_the_door_until_it_is_revoked() -> None:
    here = world()
    async with here.client() as owner, here.client(ELSEWHERE) as phone:
        made = await owner.post("/api/tokens", json={"name": "phone", "scope": "write"})
        phone.headers["Authorization"] = f"Bearer {made.json()['token']}"
        used = await phone.post("/api/agents/my-task/command", json={"command": "go"})
        kept = await phone.get(f"/api/commands/{used.json()['id']}")
        listed = await owner.get("/api/tokens")
        gone = await owner.delete("/api/tokens/phone")
        after = await phone.get("/api/agents")
        again = await owner.delete("/api/tokens/phone")
    assert (made.status_code, made.json()["scope"]) == (201, "write")
    assert (used.status_code, kept.json()["actor"]) == (202, "token:phone")
    assert listed.json()["tokens"] == [{"name": "phone", "scope": "write", "created": 1_700_000_000_000}]
    assert gone.json() == {"name": "phone", "revoked": True}
    assert (after.status_code, after.json()["code"]) == (401, "unauthorized")
    assert again.status_code == 404
    assert here.tokens.made_by == [("phone", "uid:1234")]
    assert here.tokens.revoked_by == [("phone", "uid:1234"), ("phone", "uid:1234")]


async def test_scopes() -> None:
    here = world()
    async with here.client() as owner:
        secrets = {}
        for scope in ("read", "write", "admin"):
            made = await owner.post("/api/tokens", json={"name": scope, "scope": scope})
            secrets[scope] = made.json()["token"]
        taken = await owner.post("/api/tokens", json={"name": "read"})
        bad = await owner.post("/api/tokens", json={"name": "a/b"})
    statuses = {}
    for scope, secret in secrets.items():
        async with here.client(ELSEWHERE) as client:
            client.headers["Authorization"] = f"Bearer {secret}"
            statuses[scope] = (
                (await client.get("/api/agents")).status_code,
                (await client.post("/api/agents/my-task/keys", json={"keys": ["Enter"]})).status_code,
                (await client.get("/api/tokens")).status_code,
            )
    assert statuses == {"read": (200, 403, 403), "write": (200, 200, 403), "admin": (200, 200, 200)}
    assert (taken.status_code, bad.status_code) == (409, 422)
