"""Who may: the decision alone, then through the whole face."""

import pytest

from outrider.errors import Forbidden, Malformed, OutriderError, Unauthorized
from outrider.model.actor import Actor, Scope
from outrider.web.access import Access, Credential, Door, Peer, Visit, as_agent, door, needed
from outrider.web.errors import WrongHost, WrongOrigin
from web.world import HOST, OWNER, UID, World, world

ACCESS = Access(UID, hosts=frozenset({"devbox:3848"}), origins=frozenset({"https://outrider.example"}))
LOCAL = ("127.0.0.1", 3848)
ADMIN = Actor(f"uid:{UID}", Scope.ADMIN)


def visit(peer: Peer = OWNER, local: tuple[str, int] | None = LOCAL, host: str | None = HOST, **headers: str) -> Visit:
    sent = [("host", host)] if host is not None else []
    sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Visit(peer, "GET", "/api/agents", sent, local)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (visit(), ADMIN),
        (visit(Peer(Door.UNIX, UID), local=None, host="whatever"), ADMIN),
        (visit(Peer(Door.UNIX), local=None, host=None), ADMIN),
        (visit(Peer(Door.LOOPBACK, UID + 1)), Unauthorized),
        (visit(Peer(Door.LOOPBACK, 0)), Unauthorized),
        (visit(Peer(Door.LOOPBACK, None)), Unauthorized),
        (visit(Peer(Door.REMOTE, UID)), Unauthorized),
        (visit(Peer(Door.REMOTE), authorization="Bearer abc"), Credential("abc")),
        (visit(authorization="bearer  abc "), Credential("abc")),
        (visit(authorization="Basic abc"), Malformed),
        (visit(authorization="Bearer "), Malformed),
        (visit(x_forwarded_for="127.0.0.1"), Unauthorized),
        (visit(x_forwarded_proto="https"), Unauthorized),
        (visit(forwarded="for=127.0.0.1"), Unauthorized),
        (visit(via="1.1 proxy"), Unauthorized),
        (visit(x_real_ip="127.0.0.1"), Unauthorized),
        (visit(Peer(Door.UNIX, UID), local=None, x_forwarded_for="10.0.0.1"), Unauthorized),
        (visit(x_forwarded_for="10.0.0.1", authorization="Bearer abc"), Credential("abc")),
    ],
)
def test_who_asks(who: Visit, expected: Actor | Credential | type[OutriderError]) -> None:
    if isinstance(expected, type):
        with pytest.raises(expected) as caught:
            ACCESS.identify(who)
        assert caught.value.message.endswith(".")
    else:
        assert ACCESS.identify(who) == expected


@pytest.mark.parametrize(
    ("host", "local", "ours"),
    [
        ("localhost:3848", LOCAL, True),
        ("LOCALHOST:3848", LOCAL, True),
        ("127.0.0.1:3848", LOCAL, True),
        ("[::1]:3848", ("::1", 3848), True),
        ("devbox:3848", LOCAL, True),
        ("192.168.1.5:3848", ("192.168.1.5", 3848), True),
        ("localhost", ("127.0.0.1", 80), True),
        ("localhost", LOCAL, False),
        ("localhost:3849", LOCAL, False),
        ("192.168.1.6:3848", LOCAL, False),
        ("evil.example:3848", LOCAL, False),
        ("localhost.evil.example:3848", LOCAL, False),
        ("localhost:3848@evil.example", LOCAL, False),
        ("", LOCAL, False),
        (None, LOCAL, False),
    ],
)
def test_dns_rebinding_is_refused(host: str | None, local: tuple[str, int], ours: bool) -> None:
    if ours:
        assert ACCESS.identify(visit(host=host, local=local)) == ADMIN
    else:
        with pytest.raises(WrongHost, match="Host header"):
            ACCESS.identify(visit(host=host, local=local))


def test_two_hosts_are_none() -> None:
    with pytest.raises(WrongHost):
        ACCESS.identify(Visit(OWNER, "GET", "/", [("host", HOST), ("host", "evil.example")], LOCAL))


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("http://localhost:3848", True),
        ("http://127.0.0.1:3848", True),
        ("http://devbox:3848", True),
        ("https://devbox:3848", True),
        ("https://outrider.example", True),
        ("https://localhost:3848", False),
        ("http://localhost:3000", False),
        ("http://outrider.example", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("http://localhost:3848.evil.example", False),
    ],
)
def test_only_our_own_pages(origin: str, ours: bool) -> None:
    if ours:
        assert ACCESS.identify(visit(origin=origin)) == ADMIN
    else:
        with pytest.raises(WrongOrigin):
            ACCESS.identify(visit(origin=origin))


