"""Whose word a hook call is, with real processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outrider.kinds.channels import hook_line
from outrider.kinds.channels.user_hooks import generation_of
from outrider.kinds.load import catalogue
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.hook import HookEvent
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, State, Verdict
from outrider.store import roster
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
    return Member(agent, kind, Tracker(kind, born_ms=1, spawned=spawned), SlidingWindow(1))


def call(kind: str, pid: int) -> HookEvent:
    generation = generation_of(kind)
    return HookEvent(f"{generation}/{pid}.7.json", generation, "Stop", 1, {})


def told(pid: int | None, name: str = "Stop", **payload: object) -> HookEvent:
    """A call under the spawn's token, made by that process."""
    file = f"9.0.{pid}.json" if pid is not None else "9.0.json"
    return HookEvent(f"{GENERATION}/{file}", GENERATION, name, 1, payload, pid)


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


@pytest.mark.parametrize("kind", ["gemini", "qwen"])
def test_a_spawned_agents_child_with_the_same_hooks_is_shown_and_not_believed(kind: str) -> None:
    with family() as (top, inner, nested):
        agent = member("a", kind, top, generation=GENERATION)
        _, speakers = crew_of(agent)
        start, tool = ("SessionStart", "BeforeTool") if kind == "gemini" else ("SessionStart", "PreToolUse")
        assert speakers.of(told(inner, start)) is agent
        assert agent.agent.speaker == inner
        call = told(nested, tool, tool_name="run_shell_command", tool_input={"command": "pytest"})
        assert speakers.of(call) is None
        assert speakers.of(told(inner, tool)) is agent
        (shown,) = agent.tracker.verdict(2).rejected
        assert shown.reading.state is State.TESTING
        assert str(nested) in shown.why
        assert str(inner) in shown.why


def test_what_takes_the_place_of_an_agent_that_ended_is_heard_and_nothing_from_elsewhere() -> None:
    with family() as (top, inner, nested), family() as (other, _, _):
        agent = member("a", "gemini", top, generation=GENERATION)
        _, speakers = crew_of(agent)
        assert speakers.of(told(inner)) is agent
        subprocess.run(["kill", str(inner)], check=True)
        while speakers.of(told(nested)) is None:  # the shell has to take note of its child's end
            time.sleep(0.01)
        assert agent.agent.speaker == nested
        assert speakers.of(told(other)) is None
        assert speakers.of(told(inner)) is None, "what is gone by now cannot be told from a stranger"


def test_a_call_of_an_agent_started_by_an_older_hook_line_is_heard() -> None:
    agent = member("a", "gemini", None, generation=GENERATION)
    _, speakers = crew_of(agent)
    assert speakers.of(told(None)) is agent
    assert agent.agent.speaker is None


def test_what_is_known_of_the_speaker_outlives_a_restart() -> None:
    with family() as (top, inner, nested):
        before = member("a", "qwen", top, generation=GENERATION)
        _, speakers = crew_of(before)
        assert speakers.of(told(inner)) is before
        after = member("a", "qwen", top, generation=GENERATION)
        after.agent = roster.decode(roster.encode(before.agent))
        _, speakers = crew_of(after)
        assert speakers.of(told(nested)) is None
        assert speakers.of(told(inner)) is after


def test_hooks_that_are_passed_by_flags_are_not_inherited() -> None:
    with family() as (top, inner, nested):
        agent = member("a", "codex", top, generation=GENERATION)
        _, speakers = crew_of(agent)
        assert speakers.of(told(inner)) is agent
        assert speakers.of(told(nested)) is agent, "its hooks may be run by a server of its own"


def test_the_line_tells_which_process_called(tmp_path: Path) -> None:
    """As agents run it: a program that runs its hook, and a program that it started, which runs it too."""
    folder = tmp_path / "spool"
    folder.mkdir()
    report = tmp_path / "report.sh"
    report.write_text(hook_line.script(folder))
    program = (
        f"import os, subprocess; hook = {hook_line.calls(report)!r}; subprocess.run(hook, shell=True, input=b'{{}}')"
    )
    child = f"{program}; print(os.getpid())"
    parent = f"{child}, flush=True); subprocess.run(['{sys.executable}', '-c', {child!r}])".replace("()), ", "(), ")
    done = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, check=True, timeout=60)
    speakers = sorted(int(file.name.split(".")[2]) for file in folder.iterdir())
    assert speakers == sorted(int(line) for line in done.stdout.split())
    assert len(set(speakers)) == 2
