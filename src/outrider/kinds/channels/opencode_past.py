"""What an OpenCode server tells of the time in which nobody listened to it (recorded with 1.18.33).

It keeps every message with the time at which it was taken in. Asked once, when it is connected to: what its sessions do now
(`/session/status`), whose sessions these are, and the newest messages of those that are nobody's child (`/session/ID/message`).
A turn may have grown longer than that: each answer names the prompt that it answers. Sessions of other processes in the same
project are never looked at: only the agent's conversation as it is known, and those that are at work in this very process.

What comes out reads like the events that were missed; nothing is told of a prompt that is known already.
"""

import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping

import structlog

from outrider.kinds.channels.claude_payload import text
from outrider.kinds.channels.opencode_client import FAULTS, Server, ask
from outrider.kinds.channels.transcript import inner
from outrider.model.hook import Past

log = structlog.get_logger()
NEWEST = 8
"""Messages asked for: some 10 kB, 5 to 35 ms on a busy machine."""


async def past(server: Server, known: Past, answer_s: float) -> AsyncGenerator[dict[str, object], None]:
    """The sessions' states now, then the prompts that were taken in since what is `known`. Errors as of `ask` where it does not
    tell the states; where it does not tell the rest, that is left out."""
    found = await ask(server, "/session/status", answer_s)
    statuses: Mapping[str, object] = found if isinstance(found, dict) else {}
    roots: set[str] = set()
    for session in dict.fromkeys((*((known.conversation,) if known.conversation else ()), *statuses)):
        root, told = await _whose(server, session, answer_s)
        roots |= {root} if root is not None else set()
        for event in told:
            yield event
    for session, status in statuses.items():
        yield {"hook_event_name": "session.status", "sessionID": session, "status": status}
    for root in roots:
        for message in await _prompts(server, root, known.prompt_ms, answer_s):
            for event in _told(root, message):
                yield event


async def _whose(server: Server, session: str, answer_s: float) -> tuple[str | None, Iterable[dict[str, object]]]:
    """The conversation that a session belongs to, None where it does not say; and that it is a child, as it told when it made it."""
    info = await _asked(server, f"/session/{session}", answer_s)
    if not isinstance(info, dict):
        return None, ()
    parent = text(info, "parentID")
    if parent is None:
        return session, ()
    return parent, ({"hook_event_name": "session.created", "sessionID": session, "info": info},)


async def _prompts(server: Server, session: str, since_ms: int, answer_s: float) -> list[Mapping[str, object]]:
    """The messages of a person that it took in after that, in their order."""
    found = await _asked(server, f"/session/{session}/message?limit={NEWEST}", answer_s)
    messages = {_id(message): message for message in (found if isinstance(found, list) else ()) if _id(message)}
    answered = {text(inner(message, "info"), "parentID") for message in messages.values()} - {None, *messages}
    for id_ in answered:
        message = await _asked(server, f"/session/{session}/message/{id_}", answer_s)
        if isinstance(message, dict):
            messages[_id(message)] = message
    return sorted((each for each in messages.values() if _taken_ms(each) > since_ms), key=_taken_ms)


def _told(session: str, message: Mapping[str, object]) -> Iterable[dict[str, object]]:
    """A message as the events told it when it was new."""
    yield {"hook_event_name": "message.updated", "sessionID": session, "info": inner(message, "info")}
    parts = message.get("parts")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and part.get("type") == "text":
            yield {"hook_event_name": "message.part.updated", "sessionID": session, "part": part}


def _taken_ms(message: Mapping[str, object]) -> int:
    """When it took a person's message in; 0 for any other."""
    info = inner(message, "info")
    created = inner(info, "time").get("created")
    return created if info.get("role") == "user" and isinstance(created, int) else 0


def _id(message: object) -> str:
    return text(inner(message, "info"), "id") or "" if isinstance(message, dict) else ""


async def _asked(server: Server, path: str, answer_s: float) -> object:
    """What it answers; None where it does not, as for a session that was deleted."""
    with contextlib.suppress(*FAULTS):
        return await ask(server, path, answer_s)
    log.debug("an OpenCode server does not tell of its past", port=server.port, path=path)
    return None