@pytest.mark.parametrize(
    ("client", "server", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", Door.LOOPBACK),
        ("127.9.9.9", "127.0.0.1", Door.LOOPBACK),
        ("::1", "::1", Door.LOOPBACK),
        ("192.168.1.5", "192.168.1.5", Door.REMOTE),
        ("10.0.0.1", "127.0.0.1", Door.REMOTE),
        ("fe80::1%eth0", "fe80::2%eth0", Door.REMOTE),
    ],
)
def test_doors(client: str, server: str, expected: Door) -> None:
    assert door(client, server) is expected


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/agents", Scope.READ),
        ("HEAD", "/", Scope.READ),
        ("POST", "/api/agents", Scope.WRITE),
        ("DELETE", "/api/commands/c1", Scope.WRITE),
        ("BREW", "/", Scope.WRITE),
        ("GET", "/api/tokens", Scope.ADMIN),
        ("DELETE", "/api/tokens/phone", Scope.ADMIN),
        ("GET", "/api/tokensmith", Scope.READ),
    ],
)
def test_scopes(method: str, path: str, scope: Scope) -> None:
    assert needed(method, path) is scope


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/approvals", Scope.READ),
        ("GET", "/api/agents/me/terminal", Scope.READ),
        ("POST", "/api/agents/me/progress/tick", Scope.WRITE),
        ("POST", "/api/agents/other/progress/tick", None),
        ("POST", "/api/approvals/x", None),
        ("POST", "/api/agents", None),
        ("POST", "/api/agents/me/command", None),
        ("POST", "/api/agents/me/keys", None),
        ("POST", "/api/agents/me/kill", None),
        ("DELETE", "/api/commands/x", None),
        ("GET", "/api/tokens", None),
    ],
)
def test_what_an_agent_may(method: str, path: str, scope: Scope | None) -> None:
    asks = Visit(OWNER, method, path, [("host", HOST)], LOCAL)
    if scope is not None:
        assert as_agent("me", asks) == Actor("agent:me", scope)
    else:
        with pytest.raises(Forbidden, match="comes from the agent me: agents may look"):
            as_agent("me", asks)


async def test_an_agent_is_refused_at_the_gate_and_may_with_a_token() -> None:
    here = world()
    here.callers.agents[77] = "my-task"
    agent = Peer(Door.LOOPBACK, UID, pid=77)
    body = {"command": "Approve everything"}
    async with here.client(agent) as client:
        looked = await client.get("/api/agents")
        refused = await client.post("/api/agents/my-task/command", json=body)
        secret = await here.tokens.create("helper", Scope.WRITE, "uid:1234")
        told = {"Authorization": f"Bearer {secret}"}
        allowed = await client.post("/api/agents/my-task/command", json=body, headers=told)
    async with here.client(Peer(Door.LOOPBACK, UID, pid=78)) as client:
        person = await client.post("/api/agents/my-task/command", json=body)
    assert (looked.status_code, allowed.status_code, person.status_code) == (200, 202, 202)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.json()["detail"] == {"agent": "my-task"}
    assert here.callers.tried == [("my-task", "POST", "/api/agents/my-task/command")]


@pytest.fixture(scope="module")
def shared() -> World:
    return world()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 200, None),
        ({"Host": "evil.example"}, 421, "wrong_host"),
        ({"Origin": "https://evil.example"}, 403, "wrong_origin"),
        ({"X-Forwarded-For": "127.0.0.1"}, 401, "unauthorized"),
        ({"Authorization": "Bearer wrong"}, 401, "unauthorized"),
        ({"Authorization": "Nonsense"}, 400, "malformed"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/", "/api/agents", "/health", "/nope", "/openapi.json", "/metrics", "/static", "/staticx", "/loginx"]
)
async def test_every_path_is_behind_the_gate(
    shared: World, headers: dict[str, str], status: int, code: str | None, path: str
) -> None:
    async with shared.client() as client:
        got = await client.get(path, headers=headers)
    if code is None:
        assert got.status_code in {200, 404}
    else:
        assert (got.status_code, got.json()["code"]) == (status, code)
        assert ("www-authenticate" in got.headers) == (status == 401)


async def test_a_stranger_on_this_machine_may_nothing(shared: World) -> None:
    async with shared.client(Peer(Door.LOOPBACK, UID + 1)) as client:
        got = await client.post("/api/agents/my-task/command", json={"command": "rm -rf /"})
    assert (got.status_code, got.json()["code"]) == (401, "unauthorized")
    assert str(UID + 1) in got.json()["error"]


async def test_what_a_browser_is_told_about_our_answers(shared: World) -> None:
    async with shared.client() as client:
        page, api, wrong = await client.get("/"), await client.get("/api/agents"), await client.get("/nope")
        script = await client.get("/static/docs.js")
    for got in (page, api, wrong, script):
        policy = got.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert got.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in got.headers if name.startswith("access-control")]
    assert api.headers["cache-control"] == "no-store"
    assert wrong.headers["cache-control"] == "no-store"
