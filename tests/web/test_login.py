"""A browser's way in: a one-time link or a token becomes a cookie, which is then a token like any other."""

import re

import httpx
import pytest

from outrider.errors import StoreError
from outrider.model.actor import Scope
from outrider.web.access import Door, Peer
from outrider.web.links import LIFE_MS, MOST
from web.world import World, world

ELSEWHERE = Peer(Door.REMOTE)
ORIGIN = {"origin": "http://localhost:3848"}
PAGE = {"accept": "text/html,application/xhtml+xml"}


async def link(here: World, name: str = "phone", scope: str = "write") -> str:
    """A link's code, as its owner got it."""
    async with here.client() as owner:
        made = await owner.post("/api/tokens/links", json={"name": name, "scope": scope})
    assert made.status_code == 201, made.text
    path = str(made.json()["path"])
    assert path.startswith("/login#")
    return path.partition("#")[2]


async def login(client: httpx.AsyncClient, **body: str) -> httpx.Response:
    """Logs that browser in."""
    return await client.post("/api/login", json=body, headers=ORIGIN)


async def test_a_link_lets_one_browser_in_and_no_second() -> None:
    here = world()
    code = await link(here)
    async with here.client(ELSEWHERE) as first, here.client(ELSEWHERE) as second:
        done = await login(first, code=code)
        late = await login(second, code=code)
        me = await first.get("/api/me")
        sent = await first.post("/api/agents/my-task/command", json={"command": "go"}, headers=ORIGIN)
        kept = await first.get(f"/api/commands/{sent.json()['id']}")
        nothing = await second.get("/api/agents")
    cookie = done.headers["set-cookie"]
    assert re.match(r"outrider-3848=link\.\S+; HttpOnly; Max-Age=\d+; Path=/; SameSite=lax", cookie, re.IGNORECASE), (
        cookie
    )
    assert me.json() == {"name": "token:phone", "scope": "write", "why": "token"}
    assert kept.json()["actor"] == "token:phone"
    assert (late.status_code, late.json()["code"]) == (401, "unauthorized")
    assert "used already" in late.json()["error"]
    assert nothing.status_code == 401


async def test_a_link_is_not_used_up_where_the_token_cannot_be_written() -> None:
    here = world()
    code = await link(here)
    create = here.tokens.create

    async def full(name: str, scope: Scope, by: str) -> str:
        raise StoreError("The disk is full.")

    async with here.client(ELSEWHERE) as phone:
        here.tokens.create = full  # type: ignore[method-assign]
        refused = await login(phone, code=code)
        here.tokens.create = create  # type: ignore[method-assign]
        again = await login(phone, code=code)
    assert (refused.status_code, again.status_code) == (503, 200)


async def test_a_link_ends_by_itself() -> None:
    here = world()
    code = await link(here)
    here.engine.now += LIFE_MS
    async with here.client(ELSEWHERE) as phone:
        late = await login(phone, code=code)
    assert late.status_code == 401
    assert await here.tokens.list() == []


async def test_so_many_links_are_open_and_no_more() -> None:
    here = world()
    for number in range(MOST):
        await link(here, f"phone-{number}")
    async with here.client() as owner:
        refused = await owner.post("/api/tokens/links", json={"name": "one-more"})
        assert len(here.tokens.made_by) == MOST  # the audit tells of no link that was not made
        here.engine.now += LIFE_MS
        later = await owner.post("/api/tokens/links", json={"name": "one-more"})
    assert (refused.status_code, later.status_code) == (429, 201)


async def test_only_an_admin_makes_links_and_names_are_taken_once() -> None:
    here = world()
    code = await link(here)
    async with here.client(ELSEWHERE) as phone, here.client() as owner:
        await login(phone, code=code)
        refused = await phone.post("/api/tokens/links", json={"name": "friend"}, headers=ORIGIN)
        taken = await owner.post("/api/tokens/links", json={"name": "phone"})
        for number in range(MOST):  # what was refused stands in nobody's way
            await link(here, f"phone-{number}")
    assert refused.status_code == 403
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")


