"""Transcripts of the crew, read on as they grow."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import drawn
from outrider import processes
from outrider.kinds.channels import gemini_chat
from outrider.kinds.channels.claude_hooks import ClaudeVoice
from outrider.kinds.load import catalogue
from outrider.logic import delivery
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.event import Event
from outrider.model.hook import SessionNote
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, ErrorClass, Source, State, Verdict
from outrider.store import Change
from outrider.store.roster import decode, encode
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record
from outrider.supervisor.transcripts import Transcripts


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Nowhere:
    async def commit(self, change: Change) -> tuple[Event, ...]:
        return ()


RECORDED = Path(__file__).resolve().parents[1] / "kinds" / "channels" / "recorded" / "transcripts"
CALM = drawn.later(drawn.recorded()["cx120-fresh-idle"].frames[0], 10)


def a_crew(kind: str) -> tuple[Crew, Member, Transcripts]:
    verdict = Verdict(State.IDLE, alive=True, since_ms=1, confidence=Confidence.HIGH)
    agent = Agent("a1", "task", "here", kind, PaneRef("o", 1, "%1"), "/w", verdict, True, 1, 1, generation="g")
    known = catalogue(None).get(kind)
    member = Member(agent, known, Tracker(known, born_ms=1, spawned=True), SlidingWindow(1))
    crew = Crew()
    crew.add(member)
    return crew, member, Transcripts(crew=crew, record=Record(Nowhere()), clock=lambda: 1)


async def test_a_transcript_is_read_on_from_where_the_stored_agent_stands(tmp_path: Path) -> None:
    def line(number: int, at_ms: int) -> str:
        return f'{{"timestamp":{at_ms},"message":{{"id":"m{number}","usage":{{"input_tokens":10}}}}}}\n'

    path, other = tmp_path / "t.jsonl", tmp_path / "u.jsonl"
    path.write_text(line(1, 0) + line(2, 5))
    _, member, transcripts = a_crew("claude")
    await transcripts.read("a1", str(path), 5)
    assert member.agent.counters.tokens == 10, "the first line is older than the agent"
    member.agent = decode(encode(member.agent))
    with path.open("a") as file:
        file.write(line(3, 6))
    await transcripts.read("a1", str(path), 6)
    await transcripts.read("a1", str(path), 6)
    assert member.agent.counters.tokens == 20
    # Another conversation, an old one: only what is written to it from now on.
    other.write_text(line(4, 3_000) + line(5, 9_000))
    await transcripts.read("a1", str(other), 9_500)
    assert member.agent.counters.tokens == 30
    await transcripts.read("gone", str(other), 9_500)


async def test_the_last_word_on_a_turn_is_heard_and_the_failure_counted(tmp_path: Path) -> None:
    path = tmp_path / "rollout.jsonl"
    said = {"type": "task_complete", "error": {"message": "no", "codex_error_info": "unauthorized"}}
    rows = [{"timestamp": 5, "payload": {"type": "task_started"}}, {"timestamp": 6, "payload": said}]
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
    _, member, transcripts = a_crew("codex")
    await transcripts.read("a1", str(path), 5)
    assert member.agent.counters.errors == 1
    await transcripts.read("a1", str(path), 6)
    assert member.agent.counters.errors == 1
    member.tracker.screen(CALM)
    verdict = member.tracker.verdict(CALM.taken_ms)
    assert (verdict.state, verdict.detail.error) == (State.ERROR, ErrorClass.AUTH)
    assert verdict.evidence[0].source is Source.TRANSCRIPT


@pytest.mark.parametrize("hooks", [False, True])
async def test_what_an_adopted_agent_took_in_is_known_from_its_transcript(tmp_path: Path, hooks: bool) -> None:
    """Of one that has hooks they tell it, sooner."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(RECORDED.joinpath("claude_key.txt").read_bytes())
    _, member, transcripts = a_crew("claude")
    member.voice = ClaudeVoice() if hooks else None
    await transcripts.read("a1", str(path), 5)
    taken = delivery.confirmed("Good last", member.prompts, 1_700_000_000_000)
    assert taken is not hooks


async def test_a_kind_without_a_known_transcript_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("{}\n")
    _, member, transcripts = a_crew("aider")
    await transcripts.read("a1", str(path), 5)
    assert member.agent.transcript is None


