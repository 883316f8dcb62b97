"""OpenCode's event stream, recorded with 1.18.33, and the connection to a server like its own."""

import asyncio
import base64
import json
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from outrider.kinds.channels.channel import Ground
from outrider.kinds.channels.opencode_client import Server
from outrider.kinds.channels.opencode_past import past
from outrider.kinds.channels.opencode_server import SERVER, OpenCodeServers, Sieve, furnish
from outrider.kinds.channels.opencode_voice import OpenCodeVoice
from outrider.model.hook import Heard, HookEvent, Past
from outrider.model.state import ErrorClass, Reading, State

RECORDED = Path(__file__).parent / "recorded" / "opencode"
BUSY: Mapping[str, object] = {"/session/status": {"ses_1": {"type": "busy"}}}
PAST: Mapping[str, object] = json.loads((RECORDED / "past.json").read_text())
"""What a server answered: a long turn, whose prompt is not among the newest messages, with a sub-agent at work."""
SESSION, CHILD = "ses_de53011edffe6HLpON2OdSCOUI", "ses_de52fe838ffeDeWCrQkbUdlDiZ"
PROMPT_ID = "msg_21acffc1a0018D317gvuocuj7t"
PROMPT = (1795746167834, "read @README.md\n\tand look")


def run(name: str) -> list[tuple[Heard, str | None]]:
    voice = OpenCodeVoice()
    rows = [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]
    return [
        (
            voice.hear(HookEvent(f"g/{n}", "g", row["payload"]["hook_event_name"], row["at_ms"], row["payload"])),
            row["expect"],
        )
        for n, row in enumerate(rows)
    ]


def readings(name: str) -> list[Reading]:
    return [heard.reading for heard, _ in run(name) if heard.reading is not None]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("*.jsonl")))
def test_every_recorded_event_means_what_the_agent_did(name: str) -> None:
    heard = run(name)
    assert [(one.reading and one.reading.state.value) for one, _ in heard] == [expect for _, expect in heard]


def test_an_answered_permission_is_told() -> None:
    states = [reading.state for reading in readings("tests")]
    at = states.index(State.WAITING)
    assert states[at + 1] is State.TESTING
    assert states[-1] is State.COMPLETE


@pytest.mark.parametrize("name", ["rejected", "interrupted"])
def test_what_was_broken_off_is_not_complete(name: str) -> None:
    last = readings(name)[-1]
    assert (last.state, last.detail.reason) == (State.IDLE, "interrupted")
    assert sum(heard.counters.errors for heard, _ in run(name)) == 0


def test_errors_have_a_class_and_retries_say_so() -> None:
    assert readings("failed")[-1].detail.error is ErrorClass.INVALID_REQUEST
    assert readings("failed_auth")[-1].detail.error is ErrorClass.AUTH
    assert readings("retrying")[-1].detail.retrying is True


def test_prompts_tools_and_tokens_are_counted_once() -> None:
    heard = [one for one, _ in run("read")]
    assert [one.prompt for one in heard if one.prompt] == ["Read the sources"]
    assert sum(one.counters.files_read for one in heard) == 3
    assert sum(one.counters.tokens for one in heard) == 3 * 1260


def test_a_sub_agent_does_not_end_the_turn() -> None:
    voice = OpenCodeVoice()

    def hear(name: str, **payload: object) -> Heard:
        return voice.hear(HookEvent("g/1", "g", name, 1, payload))

    hear("session.status", sessionID="a", status={"type": "busy"})
    hear("session.created", sessionID="b", info={"id": "b", "parentID": "a"})
    hear("session.status", sessionID="b", status={"type": "busy"})
    assert hear("session.idle", sessionID="b").reading is None
    ended = hear("session.idle", sessionID="a").reading
    assert ended is not None
    assert ended.state is State.COMPLETE


@pytest.mark.parametrize("payload", [{}, {"part": 1}, {"info": {"time": 3}}, {"status": []}, {"error": {"data": ""}}])
def test_any_payload_is_heard(payload: dict[str, object]) -> None:
    voice = OpenCodeVoice()
    names = ("session.created", "session.status", "session.idle", "session.error", "message.updated")
    for name in (*names, "message.part.updated", "permission.asked", "permission.replied", "question.asked", "x"):
        voice.hear(HookEvent("g/1", "g", name, 1, payload))


def test_deltas_and_output_are_not_written_down() -> None:
    sieve = Sieve()
    part = {
        "type": "tool",
        "callID": "c",
        "state": {"status": "running", "input": {}, "metadata": {"output": "x" * 9000}},
    }
    first = sieve.pick({"type": "message.part.updated", "properties": {"sessionID": "s", "part": part}})
    assert first is not None
    assert "x" * 9000 not in json.dumps(first)
    assert sieve.pick({"type": "message.part.updated", "properties": {"sessionID": "s", "part": part}}) is None
    assert sieve.pick({"type": "message.part.delta", "properties": {}}) is None
    assert sieve.pick({"type": 4}) is None