async def test_a_cookie_alone_changes_nothing_from_another_page() -> None:
    here = world()
    code = await link(here)
    async with here.client(ELSEWHERE) as phone:
        await login(phone, code=code)
        foreign = await phone.post(
            "/api/agents/my-task/command", json={"command": "go"}, headers={"origin": "https://evil.example"}
        )
        nameless = await phone.post("/api/agents/my-task/command", json={"command": "go"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "wrong_origin")
    assert nameless.status_code == 401
    assert "Origin" in nameless.json()["error"]


async def test_who_reads_only_is_told_so() -> None:
    here = world()
    code = await link(here, "guest", "read")
    async with here.client(ELSEWHERE) as guest:
        await login(guest, code=code)
        assert (await guest.get("/api/agents")).status_code == 200
        refused = await guest.post("/api/agents/my-task/kill", headers=ORIGIN)
    assert refused.status_code == 403
    assert "scope write" in refused.json()["error"]


async def test_logging_out_ends_what_the_link_gave_and_leaves_a_pasted_token() -> None:
    here = world()
    code = await link(here)
    async with here.client() as owner, here.client(ELSEWHERE) as phone, here.client(ELSEWHERE) as desk:
        made = await owner.post("/api/tokens", json={"name": "desk", "scope": "read"})
        await login(phone, code=code)
        pasted = await login(desk, token=made.json()["token"])
        assert pasted.status_code == 200
        for browser in (phone, desk):
            assert (await browser.post("/api/logout", headers=ORIGIN)).status_code == 200
            assert (await browser.get("/api/me")).status_code == 401
        left = [token.name for token in await here.tokens.list()]
    assert left == ["desk"]


async def test_logging_out_ends_the_token_of_the_cookie_and_not_the_one_that_was_sent_beside_it() -> None:
    here = world()
    code = await link(here)
    async with here.client() as owner, here.client(ELSEWHERE) as phone:
        made = await owner.post("/api/tokens", json={"name": "script", "scope": "write"})
        await login(phone, code=code)
        out = await phone.post("/api/logout", headers={**ORIGIN, "authorization": f"Bearer {made.json()['token']}"})
        left = [token.name for token in await here.tokens.list()]
    assert out.status_code == 200
    assert left == ["script"]
    assert here.tokens.revoked_by == [("phone", "token:script")]


async def test_a_cookie_that_is_worth_nothing_takes_nothing_from_the_owner() -> None:
    here = world()
    async with here.client() as owner, here.client(ELSEWHERE) as phone:
        for browser in (owner, phone):
            browser.cookies.set("outrider-3848", "link.gone")
        assert (await owner.get("/api/me")).json()["why"] == "machine"
        assert (await phone.get("/api/me")).status_code == 401


async def test_revoking_the_token_ends_the_browser() -> None:
    here = world()
    code = await link(here)
    async with here.client() as owner, here.client(ELSEWHERE) as phone:
        await login(phone, code=code)
        await owner.delete("/api/tokens/phone")
        assert (await phone.get("/api/agents")).status_code == 401


async def test_over_https_the_cookie_is_for_https_alone() -> None:
    here = world()
    code = await link(here)
    async with here.client(ELSEWHERE) as phone:
        headers = {"origin": "https://devbox:3848", "host": "devbox:3848"}
        done = await phone.post("/api/login", json={"code": code}, headers=headers)
    assert "secure" in done.headers["set-cookie"].lower()


async def test_a_person_without_login_is_shown_the_way_and_a_program_the_error() -> None:
    here = world()
    async with here.client(ELSEWHERE) as phone:
        page = await phone.get("/", headers=PAGE)
        program = await phone.get("/")
        login_page = await phone.get("/login", headers=PAGE)
        script = await phone.get("/static/login.js")
        foreign = await phone.get("/login", headers={"host": "evil.example"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert (program.status_code, program.json()["code"]) == (401, "unauthorized")
    assert "outrider token link" in login_page.text
    assert script.status_code == 200
    assert foreign.status_code != 200


@pytest.mark.parametrize("body", [{}, {"code": "a", "token": "b"}, {"password": "x"}, {"code": "x" * 300}])
async def test_a_login_that_makes_no_sense_is_refused_in_a_sentence(body: dict[str, str]) -> None:
    here = world()
    async with here.client(ELSEWHERE) as phone:
        refused = await phone.post("/api/login", json=body, headers=ORIGIN)
    assert refused.status_code == 422
    assert refused.json()["error"].endswith(".")
