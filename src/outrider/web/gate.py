"""The gate in front of every route: who asks, how much they may send, and the headers that every answer carries.

One ASGI layer for HTTP and WebSocket alike. It leaves the Actor in `scope["state"]["actor"]`; nothing behind it asks again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from fastapi.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from outrider.errors import Forbidden, OutriderError, Unauthorized
from outrider.model import actor as who
from outrider.model.actor import Actor
from outrider.web.access import TOKEN_HELP, Access, Credential, Door, Peer, Visit, as_agent, needed, open_to_all, permit
from outrider.web.answers import refusal
from outrider.web.peer import Line

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
_PAGES = frozenset({"/", "/docs"})
_NO_STORE = (b"cache-control", b"no-store")
_NOBODY = Peer(Door.REMOTE)
CLEARED_MS = 2000
"""How long a connection that was no agent's is not looked into again: processes pass connections on, but not that often."""


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

    async def create(self, name: str, scope: who.Scope, by: str) -> str:
        """A new secret, shown this once, and who had it made in the audit; Conflict where the name is taken."""
        ...

    async def offer(self, name: str, scope: who.Scope, by: str) -> None:
        """Writes down that a link was made which gives one; Conflict where the name is taken."""
        ...

    async def list(self) -> Sequence[TokenInfo]:
        """All that are good now, in order of name."""
        ...

    async def revoke(self, name: str, by: str) -> None:
        """Ends it at once, and writes down who did; NoSuchThing where there is none of that name."""
        ...


class Callers(Protocol):
    """What is known of the programs on this machine that ask."""

    async def agent(self, pid: int | None, inode: int | None) -> str | None:
        """The session of the agent to which the process belongs, or those that hold that socket; None where it is no agent's."""
        ...

    async def refused(self, session: str, method: str, path: str) -> None:
        """An agent asked for what it may not: written down."""
        ...


class Gate:
    """Lets in who may, with an Actor; refuses everybody else in the form of every other error."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        tokens: Tokens,
        callers: Callers,
        clock: Callable[[], int],
        max_body: int,
    ) -> None:
        self._app = app
        self._access = access
        self._tokens = tokens
        self._callers = callers
        self._clock = clock
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http":
            send = _dressed(send, scope["path"])
        try:
            admitted = await self._admit(scope)
        except OutriderError as error:
            await _refuse(scope, receive, send, error)
            return
        scope = {**scope, "state": {**scope.get("state", {}), **admitted}}
        if scope["type"] == "http":
            receive = _limited(receive, scope, self._max_body)
            if scope["method"] == "HEAD":  # routed as GET; the server below cuts the body
                scope["method"] = "GET"
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> Mapping[str, Actor]:
        """The actor, for the handlers; none where everybody may come."""
        visit = _visit(scope)
        if scope["type"] == "http" and open_to_all(visit.method, visit.path):
            self._access.check_place(visit)
            return {}
        found = self._access.identify(visit)
        if isinstance(found, Credential):
            owner = await self._owner(found)
            if owner is not None:
                return {"actor": permit(owner, visit)}
            found = self._access.identify(visit, cookies=False)
            assert isinstance(found, Actor)
        permitted = permit(found, visit)
        if scope["type"] == "websocket" or needed(visit.method, visit.path) is not who.Scope.READ:
            line = scope.get("state", {}).get("line")
            permitted = await self._unless_an_agent(permitted, visit, line)
        return {"actor": permitted}

    async def _owner(self, sent: Credential) -> Actor | None:
        """Whose token it is; None for a cookie that is worth nothing (any more), Unauthorized for such a token."""
        actor = await self._tokens.find(sent.token)
        if actor is None and not sent.cookie:
            raise Unauthorized(f"This token is not known here, or it was revoked: {TOKEN_HELP}.")
        return actor

    async def _unless_an_agent(self, actor: Actor, visit: Visit, line: Line | None) -> Actor:
        """The same actor; what an agent may, where the connection is an agent's; Forbidden where nobody holds it any more."""
        now_ms = self._clock()
        if line is not None and now_ms < line.cleared_ms:
            return actor
        session = await self._callers.agent(visit.peer.pid, visit.peer.inode)
        if session is not None:
            try:
                return as_agent(session, visit)
            except Forbidden:
                await self._callers.refused(session, visit.method, visit.path)
                raise
        if line is not None and not line.stands():
            raise Forbidden(
                "Who sent this closed the connection before it could be told which program it was. Wait for the answer."
            )
        if line is not None:
            line.cleared_ms = now_ms + CLEARED_MS
        return actor


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
    answer: Response = refusal(error)
    if isinstance(error, Unauthorized) and _opens_page(scope):
        answer = RedirectResponse("/login", 303)
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await answer(scope, receive, send)


def _opens_page(scope: Scope) -> bool:
    """Whether a person opens one of our pages in a browser."""
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return scope["type"] == "http" and scope["path"] in _PAGES and b"text/html" in accepted


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
