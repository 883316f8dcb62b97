"""Replies to what OpenCode asks leave for, over its own server (1.18.33): `GET /permission` lists what waits, `POST
/permission/ID/reply` answers one of them. A refusal with a message lets the model go on with it; one without ends the turn.

A reply is for one request by its id: one that was answered at the terminal meanwhile is not answered again.
"""

from pathlib import Path

import structlog

from outrider.kinds.channels.opencode_client import FAULTS, Refused, ask, read
from outrider.kinds.channels.opencode_server import SERVER
from outrider.kinds.channels.tool_words import NAMES
from outrider.model.approval import Approval, Behavior
from outrider.supervisor.crew import Member
from outrider.supervisor.hook_calls import Call, fits

log = structlog.get_logger()
ANSWER_S = 15.0


class Replies:
    """Gives them; `spawns` holds a folder for each spawn, named for its token, with the address of its server."""

    def __init__(self, spawns: Path) -> None:
        self._spawns = spawns

    async def pending(self, member: Member, approval: Approval) -> str | None:
        """The id of the request that this dialog shows: the only one that waits, and about the same. None where that cannot be told."""
        server = read(self._spawns / member.agent.generation / SERVER) if member.agent.generation else None
        if server is None:
            return None
        try:
            found = await ask(server, "/permission", ANSWER_S)
        except FAULTS as error:
            log.info("an OpenCode server does not say what waits", port=server.port, why=str(error))
            return None
        waiting = found if isinstance(found, list) else []
        return _named(waiting[0], approval) if len(waiting) == 1 else None

    async def give(self, member: Member, request: str, behavior: Behavior, reason: str | None) -> bool:
        """Whether it took the answer, or may have; False where it certainly did not."""
        server = read(self._spawns / member.agent.generation / SERVER)
        if server is None:
            return False
        said = {"reply": "once" if behavior is Behavior.ALLOW else "reject"}
        if behavior is Behavior.DENY and reason:
            said["message"] = reason
        try:
            await ask(server, f"/permission/{request}/reply", ANSWER_S, said)
        except (ConnectionRefusedError, Refused) as error:
            log.info("an OpenCode server did not take an answer", port=server.port, why=str(error))
            return False
        except FAULTS as error:
            log.info("whether an OpenCode server took an answer is not known", port=server.port, why=str(error))
        return True


def _named(request: object, approval: Approval) -> str | None:
    """The id of a request that is about what the dialog shows."""
    if not isinstance(request, dict) or approval.tool is None:
        return None
    given = request.get("metadata")
    told = given if isinstance(given, dict) else {}
    command, file, name = told.get("command"), told.get("filepath"), request.get("id")
    if not isinstance(name, str) or not (isinstance(command, str) or isinstance(file, str)):
        return None
    tool = str(request.get("permission"))
    call = Call(
        name=name,
        tool=NAMES.get(tool, tool),
        command=command if isinstance(command, str) else None,
        file=file if isinstance(file, str) else None,
        url=None,
        at_ms=0,
        until_ms=0,
    )
    return name if fits(call, approval) else None
