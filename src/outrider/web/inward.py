"""What other nodes ask of this one, answered by the same routes as everybody's requests; who asks was let in on the other node."""

import re

import structlog
from starlette.types import ASGIApp, Message, Scope

from outrider.errors import Forbidden, NoSuchThing, OutriderError
from outrider.model import wire
from outrider.model.actor import Scope as Rights
from outrider.model.fleet import Call, Reply
from outrider.web.access import needed
from outrider.web.answers import error_json

log = structlog.get_logger()

# What concerns agents; a node's tokens and settings are its own.
ANSWERED = re.compile(
    r"/api/(agents(/[^/]+(/[a-z/]+)?)?|approvals/[^/]+|commands/[^/]+(/retry)?|nodes/[^/]+/drain|kinds|directories)"
)
_RANK = {Rights.READ: 0, Rights.WRITE: 1, Rights.ADMIN: 2}


class Inward:
    """Calls the app as a server would, without a connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, call: Call) -> Reply:
        """The answer; never raises what the asker is to be told."""
        if not ANSWERED.fullmatch(call.path):
            return _refused(NoSuchThing(f"Other nodes are not answered on {call.path[:100]!r}."))
        if _RANK[call.actor.scope] < _RANK[needed(call.method, call.path)]:
            return _refused(Forbidden(f"{call.method} {call.path} is more than {call.actor.name} may."))
        told: list[Message] = []
        sent = [{"type": "http.request", "body": call.body.encode("utf-8", "surrogatepass"), "more_body": False}]

        async def receive() -> Message:
            return sent.pop() if sent else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            told.append(message)

        try:
            await self._app(_scope(call), receive, send)
        except Exception:  # as the server does with everybody's requests: it was answered, and the daemon goes on
            log.exception("a request of another node met a mistake of ours", method=call.method, path=call.path)
        if not told:
            return _refused(OutriderError("This daemon made a mistake in answering; its log says which."))
        body = b"".join(message.get("body", b"") for message in told)
        return Reply(told[0]["status"], body.decode())


def _scope(call: Call) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": call.path,
        "raw_path": call.path.encode(),
        "query_string": call.query.encode("latin-1"),
        "root_path": "",
        "headers": [(b"content-type", b"application/json")] if call.body else [],
        "client": None,
        "server": None,
        "state": {"actor": call.actor},
    }


def _refused(error: OutriderError) -> Reply:
    return Reply(error.status, wire.text(error_json(error)))
