"""The whole web face, put together: routes, errors, gate."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from outrider import __version__
from outrider.web import (
    agents,
    alerts,
    approvals,
    audit,
    commands,
    complaints,
    events,
    health,
    history,
    login,
    metrics,
    nodes,
    notices,
    page,
    progress,
    recordings,
    stream,
    terminal,
    tokens,
    worktrees,
)
from outrider.web.access import Access
from outrider.web.answers import ErrorJSON
from outrider.web.context import Context
from outrider.web.elsewhere import Elsewhere
from outrider.web.encoded import EncodedAgents
from outrider.web.engine import Engine, Notices
from outrider.web.fleet import Fleet
from outrider.web.gate import Callers, Gate, Tokens
from outrider.web.hub import Hub
from outrider.web.inward import Inward
from outrider.web.links import Links
from outrider.web.reels import Recordings

MAX_BODY = 1024 * 1024

_ABOUT = """Runs, watches and steers coding agents that live in tmux.

Times are Unix milliseconds (UTC), durations seconds. Every error is `{"error": sentence, "code": word, "detail": {…}}`.

A WebSocket on `/ws` (or `/`) gives events as they happen; its first message is `{"type":"connected","seq":n}`.
`?since=SEQ` gives everything after that event and then goes on live; `?session=` and `?event=` filter; `?batch=1` gives arrays.
`{"type":"ping"}` is answered with `pong`, `{"type":"subscribe","sessions":[…],"events":[…]}` changes the filter.
A client that is too slow is closed with code 4008 and `since=SEQ`, the place to come back to.

A WebSocket on `/api/agents/{session}/terminal` is the live terminal: binary messages are what its program writes, text messages
are `picture` (reset to that size), `control` (who may type), `error` and `end`. `{"type":"take"}` takes control for who has the scope
`write`, `{"type":"keys","text":…}` types, `{"type":"paste","text":…}` pastes, `{"type":"release"}` gives it back."""

_ROUTERS = (
    health.router,
    agents.router,
    progress.router,
    commands.router,
    approvals.router,
    events.router,
    history.router,
    alerts.router,
    notices.router,
    worktrees.router,
    recordings.router,
    nodes.router,
    audit.router,
    tokens.router,
    login.router,
    metrics.router,
    page.router,
    stream.router,
    terminal.router,
)


@dataclass(frozen=True, slots=True)
class Web:
    """What `server.serve` serves. `hub` feeds the WebSockets while it runs; `inward` answers other nodes."""

    app: ASGIApp
    hub: Hub
    inward: Inward


class _Api(FastAPI):
    def openapi(self) -> dict[str, object]:
        """The document, made once, with the shape of errors, which every route names."""
        if self.openapi_schema is None:
            schemas = super().openapi()["components"]["schemas"]
            schemas[ErrorJSON.__name__] = TypeAdapter(ErrorJSON).json_schema()
            in_order = sorted(schemas.items())
            schemas.clear()
            schemas.update(in_order)
        return super().openapi()


def build(
    engine: Engine,
    access: Access,
    tokens: Tokens,
    callers: Callers,
    people: Notices,
    *,
    recordings: Recordings,
    fleet: Fleet,
    clock: Callable[[], int],
    url: str = "http://localhost:3848",
    max_body: int = MAX_BODY,
    buffer: int = 1000,
    grace_s: float = 5.0,
) -> Web:
    """The web face of one daemon. `people` are told by notices, `fleet` knows the other nodes. `clock` gives Unix ms, `url` is
    where it is reached, `max_body` is in bytes and `buffer` how many events a WebSocket may fall behind; one that was told to go has
    `grace_s` to read it. Nothing runs until it is served.
    """
    hub = Hub(engine, fleet.feeds, clock=clock, buffer=buffer, grace_s=grace_s)
    api = _Api(
        title="Outrider",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.context = Context(
        engine, tokens, people, recordings, fleet, hub, EncodedAgents(), Links(clock), clock, url
    )
    for router in _ROUTERS:
        # Taken over as they are: of a router that is included FastAPI builds every route once more.
        api.router.routes.extend(router.routes)
    api.mount("/static", StaticFiles(directory=page.STATIC))
    complaints.install(api)
    gate = Gate(
        Elsewhere(api, fleet.node), access=access, tokens=tokens, callers=callers, clock=clock, max_body=max_body
    )
    return Web(gate, hub, Inward(api))
