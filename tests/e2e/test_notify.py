"""People are told: from an agent on a screen to a server that listens, over kills of the daemon and faults of the file."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot_api import TOKEN, BotApi, bot_api
from e2e.scripted.script import Step
from e2e.waiting import until
from e2e.world import Run, World, state_is
from receiver import Receiver, Reply
from receiver import receiver as listening

ME = 42
ASKS: list[list[Step]] = [[{"tool": "Bash", "input": {"command": "rm x"}, "ask": True}, {"say": "Done."}]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as one:
        yield one


@pytest.fixture
def bot() -> Iterator[BotApi]:
    with bot_api() as one:
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


def told(world: World, count: int) -> None:
    """Waits until there are so many notices, and all are sent."""
    until(lambda: [each["status"] for each in notices(world)] == ["sent"] * count or None, what="all to be told")


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


def test_a_daemon_that_is_killed_tells_everything_once_by_id(world: World, receiver: Receiver) -> None:
    configure(world, hook(receiver.url) + '[[rules]]\non = ["agent_complete"]\ndigest_s = 0\n')
    in_force(world, ["hook"])
    run = world.spawn("one", [[{"say": "1"}], [{"say": "2"}], [{"say": "3"}]], "--prompt", "0")
    noted(world, run, 1)
    world.kill9()
    world.start()
    told(world, 1)
    hold = threading.Event()
    receiver.answer = lambda _request: Reply(hold=hold)
    before = receiver.ids()
    world.sent(world.send("one", "1"))
    (held,) = until(lambda: [each for each in receiver.ids() if each not in before], what="the second to be on its way")
    world.kill9()
    hold.set()
    world.start()
    told(world, 2)
    world.sent(world.send("one", "2"))
    told(world, 3)
    world.kill9()
    world.start()
    told(world, 3)
    every = notices(world)
    times = Counter(receiver.ids())
    assert set(times) == {str(each["id"]) for each in every}
    assert [each["title"] for each in every] == ["one is done"] * 3
    first, second, third = (times[str(each["id"])] for each in every)
    assert (str(every[1]["id"]), second) == (held, 2), "what was cut off is sent again, under the same id"
    assert third == 1, "what was sent is not sent again"
    assert first in (1, 2), "the daemon was killed at some point of it"
    for request in receiver.requests:
        assert request.json["id"] == request.headers["webhook-id"]


def test_faults_are_sentences_and_the_rest_goes_on(world: World, receiver: Receiver, bot: BotApi) -> None:
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
    assert "away: " in world.http.get("/health").json()["notify"]["why"]
    assert "no connection could be made" in world.cli("doctor", "--config", str(world.config)).stdout
    wrong = f'[ways.phone]\ntype = "telegram"\ntoken = "1234:AAwrongwrong"\nchats = [{ME}]\nbase_url = "{bot.url}"\n'
    configure(world, hook(receiver.url) + away + wrong + rule)
    fault_told(world, "Telegram refuses the bot's token")
    doctor = world.cli("doctor", "--config", str(world.config)).stdout
    assert "Telegram refuses the bot's token" in doctor
    assert "AAwrong" not in doctor + world.log_tail(1000)
    tested = world.cli("notify", "test", "away")
    assert tested.returncode == 1
    assert "no connection could be made" in tested.stdout


# ---- Telegram ----------------------------------------------------------------------------------------


def phone(bot: BotApi, urgency: str = "normal") -> str:
    return (
        f'[ways.phone]\ntype = "telegram"\ntoken = "{TOKEN}"\nchats = [{ME}]\nbase_url = "{bot.url}"\npoll_s = 5\n'
        f'[[rules]]\non = ["agent_waiting"]\ndigest_s = 0\nurgency = "{urgency}"\n'
    )


def test_a_press_on_the_phone_answers_the_dialog(world: World, bot: BotApi) -> None:
    configure(world, phone(bot))
    in_force(world, ["phone"])
    run = world.spawn("asks", ASKS, "--prompt", "Clean up")
    until(lambda: bot.sent, what="the question on the phone")
    (sent,) = bot.sent
    assert "rm x" in sent.text
    assert not sent.silent
    bot.press(sent, "Approve", user=666, chat=666)
    until(lambda: len(bot.pops) == 1, what="the stranger to be refused")
    assert "is not known" in str(bot.pops[0]["text"])
    for words in (("notify", "ways"), ("doctor", "--config", str(world.config))):
        assert "this chat (666) is not known" in world.cli(*words).stdout
    assert world.agent("asks")["state"] == "waiting"
    bot.press(sent, "Approve", user=ME)
    until(lambda: len(bot.pops) == 2, what="the press to be answered")
    assert bot.pops[1]["text"] == "asks: answered 'Yes'."
    assert [line["answer"] for line in run.log("answer")] == ["Yes"]
    state_is(world, "asks", "complete")
    until(lambda: sent.edits, what="the message to say so")
    assert "answered" in sent.text
    assert f"telegram:{ME}" in sent.text
    assert sent.buttons == []
    log = world.http.get("/api/agents/asks/log").json()["log"]
    assert f"telegram:{ME}" in {row["actor"] for row in log if row["action"] == "approval_answered"}
    bot.press(replace(sent, buttons=[{"text": "Approve", "callback_data": "a:0000-0:approve"}]), "Approve", user=ME)
    until(lambda: len(bot.pops) == 3, what="the late press to be answered")
    assert "No approval has the id" in str(bot.pops[2]["text"])


def test_an_answer_from_elsewhere_is_shown_on_the_phone_and_deny_denies(world: World, bot: BotApi) -> None:
    configure(world, phone(bot, "low"))
    in_force(world, ["phone"])
    run = world.spawn("asks", [*ASKS, *ASKS], "--prompt", "Clean up")
    until(lambda: bot.sent, what="the question on the phone")
    (sent,) = bot.sent
    stale = replace(sent, buttons=list(sent.buttons))
    assert world.cli("approve", "asks").returncode == 0
    until(lambda: sent.edits, what="the message to say so")
    assert "answered" in sent.text
    bot.press(stale, "Deny", user=ME)
    until(lambda: bot.pops, what="the late press to be answered")
    assert "is answered already" in str(bot.pops[0]["text"])
    assert bot.pops[0]["show_alert"] is True
    world.sent(world.send("asks", "Once more"))
    until(lambda: len(bot.sent) == 2, what="the second question on the phone")
    bot.press(bot.sent[1], "Deny", user=ME)
    until(lambda: len(run.log("answer")) == 2, what="the agent to be answered")
    assert [line["answer"] for line in run.log("answer")] == ["Yes", "No"]
    until(lambda: bot.sent[1].edits, what="the message to say so")
    assert f"telegram:{ME}" in bot.sent[1].text
    assert [each.silent for each in bot.sent] == [True, True], "low makes no sound"


def test_a_reply_is_typed_once_though_the_daemon_is_killed(world: World, bot: BotApi) -> None:
    configure(world, phone(bot))
    in_force(world, ["phone"])
    run = world.spawn("asks", [*ASKS, [{"say": "Thanks."}]], "--prompt", "Clean up")
    until(lambda: bot.sent, what="the question on the phone")
    number = bot.say("Now the docs", user=ME, chat=ME, reply_to=bot.sent[0].id)
    until(lambda: len(bot.sent) == 2, what="the reply to be taken")
    assert "It stands at a dialog" in bot.texts()[1]
    world.kill9()
    bot.again(number)
    world.start()
    until(lambda: len(bot.sent) >= 3, what="the reply to be taken once more")
    assert len(world.commands()) == 2, "the prompt, and the reply once"
    bot.press(bot.sent[0], "Approve", user=ME)
    until(lambda: run.prompts() == ["Clean up", "Now the docs"], what="the reply to be typed")
    assert [each["status"] for each in notices(world)] == ["sent"]
    assert bot.texts()[0].startswith("<b>asks waits for you</b>")
    state_is(world, "asks", "complete")
    assert world.cli("doctor", "--config", str(world.config)).stdout.count("phone") >= 1
