"""The gate in front of every route: who asks, how much they may send, and the headers that every answer carries.

One ASGI layer for HTTP and WebSocket alike. It leaves the Actor in `scope["state"]["actor"]`; nothing behind it asks again.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from fastapi.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from outrider.errors import OutriderError, Unauthorized
from outrider.model import actor as who
from outrider.model.actor import Actor
from outrider.web.access import TOKEN_HELP, Access, Credential, Door, Peer, Visit, permit
from outrider.web.answers import refusal

_CONTENT_POLICY = (
    "default-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Sequence[tuple[bytes, bytes]] = (
    (b"content-security-policy", _CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_NO_STORE = (b"cache-control", b"no-store")
_NOBODY = Peer(Door.REMOTE)


class TokenInfo(Protocol):
    """A token as it is listed: never the secret itself. Times in Unix ms."""

    @property
    def name(self) -> str: ...

    @property
    def scope(self) -> who.Scope: ...

    @property
    def created_ms(self) -> int: ...


class Tokens(Protocol):
    """The tokens that others may come in with."""

    async def find(self, token: str) -> Actor | None:
        """Whose token this is, None where it is nobody's (any more)."""
        ...

    async def create(self, name: str, scope: who.Scope) -> str:
        """A new secret, shown this once; Conflict where the name is taken."""
        ...

    async def list(self) -> Sequence[TokenInfo]:
        """All that are good now, in order of name."""
        ...

    async def revoke(self, name: str) -> None:
        """Ends it at once; NoSuchThing where there is none of that name."""
        ...


class Gate:
    """Lets in who may, with an Actor; refuses everybody else in the form of every other error."""

    def __init__(self, app: ASGIApp, *, access: Access, tokens: Tokens, max_body: int) -> None:
        self._app = app
        self._access = access
        self._tokens = tokens
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http":
            send = _dressed(send, scope["path"])
        try:
            actor = await self._admit(scope)
        except OutriderError as error:
            await _refuse(scope, receive, send, error)
            return
        scope = {**scope, "state": {**scope.get("state", {}), "actor": actor}}
        if scope["type"] == "http":
            receive = _limited(receive, scope, self._max_body)
            if scope["method"] == "HEAD":  # routed as GET; the server below cuts the body
                scope["method"] = "GET"
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> Actor:
        visit = _visit(scope)
        found = self._access.identify(visit)
        if isinstance(found, Credential):
            actor = await self._tokens.find(found.token)
            if actor is None:
                raise Unauthorized(f"This token is not known here, or it was revoked: {TOKEN_HELP}.")
            found = actor
        return permit(found, visit)


def _visit(scope: Scope) -> Visit:
    server: tuple[str, int | None] | None = scope.get("server")
    state: Mapping[str, object] = scope.get("state", {})
    peer = state.get("peer", _NOBODY)
    assert isinstance(peer, Peer)
    return Visit(
        peer=peer,
        method=scope.get("method", "GET"),
        path=scope["path"],
        headers=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]],
        local=None if peer.door is Door.UNIX or server is None or server[1] is None else (server[0], server[1]),
    )


async def _refuse(scope: Scope, receive: Receive, send: Send, error: OutriderError) -> None:
    answer = refusal(error)
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await answer(scope, receive, send)


def _dressed(send: Send, path: str) -> Send:
    """Adds the security headers to whatever is answered; what must not be kept by a cache says so."""
    extra = [*SECURITY_HEADERS, *([] if path.startswith("/static/") else [_NO_STORE])]

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return dressed


def _limited(receive: Receive, scope: Scope, limit: int) -> Receive:
    """Counts what comes in, whatever Content-Length says, and stops at the limit."""
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    seen = 0
    too_large = HTTPException(413, f"The body is over the limit of {limit} bytes.")

    async def limited() -> Message:
        nonlocal seen
        if declared.isdigit() and int(declared) > limit:
            raise too_large
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise too_large
        return message

    return limited
