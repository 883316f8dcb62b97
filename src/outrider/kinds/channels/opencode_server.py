"""OpenCode's own server: opened for one spawn on loopback behind a password, and followed into the agent's hook spool.

What it tells is written down as if a hook had left it there, so that one road leads to the daemon. While the daemon is away it
is not heard; when it comes back it is asked first what was missed. A plugin would hear everything, but OpenCode
fetches a package from the network for the sake of any plugin and, offline, does not draw its screen for over a minute (1.18.33).
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from pathlib import Path

import structlog

from outrider.kinds.channels.channel import Furnishing, Ground
from outrider.kinds.channels.folders import Folders, open_folders
from outrider.kinds.channels.opencode_client import FAULTS, Server, lines, read
from outrider.kinds.channels.opencode_past import past
from outrider.logic.policy.opencode import compile_opencode
from outrider.logic.policy.rules import Policy
from outrider.model.hook import NOTHING_PAST, Past

log = structlog.get_logger()

SERVER = "server.json"
KEY_VARIABLE = "OPENCODE_SERVER_PASSWORD"
USER_VARIABLE = "OPENCODE_SERVER_USERNAME"
CONFIG_VARIABLE = "OPENCODE_CONFIG_CONTENT"
_SOON_S, _LATER_S = 0.5, 20.0
_SOON = 120  # tries: it may take a minute until it listens; one that still doesn't has ended
_HEAD_S = 5.0  # a request that comes while it starts is taken and never answered
_TOLD = frozenset({"session.created", "session.status", "session.idle", "session.error", "message.updated"})
_ASKED = ("permission.", "question.")
_DROPPED = frozenset({"output", "metadata", "raw", "attachments", "summary", "snapshot"})


def furnish(ground: Ground) -> Furnishing:
    """A free port, a password nobody else has, and both written down for the daemon."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    password = ground.environ.get(KEY_VARIABLE) or secrets.token_hex(16)
    content = {
        "port": port,
        "user": ground.environ.get(USER_VARIABLE) or "opencode",
        "password": password,
        "spool": str(ground.spool),
    }
    env = {KEY_VARIABLE: password}
    if ground.policy is not None:
        env[CONFIG_VARIABLE] = _with_permissions(ground.environ.get(CONFIG_VARIABLE), ground.policy)
    return Furnishing({SERVER: json.dumps(content)}, ("--port", str(port), "--hostname", "127.0.0.1"), env)


def _with_permissions(given: str | None, policy: Policy) -> str:
    """The settings that OpenCode takes from its environment, with the policy's permissions behind those that are there.

    What cannot be read as JSON is left out: OpenCode itself would refuse it.
    """
    try:
        found = json.loads(given or "{}")
    except (ValueError, RecursionError):
        found = {}
    return json.dumps(joined(found if isinstance(found, dict) else {}, compile_opencode(policy)))


def joined(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Settings in settings, those above behind those below; what is `"ask"` below for a tool holds for all its calls."""
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        if key == "permission" and isinstance(under, str):
            under = {"*": under}
        found[key] = joined(under, value) if isinstance(value, Mapping) and isinstance(under, Mapping) else value
    return found


class Sieve:
    """What of the stream is worth writing down: no deltas, no output of tools, each state of a call once."""

    def __init__(self) -> None:
        self._calls: dict[str, str] = {}

    def pick(self, event: Mapping[str, object]) -> dict[str, object] | None:
        """The event as a hook call, None where it tells nothing."""
        name, properties = event.get("type"), event.get("properties")
        if not isinstance(name, str) or not isinstance(properties, dict):
            return None
        if name == "message.part.updated":
            return self._part(name, properties)
        if name not in _TOLD and not name.startswith(_ASKED):
            return None
        return {"hook_event_name": name, **properties}

    def _part(self, name: str, properties: Mapping[str, object]) -> dict[str, object] | None:
        part = properties.get("part")
        if not isinstance(part, dict) or part.get("type") not in {"tool", "text", "reasoning"}:
            return None
        state, slim = part.get("state"), dict(part)
        if isinstance(state, dict):
            call, status = str(part.get("callID")), str(state.get("status"))
            if self._calls.get(call) == status:
                return None
            self._calls[call] = status
            slim["state"] = {key: value for key, value in state.items() if key not in _DROPPED}
        return {"hook_event_name": name, **properties, "part": slim}


class OpenCodeServers:
    """Follows the servers of all spawns that have one; `folder` holds the spawns' directories, named for their generations."""

    def __init__(
        self,
        folder: Path,
        known: Callable[[str], Past] = lambda _: NOTHING_PAST,
        *,
        folders: Callable[[], Folders] = open_folders,
        answer_s: float = _HEAD_S,
    ) -> None:
        """`known` says what is known of a generation's agent; `answer_s` is how long a request may go unanswered before it is
        made again."""
        self._folder = folder
        self._known = known
        self._answer_s = answer_s
        self._open = folders
        self._written = 0

    async def run(self) -> None:
        """Follows for ever, each for as long as its spawn's directory is there."""
        following: dict[Path, asyncio.Task[None]] = {}
        folders = self._open()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    spawns = self._spawns()
                    folders.watch({self._folder, *spawns})
                    for gone in following.keys() - spawns:
                        following.pop(gone).cancel()
                    for path in spawns - following.keys():
                        if (server := read(path / SERVER)) is not None:
                            following[path] = group.create_task(self._follow(server, path.name))
                    await folders.changed()
        finally:
            folders.close()

    def _spawns(self) -> set[Path]:
        """The spawns' directories; none where the folder cannot be made, and the next change finds it."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return {path for path in self._folder.iterdir() if path.is_dir()}
        except OSError as error:
            log.warning("the spawns' directory cannot be read", path=str(self._folder), why=str(error))
            return set()

    async def _follow(self, server: Server, generation: str) -> None:
        tries = 0
        while True:
            try:
                async for event in events(server, partial(self._known, generation), self._answer_s):
                    tries = 0
                    self._write(server.spool, event)
            except FAULTS as error:
                log.debug("an OpenCode server cannot be followed", port=server.port, why=str(error))
            tries += 1
            await asyncio.sleep(_SOON_S if tries < _SOON else _LATER_S)

    def _write(self, spool: Path, event: Mapping[str, object]) -> None:
        """As the hook line does it: a name of its own, and there only when it is whole."""
        self._written += 1
        path = spool / f"{os.getpid()}.{self._written}.tmp"
        with contextlib.suppress(OSError):  # it was dropped, or the disk is full: then the screen speaks
            path.write_text(json.dumps(event), encoding="utf-8")
            path.rename(path.with_suffix(".json"))


async def events(
    server: Server, known: Callable[[], Past] = lambda: NOTHING_PAST, answer_s: float = _HEAD_S
) -> AsyncGenerator[dict[str, object], None]:
    """What was missed since what is known, then what happens; of all instances, since the one of `/event` is replaced while it starts."""
    sieve = Sieve()
    async with contextlib.aclosing(lines(server, "/global/event", answer_s)) as stream:
        async for line in stream:
            if not line.startswith(b"data:"):
                continue
            event = json.loads(line[5:])
            if isinstance(event, dict) and isinstance(event.get("payload"), dict):
                event = event["payload"]
            if isinstance(event, dict) and event.get("type") == "server.connected":
                async for missed in past(server, known(), answer_s):
                    yield missed
            elif isinstance(event, dict) and (picked := sieve.pick(event)) is not None:
                yield picked
