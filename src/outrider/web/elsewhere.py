"""Agents of other nodes by their address: `node/session` where a session stands in a path (`/api/agents/south%2Ftask/output`).

A step before the routes: the blank slash is told from a separator only in the path as it was sent. This node's own name goes away; what is
another node's goes to the routes of that node's agents.
"""

import re
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_ADDRESSED = re.compile(r"/api/agents/([^/%]+)%2[Ff]([^/]+)(/.*)?")


class Elsewhere:
    """Finds the node in an address."""

    def __init__(self, app: ASGIApp, node: str) -> None:
        self._app = app
        self._node = node

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b""
        if b"%2" in raw and (found := _ADDRESSED.fullmatch(raw.decode("latin-1").partition("?")[0])):
            node, session, rest = found[1], found[2], found[3] or ""
            path = f"/api/agents/{session}{rest}" if node == self._node else f"/api/nodes/{node}/agents/{session}{rest}"
            scope = {**scope, "path": unquote(path), "raw_path": quote(path, safe="/%").encode()}
        await self._app(scope, receive, send)
