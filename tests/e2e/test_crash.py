"""The daemon is killed with SIGKILL, at ten points of a run drawn by chance and at each step of a delivery, and started again: nothing is
lost, nothing typed twice."""

import itertools
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx

from e2e import mortal
from e2e.recorder import Recorder
from e2e.waiting import until
from e2e.world import World
from seed import SEED

KILLS = 10
AGENTS = ("ada", "bob")
COMMANDS = 12
WORST_S = 1.2


def test_nothing_is_lost_and_nothing_typed_twice(world: World) -> None:
    chance = random.Random(SEED)
    events = world.record()
    turns = [
        [{"think": chance.random() / 3}, {"say": f"Answer {number}.", "over": 0.1}] for number in range(COMMANDS + 1)
    ]
    runs = {session: world.spawn(session, turns, "--prompt", f"{session} 0") for session in AGENTS}  # type: ignore[arg-type]
    wanted = {session: [f"{session} 0"] for session in AGENTS}
    ids: dict[str, str] = {}
    left = [(session, number) for number in range(1, COMMANDS + 1) for session in AGENTS]
    for _ in range(KILLS):
        for session, number in left[:3]:
            text = f"{session} {number}: 'quoted' $HOME\nsecond line\n\tthird" if number % 2 else f"{session} {number}"
            ids[text] = _insist(world, session, text, f"{session}-{number}")
            wanted[session].append(text.replace("\t", "    "))
        left = left[3:]
        time.sleep(chance.random() * WORST_S)
        world.kill9()
        world.start()
    for job in ids.values():
        world.settled(job, 60)
    print(Counter(command["status"] for command in world.commands()), {s: len(r.prompts()) for s, r in runs.items()})
    for session, run in runs.items():
        assert run.prompts() == wanted[session]
    doubtful = [command for command in world.commands() if command["status"] != "sent"]
    for command in doubtful:
        print(command["session"], command["status"], command["attempts"])
    assert doubtful == [], "the agent said that it took each of them in, so there is no doubt"
    for session in AGENTS:
        until(lambda session=session: world.agent(session)["state"] == "complete", 60, what=f"{session} to be complete")  # type: ignore[misc]
    _nothing_is_missing(world, events)


def test_a_command_arrives_once_at_whatever_step_of_it_the_daemon_dies(tmp_path: Path) -> None:
    point = tmp_path / "point"
    world = World({mortal.POINT: str(point)})
    world.program = (str(Path(mortal.__file__)),)
    try:
        world.start()
        run = world.spawn("ada", [[{"say": "Done."}]] * (len(mortal.POINTS) + 1), "--prompt", "begin")
        until(lambda: world.agent("ada")["state"] == "complete", 60, what="its first turn")
        ids = [_survived(world, point, text) for text in mortal.POINTS]
        told = [(world.command(each)["command"], world.command(each)["status"]) for each in ids]
        assert run.prompts() == ["begin", *mortal.POINTS]
        assert told == [(text, "sent") for text in mortal.POINTS]
        attempts = {text: world.command(each)["attempts"] for text, each in zip(mortal.POINTS, ids, strict=True)}
        again = {text: len(each) for text, each in attempts.items() if len(each) > 1}
        assert again == {"before typing": 2, "before pasted": 2}, "only what tmux was not told to type is tried again"
    finally:
        world.close()


def _survived(world: World, point: Path, text: str) -> str:
    """Sends the command, has the daemon die at the point that it names, and starts another; the command's id, when it is settled."""
    point.write_text(text, encoding="utf-8")
    with suppress(httpx.TransportError):
        world.http.post("/api/agents/ada/command", json={"command": text}, headers={"Idempotency-Key": text})
    assert world.wait() == -signal.SIGKILL
    world.start()
    job = _insist(world, "ada", text, text)
    world.settled(job, 60)
    return job


def _insist(world: World, session: str, text: str, key: str) -> str:
    """Sends a command; asking again with the same key is the same as asking once."""

    path, headers = f"/api/agents/{session}/command", {"Idempotency-Key": key}

    def ask() -> str | None:
        try:
            answer = world.http.post(path, json={"command": text}, headers=headers)
        except httpx.TransportError:
            return None
        assert answer.status_code in (200, 202), answer.text
        return str(answer.json()["id"])

    return until(ask, what="the command to be accepted")


def _nothing_is_missing(world: World, events: Recorder) -> None:
    last = world.http.get("/api/events", params={"since": 0, "limit": 1000}).json()["events"]
    until(lambda: events.events[-1]["seq"] >= last[-1]["seq"], what="the recorder to have caught up")
    seen = events.events
    seqs = [event["seq"] for event in seen]
    assert seqs == list(range(1, len(seqs) + 1)), "no event is lost or repeated"
    assert [event["seq"] for event in last] == seqs[: len(last)]
    for session in AGENTS:
        changes = [event for event in seen if event["event"] == "state_change" and event["session"] == session]
        for before, after in itertools.pairwise(changes):
            assert after["prevState"] == before["state"], (before, after)
            assert after["prevState"] != after["state"], after
        assert len([event for event in seen if event["event"] == "agent_spawned" and event["session"] == session]) == 1
    told = Counter(
        (event["event"], event["jobId"]) for event in seen if event["event"] in ("command_queued", "command_sent")
    )
    assert set(told.values()) == {1}, told
    queued = {job for event, job in told if event == "command_queued"}
    assert queued == {job for event, job in told if event == "command_sent"}
