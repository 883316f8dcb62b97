"""Login of a browser: a one-time link's code, or a token, becomes a cookie; who the caller is; logout.

The cookie holds a token like any other, so that `outrider token revoke` ends it at once. It is HttpOnly, and SameSite=Lax: a link
to the page may be opened from elsewhere, but no other page can act with it (Origin is checked besides).
"""

from typing import Literal

from fastapi import Request
from pydantic import Field, model_validator
from starlette.responses import FileResponse, Response
from typing_extensions import TypedDict

from outrider.errors import Conflict, StoreError, Unauthorized
from outrider.model.actor import TOKEN, Scope
from outrider.web.access import LINKED, cookie_name
from outrider.web.answers import BODY, answer, documented, routes
from outrider.web.context import Asker, Given, Strict
from outrider.web.page import STATIC

COOKIE_S = 90 * 24 * 3600


class MeJSON(TypedDict):
    """Who the caller is, and what that one may do; `why` says how it is known."""

    name: str
    scope: Scope
    why: Literal["machine", "token"]


class LoginBody(Strict):
    """The code of a one-time link, or a token."""

    code: str | None = Field(None, max_length=200, description="What stands behind # in the link.")
    token: str | None = Field(None, max_length=200, description="A token, as `outrider token create` printed it.")

    @model_validator(mode="after")
    def _one(self) -> "LoginBody":
        if (self.code is None) == (self.token is None):
            raise ValueError("The body should have either a code or a token.")
        return self


router = routes(tag="login")


@router.get("/login", include_in_schema=False)
async def login_page() -> FileResponse:
    """The page that a login link opens."""
    return FileResponse(STATIC / "login.html")


@router.get("/api/me", response_model=MeJSON)
async def get_me(actor: Asker) -> Response:
    """Who is asking, and what that one may do."""
    return answer(
        {"name": actor.name, "scope": actor.scope, "why": "token" if actor.name.startswith(TOKEN) else "machine"}
    )


@router.post("/api/login", response_model=MeJSON, responses=documented(*BODY, Conflict))
async def login(body: LoginBody, context: Given, request: Request) -> Response:
    """Lets a browser in: the answer sets the cookie. A link's code works once."""
    token = body.token or await _redeemed(body.code or "", context)
    kept = token if body.token else LINKED + token
    actor = await context.tokens.find(token)
    if actor is None:
        raise Unauthorized("This token is not known here, or it was revoked.")
    done = answer({"name": actor.name, "scope": actor.scope, "why": "token"})
    secure = request.headers.get("origin", "").startswith("https://")
    done.set_cookie(_cookie(request), kept, max_age=COOKIE_S, httponly=True, samesite="lax", secure=secure)
    return done


@router.post("/api/logout", response_model=MeJSON)
async def logout(actor: Asker, context: Given, request: Request) -> Response:
    """Ends this browser's login: the cookie goes, and the token with it that a login link made. Without a cookie nothing is done."""
    done = answer({"name": actor.name, "scope": actor.scope, "why": "machine"})
    kept = request.cookies.get(_cookie(request), "")
    linked = await context.tokens.find(kept.removeprefix(LINKED)) if kept.startswith(LINKED) else None
    if linked is not None:  # the cookie's, which need not be what the caller came in with
        await context.tokens.revoke(linked.name.removeprefix(TOKEN), actor.name)
        context.hub.expel(linked.name)
    done.delete_cookie(_cookie(request), httponly=True, samesite="lax")
    return done


async def _redeemed(code: str, context: Given) -> str:
    link = context.links.redeem(code)
    if link is None:
        raise Unauthorized(
            "This login link was used already, is too old, or was made before the daemon last started: "
            "make a new one with `outrider token link NAME`."
        )
    try:
        return await context.tokens.create(link.name, link.scope, link.by)
    except StoreError:
        context.links.reopen(code, link)
        raise


def _cookie(request: Request) -> str:
    server = request.scope.get("server")
    return cookie_name((server[0], server[1] or 0) if server else None)
