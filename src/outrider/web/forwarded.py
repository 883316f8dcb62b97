"""Another node's answers, as this one gives them on."""

import json

from starlette.responses import Response

from outrider.model import wire
from outrider.model.fleet import Reply
from outrider.web.answers import encoded


def elsewhere(reply: Reply, node: str) -> Response:
    """Another node's answer, with its agents by their address here."""
    try:
        told = json.loads(reply.body)
    except ValueError:
        return encoded(reply.body, reply.status)
    things = [told, *(told.get("commands", ()) if isinstance(told, dict) else ())]
    for thing in things:
        if isinstance(thing, dict) and isinstance(session := thing.get("session"), str) and session:
            thing["session"] = f"{node}/{session}"
    return encoded(wire.text(told), reply.status)
