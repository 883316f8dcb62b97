"""Counting once: hook calls that are told again after a crash."""

from dataclasses import replace

import pytest

from outrider.model.agent import Agent, Counters
from outrider.model.hook import Heard, HookEvent
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.store.roster import decode, encode
from outrider.supervisor.counting import counted, released

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
