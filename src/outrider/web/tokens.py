"""Tokens over HTTP: who else may come in. All of it takes the scope `admin`."""

from typing import Annotated

from fastapi import Path
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.errors import Conflict, OutriderError, TooMany
from outrider.model.actor import TOKEN, Scope
from outrider.web.answers import BODY, THING, answer, documented, routes
from outrider.web.context import Asker, Given, Strict


class TokenJSON(TypedDict):
    """A token as it is listed, without its secret."""

    name: str
    scope: Scope
    created: int


class NewTokenJSON(TypedDict):
    """A new token; this is the only time that its secret is shown."""

    name: str
    scope: Scope
    token: str


class TokenList(TypedDict):
    """All tokens that are good now, in order of name."""

    tokens: list[TokenJSON]
    count: int


class RevokedJSON(TypedDict):
    """The token is good for nothing any more."""

    name: str
    revoked: bool


class LinkJSON(TypedDict):
    """A login link: `path` goes behind this daemon's address. It works once, until `expires` (Unix ms)."""

    name: str
    scope: Scope
    path: str
    expires: int


class TokenBody(Strict):
    """A token to be made."""

    name: str = Field(
        min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$", description="Whose it is.", examples=["phone"]
    )
    scope: Scope = Field(Scope.READ, description="What it may do; each scope includes those before it.")


router = routes("/api/tokens", "tokens")


@router.post("", status_code=201, response_model=NewTokenJSON, responses=documented(*BODY, Conflict))
async def create_token(body: TokenBody, context: Given, actor: Asker) -> Response:
    """Makes a token; its secret is in this answer and nowhere else."""
    secret = await context.tokens.create(body.name, body.scope, actor.name)
    return answer({"name": body.name, "scope": body.scope, "token": secret}, 201)


@router.post("/links", status_code=201, response_model=LinkJSON, responses=documented(*BODY, Conflict, TooMany))
async def create_link(body: TokenBody, context: Given, actor: Asker) -> Response:
    """Makes a login link: the browser that opens it first gets a cookie with a token of this name and scope."""
    code, link = context.links.make(body.name, body.scope, actor.name)
    try:
        await context.tokens.offer(body.name, body.scope, actor.name)
    except OutriderError:
        context.links.redeem(code)
        raise
    made = {"name": link.name, "scope": link.scope, "path": f"/login#{code}", "expires": link.expires_ms}
    return answer(made, 201)


@router.get("", response_model=TokenList)
async def list_tokens(context: Given) -> Response:
    """The tokens that are good now."""
    found = [
        {"name": token.name, "scope": token.scope, "created": token.created_ms} for token in await context.tokens.list()
    ]
    return answer({"tokens": found, "count": len(found)})


@router.delete("/{name}", response_model=RevokedJSON, responses=documented(*THING))
async def revoke_token(
    name: Annotated[str, Path(description="The token's name.")], context: Given, actor: Asker
) -> Response:
    """Ends a token at once, and the event streams that were opened with it."""
    await context.tokens.revoke(name, actor.name)
    context.hub.expel(TOKEN + name)
    return answer({"name": name, "revoked": True})