@asynccontextmanager
async def server(
    port: int, password: str, events: list[dict[str, object]], answers: Mapping[str, object] = BUSY, *, mute: int = 0
) -> AsyncIterator[list[str]]:
    """Answers as OpenCode does: a chunked stream of events, and what is known of sessions, for whoever knows the password.

    The first `mute` requests are taken and never answered, as those that come while it starts. Gives the heads of requests that
    it refused, for want of the password or as it knows of no such thing.
    """
    refused: list[str] = []
    unheard = [None] * mute
    expected = "Basic " + base64.b64encode(f"opencode:{password}".encode()).decode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if unheard:
            unheard.pop()
            await reader.read()
            writer.close()
            return
        if expected not in head:
            refused.append(head)
            writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        elif (path := head.split(" ")[1]) != "/global/event" and path not in answers:
            refused.append(head)
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        elif path in answers:
            body = json.dumps(answers[path]).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await reader.read()  # it keeps the connection open
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            text = "".join(
                f"data: {json.dumps(event)}\n\n" for event in [{"type": "server.connected"}, *events]
            ).encode()
            for at in range(0, len(text), 17):
                piece = text[at : at + 17]
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    running = await asyncio.start_server(answer, "127.0.0.1", port)
    async with running:
        yield refused


def written(path: Path) -> tuple[int, list[int]]:
    """When, as the spool orders them: within one tick of the file system's clock the numbers of the name tell."""
    return path.stat().st_mtime_ns, [int(number) for number in path.name.split(".")[:-1]]


async def test_a_spawns_server_is_followed_into_its_spool(tmp_path: Path) -> None:
    spawns, spool = tmp_path / "spawns", tmp_path / "spool"
    spool.mkdir()
    given = furnish(Ground(spawns / "g1", spool, {}))
    assert "--port" in given.argv
    assert "127.0.0.1" in given.argv
    known = json.loads(given.files[SERVER])
    assert given.env == {"OPENCODE_SERVER_PASSWORD": known["password"]}
    idle: dict[str, object] = {"type": "session.idle", "properties": {"sessionID": "ses_1"}}
    async with server(known["port"], known["password"], [idle], mute=1) as refused:
        following = asyncio.get_running_loop().create_task(OpenCodeServers(spawns, answer_s=0.1).run())
        try:
            while not spawns.is_dir():
                await asyncio.sleep(0.01)
            (spawns / "g1").mkdir()
            (spawns / "g1" / SERVER).write_text(given.files[SERVER])
            async with asyncio.timeout(40):
                while len(left := sorted(spool.glob("*.json"), key=written)) < 2:
                    await asyncio.sleep(0.01)
        finally:
            following.cancel()
    names = [json.loads(path.read_text())["hook_event_name"] for path in left[:2]]
    assert names == ["session.status", "session.idle"]
    assert [head.split(" ")[1] for head in refused] == ["/session/ses_1"], "that session went meanwhile"
    assert stat.S_ISREG(left[0].stat().st_mode)


async def missed(known: Past, answers: Mapping[str, object] = PAST) -> tuple[list[Heard], list[str]]:
    """What the voice of a new daemon hears of the past, and what was asked for in vain."""
    port = json.loads(furnish(Ground(Path(), Path(), {})).files[SERVER])["port"]
    voice, heard = OpenCodeVoice(), list[Heard]()
    async with server(port, "secret", [], answers) as refused:
        async for told in past(Server(port, "opencode", "secret", Path()), known, 5.0):
            heard.append(voice.hear(HookEvent("g/1", "g", str(told["hook_event_name"]), 9, told)))
    return heard, [head.split(" ")[1] for head in refused]


async def test_a_prompt_that_nobody_heard_is_told_later_with_its_true_time() -> None:
    for conversation in (SESSION, CHILD, None):  # the child's where a sub-agent was taken for the agent
        heard, refused = await missed(Past(conversation, PROMPT[0] - 1))
        assert [(one.taken_ms, one.prompt) for one in heard if one.prompt] == [PROMPT]
        assert {one.conversation for one in heard if one.conversation} == {SESSION}
        assert refused == []


async def test_a_prompt_that_was_heard_is_not_told_again() -> None:
    heard, _ = await missed(Past(SESSION, PROMPT[0]))
    assert [one.prompt for one in heard if one.prompt] == []
    assert [one.reading.state for one in heard if one.reading] == [State.THINKING]


async def test_only_the_agents_own_conversation_is_asked_for() -> None:
    at_rest = {**PAST, "/session/status": {}}
    assert await missed(Past(None, 0), at_rest) == ([], [])
    heard, refused = await missed(Past("ses_gone", 0), at_rest)
    assert (heard, refused) == ([], ["/session/ses_gone"])


async def test_a_past_that_is_not_told_does_not_hide_the_present() -> None:
    heard, refused = await missed(Past(SESSION, 0), {path: PAST[path] for path in PAST if "message" not in path})
    assert [one.reading.state for one in heard if one.reading] == [State.THINKING]
    assert refused == [f"/session/{SESSION}/message?limit=8"]


def test_a_prompt_is_told_once_however_often_it_comes() -> None:
    message = PAST[f"/session/{SESSION}/message/{PROMPT_ID}"]
    assert isinstance(message, dict)
    voice = OpenCodeVoice()

    def hear() -> Heard:
        voice.hear(HookEvent("g/1", "g", "message.updated", 9, {"sessionID": SESSION, "info": message["info"]}))
        event = {"sessionID": SESSION, "part": message["parts"][0]}
        return voice.hear(HookEvent("g/2", "g", "message.part.updated", 9, event))

    assert [(one.taken_ms, one.prompt) for one in (hear(), hear())] == [PROMPT, (None, None)]


def test_a_password_of_the_users_own_is_kept(tmp_path: Path) -> None:
    given = furnish(Ground(tmp_path, tmp_path, {"OPENCODE_SERVER_PASSWORD": "mine"}))
    assert given.env == {"OPENCODE_SERVER_PASSWORD": "mine"}
