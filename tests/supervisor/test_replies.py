"""Replies over a server like OpenCode's: to the one request that the dialog shows, by its id, and to nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from outrider.kinds.channels.opencode_server import SERVER
from outrider.kinds.load import catalogue
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.approval import Approval, Behavior, DialogKind
from outrider.model.state import Confidence, State, Verdict
from outrider.supervisor.crew import Member
from outrider.supervisor.replies import Replies
from supervisor.stage import REF

BASH: dict[str, object] = {"id": "per_1", "permission": "bash", "metadata": {"command": "touch made && ls"}}
EDIT: dict[str, object] = {"id": "per_2", "permission": "edit", "metadata": {"filepath": "/p/src/parser.py"}}
APPROVAL = Approval("a", "f", "agent", "one", DialogKind.PERMISSION, "Allow?", 1, 1, tool="Bash", command="touch made")


@dataclass
class Asking:
    """The server: what waits there, and what it was told."""

    waiting: list[dict[str, object]]
    status: str = "200 OK"
    raw: bytes = b""
    told: list[tuple[str, object]] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("Content-Length")), 0)
        sent = await reader.readexactly(length)
        if method == "POST":
            self.told.append((path, json.loads(sent)))
        body = self.raw or json.dumps(self.waiting if method == "GET" else True).encode()
        if self.status:
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    one = Asking([BASH])
    server = await asyncio.start_server(one.answer, "127.0.0.1", 0)
    folder = tmp_path / "g"
    folder.mkdir()
    known = {"port": server.sockets[0].getsockname()[1], "user": "opencode", "password": "x", "spool": str(tmp_path)}
    (folder / SERVER).write_text(json.dumps(known))
    yield one
    server.close()


@pytest.fixture
def member() -> Member:
    kind = catalogue(None).get("opencode")
    verdict = Verdict(State.WAITING, True, 1, Confidence.HIGH)
    agent = Agent("agent", "one", "here", "opencode", REF, "/p", verdict, True, 1, 1, generation="g")
    return Member(agent, kind, Tracker(kind, born_ms=1, spawned=True), SlidingWindow(100))


async def test_what_waits_is_known_where_it_is_one_and_about_what_the_dialog_shows(
    asking: Asking, member: Member, tmp_path: Path
) -> None:
    replies = Replies(tmp_path)
    edit = replace(APPROVAL, tool="Edit", command=None, file="src/parser.py")
    cases: list[tuple[list[dict[str, object]], Approval, str | None]] = [
        ([BASH], APPROVAL, "per_1"),
        ([EDIT], edit, "per_2"),
        ([EDIT], APPROVAL, None),
        ([BASH], replace(APPROVAL, command="touch other"), None),
        ([BASH], replace(APPROVAL, tool=None), None),
        ([BASH, EDIT], APPROVAL, None),
        ([{"id": "per_3", "permission": "bash"}], APPROVAL, None),
        ([], APPROVAL, None),
    ]
    for waiting, approval, found in cases:
        asking.waiting = waiting
        assert await replies.pending(member, approval) == found, waiting
    asking.raw = b"[" * 100_000
    assert await replies.pending(member, APPROVAL) is None
    asking.raw, asking.status = b"", "500 Oh"
    assert await replies.pending(member, APPROVAL) is None
    assert asking.told == []


async def test_it_is_answered_by_its_id_and_told_why_not(asking: Asking, member: Member, tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    assert await replies.give(member, "per_1", Behavior.ALLOW, "fine")
    assert await replies.give(member, "per_1", Behavior.DENY, "Not today")
    assert await replies.give(member, "per_1", Behavior.DENY, None)
    path = "/permission/per_1/reply"
    assert asking.told == [
        (path, {"reply": "once"}),
        (path, {"reply": "reject", "message": "Not today"}),
        (path, {"reply": "reject"}),
    ]


async def test_an_answer_that_may_have_been_taken_counts_as_given_and_one_that_reached_nobody_does_not(
    asking: Asking, member: Member, tmp_path: Path
) -> None:
    replies = Replies(tmp_path)
    asking.status = "404 Not Found"
    assert not await replies.give(member, "per_1", Behavior.ALLOW, None), "somebody else was first"
    asking.status = ""
    assert await replies.give(member, "per_1", Behavior.ALLOW, None), "it was sent, and nothing came back"
    (tmp_path / "g" / SERVER).write_text(json.dumps({"port": 1, "user": "x", "password": "x", "spool": "/"}))
    assert not await replies.give(member, "per_1", Behavior.ALLOW, None)
    assert await replies.pending(member, APPROVAL) is None
    (tmp_path / "g" / SERVER).unlink()
    assert not await replies.give(member, "per_1", Behavior.ALLOW, None)
    assert await replies.pending(member, APPROVAL) is None
