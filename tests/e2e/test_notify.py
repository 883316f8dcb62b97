"""People are told: from an agent on a screen to a server that listens, over kills of the daemon and faults of the file."""

import threading
from collections.abc import Iterator

import pytest

from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import Run, World, state_is
from receiver import Receiver, Reply
from receiver import receiver as listening

ASKS: list[list[Step]] = [[{"tool": "Bash", "input": {"command": "rm x"}, "ask": True}, {"say": "Done."}]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as one:
        yield one


def configure(world: World, text: str) -> None:
    """What notify.toml says from now on."""
    path = world.home / ".config" / "outrider" / "notify.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def hook(url: str, name: str = "hook") -> str:
    return f'[ways.{name}]\ntype = "webhook"\nurl = "{url}"\n'


def notices(world: World) -> list[dict[str, object]]:
    """All of them, oldest first."""
    found: list[dict[str, object]] = world.http.get("/api/notices", params={"limit": 500}).json()["notices"]
    return list(reversed(found))


def in_force(world: World, ways: list[str]) -> None:
    """Waits until these ways are."""
    until(
        lambda: [each["name"] for each in world.http.get("/api/notify").json()["ways"]] == ways or None,
        what="notify.toml to be read",
    )


def noted(world: World, run: Run, turns: int) -> None:
    """Waits until so many turns have ended and are to be told."""
    until(lambda: len(run.log("turn_end")) == turns, what="its turn to end")
    until(lambda: len(notices(world)) >= turns, what="that to be noted")


def fault_told(world: World, says: str) -> None:
    """Waits until the daemon says that of its notifications."""
    until(lambda: says in str(world.http.get("/health").json()["notify"].get("why")), what="the fault to be told")


def test_a_question_is_told_once_with_what_is_asked(world: World, receiver: Receiver) -> None:
    configure(world, hook(receiver.url) + '[[rules]]\non = ["agent_waiting", "agent_complete"]\ndigest_s = 0\n')
    in_force(world, ["hook"])
    world.spawn("asks", ASKS, "--prompt", "Clean up")
    until(lambda: receiver.requests, what="the question to be told")
    asked = receiver.requests[0].json
    assert asked["title"] == "asks waits for you"
    assert "rm x" in str(asked["text"])
    assert world.http.get("/api/approvals").json()["approvals"][0]["id"] in receiver.requests[0].body.decode()
    assert world.cli("approve", "asks").returncode == 0
    state_is(world, "asks", "complete")
    until(lambda: len(receiver.requests) == 2, what="the end to be told")
    assert receiver.requests[1].json["title"] == "asks is done"
    listed = world.cli("notify", "list").stdout
    assert listed.count(" sent ") == 2
    assert world.cli("notify", "test", "hook").returncode == 0
    assert receiver.requests[2].json["title"] == "Outrider: a test"


def test_a_daemon_that_is_killed_tells_everything_once(world: World, receiver: Receiver) -> None:
    configure(world, hook(receiver.url) + '[[rules]]\non = ["agent_complete"]\ndigest_s = 0\n')
    in_force(world, ["hook"])
    run = world.spawn("one", [[{"say": "1"}], [{"say": "2"}], [{"say": "3"}]], "--prompt", "0")
    hold = threading.Event()
    for turn in range(1, 4):
        noted(world, run, turn)
        if turn == 2:
            hold.clear()
            receiver.answer = lambda _request: Reply(hold=hold)
        world.kill9()
        hold.set()
        world.start()
        if turn < 3:
            world.sent(world.send("one", str(turn)))
    until(lambda: [each["status"] for each in notices(world)] == ["sent"] * 3 or None, what="all to be told")
    assert len(set(receiver.ids())) == 3
    assert [each["title"] for each in notices(world)] == ["one is done"] * 3


def test_faults_are_sentences_and_the_rest_goes_on(world: World, receiver: Receiver) -> None:
    rule = '[[rules]]\non = ["agent_complete"]\n'
    away = 'attempts = 1\n[ways.away]\ntype = "webhook"\nurl = "http://127.0.0.1:9/"\nattempts = 1\n'
    configure(world, hook(receiver.url) + away + rule)
    in_force(world, ["hook", "away"])
    for fault, says in (
        ('[[rules]]\non = ["agent_done"]\n', "there is no event 'agent_done'"),
        (
            '[[rules]]\non = ["agent_error"]\nrepeat_minutes = -1\n',
            "repeat_minutes: must be a whole number from 0, not -1.",
        ),
    ):
        configure(world, hook(receiver.url) + away + fault)
        fault_told(world, says)
        assert world.http.get("/health").status_code == 200
        assert says in world.cli("notify", "ways").stdout
        doctor = world.cli("doctor", "--config", str(world.config)).stdout
        assert "notify.toml:" in doctor
        assert says in doctor
    world.spawn("works", [[{"say": "Done."}]], "--prompt", "Work")
    until(
        lambda: (
            {str(each["way"]): each["status"] for each in notices(world)} == {"hook": "sent", "away": "failed"} or None
        )
    )
    failed = next(each for each in notices(world) if each["way"] == "away")
    assert "no connection could be made" in str(failed["error"])
    tested = world.cli("notify", "test", "away")
    assert tested.returncode == 1
    assert "no connection could be made" in tested.stdout
