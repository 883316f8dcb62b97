"""Counting once: hook calls that are told again after a crash, and the transcript."""

from dataclasses import replace
from pathlib import Path

import pytest

from outrider.logic.rates import Bucket
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent, Counters
from outrider.model.event import Event
from outrider.model.hook import Heard, HookEvent
from outrider.model.kind import Kind, LaunchSpec
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.store import Change
from outrider.store.roster import decode, encode
from outrider.supervisor.counting import Transcripts, counted, released
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record

KIND = Kind("claude", "Claude Code", "", LaunchSpec(("claude",)))
READ = Heard(conversation="c", counters=Counters(files_read=1))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def an_agent() -> Agent:
    verdict = Verdict(State.IDLE, alive=True, since_ms=1, confidence=Confidence.HIGH)
    return Agent("a1", "task", "here", "claude", PaneRef("o", 1, "%1"), "/w", verdict, True, 1, 1, generation="g")


def call(number: int, at_ms: int) -> HookEvent:
    return HookEvent(f"g/{number}.0.json", "g", "PostToolUse", at_ms, {})


def test_a_call_told_again_after_a_crash_is_not_counted_again() -> None:
    agent = counted(counted(an_agent(), call(1, 10), READ), call(2, 10), READ)
    stored = decode(encode(agent))
    assert stored == agent
    again = counted(counted(counted(stored, call(1, 10), READ), call(2, 10), READ), call(3, 11), READ)
    assert again.counters.files_read == 3


def test_a_name_that_comes_back_is_a_new_call() -> None:
    agent = released(counted(an_agent(), call(1, 10), READ), [call(1, 10)])
    assert agent.taken == ()
    assert counted(agent, call(1, 99), READ).counters.files_read == 2
    kept = counted(an_agent(), call(1, 10), READ)
    assert counted(kept, call(1, 99), READ).counters.files_read == 2


def test_only_the_spawns_own_calls_are_released() -> None:
    agent = counted(an_agent(), call(1, 10), READ)
    assert released(agent, [replace(call(1, 10), generation="h")]) == agent


class Nowhere:
    async def commit(self, change: Change) -> tuple[Event, ...]:
        return ()


async def test_a_transcript_is_read_on_from_where_the_stored_agent_stands(tmp_path: Path) -> None:
    def line(number: int, at_ms: int) -> str:
        return f'{{"timestamp":{at_ms},"message":{{"id":"m{number}","usage":{{"input_tokens":10}}}}}}\n'

    path, other = tmp_path / "t.jsonl", tmp_path / "u.jsonl"
    path.write_text(line(1, 0) + line(2, 5))
    agent = an_agent()
    crew = Crew()
    member = Member(agent, KIND, Tracker(KIND, born_ms=1, spawned=True), Bucket(1))
    crew.add(member)
    transcripts = Transcripts(crew=crew, record=Record(Nowhere()))
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
