"""Files as Claude Code 2.1.197 writes them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outrider.kinds.channels import claude_session
from outrider.kinds.channels.claude_session import SessionFiles
from outrider.kinds.channels.folders import Folders, Inotify, Watched
from outrider.model.hook import SessionNote
from outrider.model.state import Detail, Reading, Source, State

RECORDED: dict[str, object] = {
    "pid": 11885,
    "sessionId": "ca5faf3b-2a31-4b44-8266-83b5bfad6d0c",
    "cwd": "/home/dev/project",
    "startedAt": 1795489356487,
    "procStart": "209967",
    "version": "2.1.197",
    "peerProtocol": 1,
    "kind": "interactive",
    "entrypoint": "cli",
    "name": "project-8f",
    "nameSource": "derived",
    "status": "waiting",
    "updatedAt": 1795489409619,
    "statusUpdatedAt": 1795489409619,
    "waitingFor": "permission prompt",
}
NOTE = SessionNote(
    11885,
    "waiting",
    "permission prompt",
    "ca5faf3b-2a31-4b44-8266-83b5bfad6d0c",
    "/home/dev/project",
    "2.1.197",
    1795489409619,
)


def text(**changes: object) -> str:
    return json.dumps(RECORDED | changes)


def test_a_recorded_file_is_read() -> None:
    assert claude_session.parse(text(), 5) == NOTE


def test_without_a_time_of_its_own_a_note_has_the_files() -> None:
    note = claude_session.parse(text(statusUpdatedAt=None), 5)
    assert note is not None
    assert note.at_ms == 5


@pytest.mark.parametrize(
    "wrong", ["", "{", text()[:-9], "[]", "3", "null", text(pid="1"), text(pid=True), text(pid=-1), "[" * 99999]
)
def test_what_is_no_session_file_is_none(wrong: str) -> None:
    assert claude_session.parse(wrong, 5) is None


@given(
    st.text()
    | st.dictionaries(st.sampled_from(sorted(RECORDED)), st.none() | st.integers() | st.text()).map(json.dumps)
)
def test_any_text_is_taken(any_text: str) -> None:
    note = claude_session.parse(any_text, 5)
    if note is not None:
        claude_session.reading(note)


@pytest.mark.parametrize(
    ("status", "waiting_for", "expected"),
    [
        ("busy", None, (State.THINKING, "session_file:busy", "busy", Detail())),
        ("idle", None, (State.IDLE, "session_file:idle", "idle", Detail())),
        ("idle", "old", (State.IDLE, "session_file:idle", "idle", Detail())),
        ("waiting", None, (State.WAITING, "session_file:waiting", "waiting", Detail())),
        (
            "waiting",
            "dialog open",
            (State.WAITING, "session_file:waiting", "waiting: dialog open", Detail(message="dialog open")),
        ),
    ],
)
def test_a_status_is_a_reading(status: str, waiting_for: str | None, expected: tuple[State, str, str, Detail]) -> None:
    note = SessionNote(1, status, waiting_for, None, None, None, 7)
    state, rule, said, detail = expected
    assert claude_session.reading(note) == Reading(Source.SESSION_FILE, state, rule, said, 7, detail)


@pytest.mark.parametrize("status", ["", "dreaming"])
def test_an_unknown_status_says_nothing(status: str) -> None:
    assert claude_session.reading(SessionNote(1, status, None, None, None, None, 7)) is None


def test_the_config_directory_is_found_in_the_agents_environment() -> None:
    assert claude_session.config_dir({"HOME": "/h"}) == Path("/h/.claude")
    assert claude_session.config_dir({"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c"}) == Path("/c")
    assert claude_session.config_dir({}) is None


@pytest.fixture(params=[Inotify, Watched])
def folders(request: pytest.FixtureRequest) -> Callable[[], Folders]:
    return cast("Callable[[], Folders]", request.param)


async def until(notes: AsyncIterator[tuple[SessionNote, ...]], status: str, pid: int = 11885) -> SessionNote:
    async with asyncio.timeout(40):
        async for batch in notes:
            for note in batch:
                if (note.status, note.pid) == (status, pid):
                    return note
    raise AssertionError("it ended")


def write(config: Path, pid: int = 11885, **changes: object) -> None:
    sessions = config / "sessions"
    sessions.mkdir(parents=True, exist_ok=True)
    (sessions / f"{pid}.json").write_text(text(pid=pid, **changes))


async def test_what_is_there_comes_first_then_changes(tmp_path: Path, folders: Callable[[], Folders]) -> None:
    write(tmp_path, status="idle")
    (tmp_path / "sessions" / "notes.txt").write_text("x")
    (tmp_path / "sessions" / "7.json").write_text("{")
    files = SessionFiles(folders=folders)
    files.follow([tmp_path])
    async with aclosing(files.notes()) as notes:
        await until(notes, "idle")
        for status in ("busy", "waiting", "idle", "busy"):
            write(tmp_path, status=status)
            await until(notes, status)


async def test_directories_may_come_later_go_and_come_back(tmp_path: Path, folders: Callable[[], Folders]) -> None:
    config = tmp_path / "home" / ".claude"
    other = tmp_path / "other"
    files = SessionFiles(folders=folders)
    files.follow([config])
    async with aclosing(files.notes()) as notes:
        first = asyncio.ensure_future(until(notes, "busy"))
        await asyncio.sleep(0)
        write(config, status="busy")
        await first
        write(other, 12, status="idle")
        files.follow([config, other])
        await until(notes, "idle", 12)
        (config / "sessions" / "11885.json").unlink()
        (config / "sessions").rmdir()
        await asyncio.sleep(0)
        write(config, 13, status="waiting")
        await until(notes, "waiting", 13)


async def test_a_directory_that_is_followed_no_more_is_silent(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one, 1, status="busy")
    write(two, 2, status="busy")
    files = SessionFiles()
    files.follow([one, two])
    async with aclosing(files.notes()) as notes:
        async with asyncio.timeout(40):
            assert {note.pid for note in await anext(notes)} == {1, 2}
        files.follow([two])
        write(one, 1, status="idle")
        write(two, 2, status="idle")
        async with asyncio.timeout(40):
            assert {note.pid for note in await anext(notes)} == {2}
