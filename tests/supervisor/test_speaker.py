"""Whose word a hook call is, with real processes."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from outrider.kinds.channels.user_hooks import generation_of
from outrider.kinds.load import catalogue
from outrider.logic.rates import Bucket
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.hook import HookEvent
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.speaker import Speakers

GENERATION = "0" * 32


@contextmanager
def family() -> Iterator[list[int]]:
    """A process and, below it, two more; their ids, the oldest first."""
    script = "sleep 60 & echo $!; sh -c 'echo $$; exec sleep 60' & wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True) as top:
        assert top.stdout is not None
        below = [int(top.stdout.readline()) for _ in range(2)]
        try:
            yield [top.pid, *below]
        finally:
            subprocess.run(["kill", *map(str, below)], check=False)
            top.terminate()


def member(id_: str, kind_name: str, pid: int | None, *, generation: str = "") -> Member:
    kind = catalogue(None).get(kind_name)
    verdict = Verdict(State.IDLE, True, 1, Confidence.HIGH)
    ref = PaneRef("default", 1, f"%{id_}")
    spawned = bool(generation)
    agent = Agent(id_, id_, "here", kind_name, ref, "/tmp", verdict, spawned, 1, 1, generation=generation, pid=pid)
    return Member(agent, kind, Tracker(kind, born_ms=1, spawned=spawned), Bucket(1))


def call(kind: str, pid: int) -> HookEvent:
    generation = generation_of(kind)
    return HookEvent(f"{generation}/{pid}.7.json", generation, "Stop", 1, {})


def crew_of(*members: Member) -> tuple[Crew, Speakers]:
    crew = Crew()
    for each in members:
        crew.add(each)
    return crew, Speakers(crew)


def test_an_adopted_agent_is_known_by_its_process_and_heard_from_then_on() -> None:
    with family() as (top, inner, _):
        agent = member("a", "qwen", top)
        _, speakers = crew_of(agent)
        assert agent.voice is None
        assert speakers.of(call("qwen", inner)) is agent
        assert agent.voice is not None


def test_another_kind_and_a_strangers_process_are_nobodys_word() -> None:
    with family() as (top, _, _), family() as (other, _, _):
        _, speakers = crew_of(member("a", "qwen", top))
        assert speakers.of(call("claude", top)) is None
        assert speakers.of(call("qwen", other)) is None


def test_an_agent_that_the_agent_started_does_not_speak_for_it() -> None:
    with family() as (top, inner, nested):
        agent = member("a", "claude", top)
        _, speakers = crew_of(agent)
        assert speakers.of(call("claude", inner)) is agent
        assert speakers.of(call("claude", nested)) is None
        subprocess.run(["kill", str(inner)], check=True)
        while speakers.of(call("claude", nested)) is None:  # the shell has to take note of its child's end
            time.sleep(0.01)


def test_a_spawned_agent_is_known_by_its_token_alone() -> None:
    with family() as (top, _, _):
        agent = member("a", "claude", top, generation=GENERATION)
        _, speakers = crew_of(agent)
        assert speakers.of(HookEvent(f"{GENERATION}/1.0.json", GENERATION, "Stop", 1, {})) is agent
        assert speakers.of(call("claude", top)) is None