async def test_an_adopted_claude_codes_session_file_tells_where_its_transcript_is(tmp_path: Path) -> None:
    _, member, transcripts = a_crew("claude")
    path = tmp_path / ".claude" / "projects" / "-home-dev-my-app" / "c1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(RECORDED.joinpath("claude_subscription.txt").read_bytes())
    note = SessionNote(7, "idle", None, "c1", "/home/dev/my.app", None, 5)
    settled = asyncio.Event()
    transcripts.noted(member, note, {"HOME": str(tmp_path)})
    following = asyncio.ensure_future(transcripts.run(lambda *_: settled.set()))
    await asyncio.wait_for(settled.wait(), 40)
    following.cancel()
    assert member.agent.counters.tokens == 3721
    assert member.agent.transcript is not None
    assert member.agent.transcript.path == str(path)


async def test_what_tells_no_conversation_tells_no_transcript(tmp_path: Path) -> None:
    _, member, transcripts = a_crew("claude")
    transcripts.noted(member, SessionNote(7, "idle", None, None, "/w", None, 5), {"HOME": str(tmp_path)})
    transcripts.noted(member, SessionNote(7, "idle", None, "c", "/w", None, 5), {})
    assert member.agent.transcript is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's directory and environment")
async def test_an_adopted_geminis_conversation_is_told_by_where_and_when_it_began(tmp_path: Path) -> None:
    chats = tmp_path / ".gemini" / "tmp" / "project" / "chats"
    chats.mkdir(parents=True)
    recorded = RECORDED.joinpath("gemini.txt").read_text(encoding="utf-8").split("\n", 1)[1]
    where = {"cwd": tmp_path, "env": {"HOME": str(tmp_path)}}

    def conversation(name: str, *, cwd: str = str(tmp_path), late_s: float = 1.0, kind: str = "main") -> Path:
        at = datetime.fromtimestamp(time.time() + late_s, UTC).isoformat()
        head = {"projectHash": hashlib.sha256(cwd.encode()).hexdigest(), "startTime": at, "kind": kind}
        path = chats / f"session-{name}.jsonl"
        path.write_text(json.dumps(head) + "\n" + recorded, encoding="utf-8")
        return path

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, **where) as agent:  # type: ignore[call-overload]
        crew, member, _ = a_crew("gemini")
        member.pane = replace(CALM.pane, pid=agent.pid)
        transcripts = Transcripts(crew=crew, record=Record(Nowhere()), clock=lambda: round(time.time() * 1000))
        conversation("elsewhere", cwd="/elsewhere")
        conversation("before", late_s=-60)
        conversation("later", late_s=600)
        conversation("sub", kind="subagent")
        chats.joinpath("session-broken.jsonl").write_text("{", encoding="utf-8")
        its_own = conversation("own")
        settled = asyncio.Event()
        following = asyncio.ensure_future(transcripts.run(lambda *_: settled.set()))
        await asyncio.wait_for(settled.wait(), 40)
        following.cancel()
        assert member.agent.transcript is not None
        assert member.agent.transcript.path == str(its_own)
        conversation("another")
        assert gemini_chat.begun(tmp_path, str(tmp_path), round(time.time() * 1000) - 1000) is None, (
            "one of two: not told"
        )
        agent.communicate(b"\n")


HOLDER = """
import subprocess, sys
kept = open(sys.argv[1] + "/rollout-1.jsonl", "a")
other = [sys.executable, "-c", "import sys, time; kept = open(sys.argv[1], 'a'); print(flush=True); time.sleep(60)"]
with subprocess.Popen([*other, sys.argv[1] + "/rollout-2.jsonl"]) as child:
    pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which files a process has open")
async def test_an_adopted_codexs_open_rollout_is_found_and_not_that_of_one_it_started(tmp_path: Path) -> None:
    _, member, transcripts = a_crew("codex")
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdout is not None
        agent.stdout.readline()
        member.pane = replace(CALM.pane, pid=agent.pid)
        try:
            tmp_path.joinpath("rollout-1.jsonl").write_bytes(RECORDED.joinpath("codex.txt").read_bytes())
            settled = asyncio.Event()
            following = asyncio.ensure_future(transcripts.run(lambda *_: settled.set()))
            await asyncio.wait_for(settled.wait(), 40)
            following.cancel()
        finally:
            for each in reversed(processes.tree(agent.pid)):
                os.kill(each.pid, signal.SIGKILL)
    assert member.agent.transcript is not None
    assert member.agent.transcript.path == str(tmp_path / "rollout-1.jsonl")
    assert (member.agent.counters.tokens, member.agent.counters.errors) == (5040, 8)
