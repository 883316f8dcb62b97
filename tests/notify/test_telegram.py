"""Telegram both ways, against a Bot API server on loopback and a little fleet."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot_api import TOKEN, BotApi, bot_api
from notify.desk import Post, post
from outrider.errors import BadSetting, Conflict, NoSuchAgent
from outrider.model.actor import Actor
from outrider.model.agent import Agent
from outrider.model.approval import Approval, ApprovalStatus, DialogKind, Option
from outrider.model.command import Command, CommandRequest, Status
from outrider.model.event import EventName
from outrider.model.notice import Item, Notice, NoticeStatus
from outrider.model.pane import PaneRef
from outrider.model.state import Confidence, Detail, State, Verdict
from outrider.notify.catalogue import Surroundings
from outrider.notify.file import parse
from outrider.notify.telegram import incoming
from outrider.notify.telegram.message import keyboard
from outrider.store import Change
from receiver import Reply

ME, GROUP, STRANGER = 42, -1001, 666
YES_NO = (Option("Yes", "1"), Option("No, and tell it what to do", "2"))


def approval(name: str = "a1b2-5", session: str = "fix", options: Sequence[Option] = YES_NO) -> Approval:
    return Approval(
        name,
        name[:4],
        "id",
        session,
        DialogKind.PERMISSION,
        "Run <this>?",
        5,
        5,
        options=tuple(options),
        command="rm x",
    )


@dataclass
class LittleFleet:
    """Fits `Fleet`, and is its own `Dialogs`: two agents, one of which waits."""

    answered: list[tuple[str, str, str]] = field(default_factory=list)
    typed: dict[str | None, tuple[str, str, str]] = field(default_factory=dict)
    changed: bool = False

    @property
    def dialogs(self) -> "LittleFleet":
        return self

    def agents(self) -> Sequence[Agent]:
        return [agent("fix", State.WAITING), agent("docs", State.IDLE)]

    def agent(self, session: str) -> Agent:
        found = [each for each in self.agents() if each.session == session]
        if not found:
            raise NoSuchAgent(f"There is no agent {session!r}.")
        return found[0]

    async def answer(self, approval_id: str, answer: str, reason: str | None, actor: Actor) -> Approval:
        if self.changed:
            raise Conflict("The dialog of fix has changed; it now asks: Delete it?")
        self.answered.append((approval_id, answer, actor.name))
        return replace(approval(), status=ApprovalStatus.ANSWERED, answer="Yes")

    async def output(self, session: str, *, lines: int, ansi: bool) -> str:
        return f"$ ls {self.agent(session).session} & <b>"

    async def command(self, session: str, request: CommandRequest, actor: Actor) -> Command:
        self.agent(session)
        self.typed.setdefault(request.key, (session, request.text, actor.name))
        return Command("c1", 1, "id", session, request.text, Status.QUEUED, actor.name, 1, 1)


def agent(session: str, state: State) -> Agent:
    verdict = Verdict(state, alive=True, since_ms=1, confidence=Confidence.HIGH, detail=Detail(question="Run <this>?"))
    return Agent(session, session, "here", "claude", PaneRef("outrider", 1, "%1"), "/w", verdict, True, 1, 1)


@pytest.fixture
def bot() -> Iterator[BotApi]:
    with bot_api() as one:
        yield one


def config(bot: BotApi, more: str = "", token: str = TOKEN) -> str:
    return (
        f'[ways.phone]\ntype = "telegram"\ntoken = "{token}"\nchats = [{ME}]\nbase_url = "{bot.url}"\npoll_s = 5\n{more}\n'
        '[[rules]]\non = ["agent_waiting", "agent_complete"]\ndigest_s = 0\n'
    )


async def until(condition: Callable[[], object], what: str) -> None:
    try:
        async with asyncio.timeout(40):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not in time: {what}") from None


async def asked(here: Post, dialog: Approval | None = None) -> None:
    """A question comes up, with its dialog in the database, as the supervisor does it."""
    dialog = dialog or approval()
    await here.store.commit(Change(approvals=(dialog,)))
    await here.tell(EventName.AGENT_WAITING, dialog.session, approval=dialog.id, detail={"question": dialog.question})


async def test_a_question_with_buttons_is_answered_by_a_press(tmp_path: Path, bot: BotApi) -> None:
    fleet = LittleFleet()
    async with post(tmp_path, config(bot), fleet=fleet) as here:
        await asked(here)
        await until(lambda: bot.sent, "the message")
        (sent,) = bot.sent
        assert sent.text.startswith("<b>fix waits for you</b>\n")
        assert "Run &lt;this&gt;?" in sent.text
        assert "rm x" in sent.text
        assert [each["text"] for each in sent.buttons] == ["✅ Approve", "❌ Deny", "🔎 Open"]
        bot.press(sent, "Approve", user=ME)
        await until(lambda: bot.pops, "the press to be answered")
        assert fleet.answered == [("a1b2-5", "approve", f"telegram:{ME}")]
        assert bot.pops[0]["text"] == "fix: answered 'Yes'."
        by = f"telegram:{ME}"
        over = replace(approval(), status=ApprovalStatus.ANSWERED, answer="Yes", by=by)
        await here.store.commit(Change(approvals=(over,)))
        await here.tell(EventName.APPROVAL_ANSWERED, approval="a1b2-5", answer="Yes", by=by)
        await until(lambda: sent.edits, "the message to be brought up to date")
        assert sent.text.endswith(f"→ answered &#x27;Yes&#x27; by telegram:{ME}")
        assert sent.buttons == []
        await here.until(lambda found: not found[0].stale)
        assert bot.calls.count("sendMessage") == 1


async def test_what_was_answered_elsewhere_or_has_changed_says_so(tmp_path: Path, bot: BotApi) -> None:
    fleet = LittleFleet(changed=True)
    async with post(tmp_path, config(bot), fleet=fleet) as here:
        await asked(here)
        await until(lambda: bot.sent, "the message")
        bot.press(bot.sent[0], "Deny", user=ME)
        await until(lambda: bot.pops, "the press to be answered")
        assert (bot.pops[0]["text"], bot.pops[0]["show_alert"]) == (
            "The dialog of fix has changed; it now asks: Delete it?",
            True,
        )
        await here.tell(EventName.STATE_CHANGE, "fix", state="working")
        await here.until(lambda found: found[0].stale)
        here.hours.ahead_ms = 10_001
        await until(lambda: bot.sent[0].edits, "the message to be brought up to date")
        assert bot.sent[0].text.endswith("→ it is working now")


async def test_only_who_may_is_heard(tmp_path: Path, bot: BotApi) -> None:
    fleet = LittleFleet()
    both = config(bot).replace(f"chats = [{ME}]", f"chats = [{ME}, {GROUP}]")
    async with post(tmp_path, both, fleet=fleet) as here:
        await asked(here)
        await until(lambda: len(bot.sent) == 2, "both messages")
        mine, groups = sorted(bot.sent, key=lambda each: -each.chat)
        bot.press(groups, "Approve", user=ME)
        bot.press(mine, "Approve", user=STRANGER, chat=STRANGER)
        await until(lambda: len(bot.pops) == 2, "the presses to be answered")
        assert bot.pops[0]["text"] == f"User {ME} may not answer here: notify.toml says who may, in users."
        assert bot.pops[1]["text"] == f"This chat ({STRANGER}) is not known: notify.toml says who may, in chats."
        for text in ("/agents", "/output fix", "/send fix rm -rf /"):
            bot.say(text, user=STRANGER, chat=STRANGER)
        bot.say("rm", user=STRANGER, chat=STRANGER, reply_to=mine.id)
        bot.say("/agents", user=ME, chat=ME)
        await until(lambda: len(bot.sent) == 4, "the owner to be answered")
        assert bot.texts()[2] == f"This chat ({STRANGER}) is not known: notify.toml says who may, in chats."
        assert bot.sent[3].chat == ME
        assert (fleet.answered, fleet.typed) == ([], {})
    users = both.replace("poll_s = 5", f"poll_s = 5\nusers = [{ME}]")
    async with post(tmp_path, users, fleet=fleet):
        bot.press(groups, "Approve", user=STRANGER)
        bot.press(groups, "Approve", user=ME)
        await until(lambda: fleet.answered, "the press of one who may")
        assert fleet.answered == [("a1b2-5", "approve", f"telegram:{ME}")]


async def test_replies_become_commands_once(tmp_path: Path, bot: BotApi) -> None:
    fleet = LittleFleet()
    async with post(tmp_path, config(bot), fleet=fleet) as here:
        await asked(here)
        await until(lambda: bot.sent, "the message")
        number = bot.say("Only the parser.\nNothing else.", user=ME, chat=ME, reply_to=bot.sent[0].id)
        await until(lambda: len(bot.sent) == 2, "the answer")
        key = f"telegram-123456-{number}"
        assert fleet.typed == {key: ("fix", "Only the parser.\nNothing else.", f"telegram:{ME}")}
        assert bot.texts()[1].startswith("queued for <b>fix</b>. It stands at a dialog")
    async with post(tmp_path, fleet=fleet):
        bot.again(number)
        await until(lambda: len(bot.sent) == 3, "the answer once more")
        assert list(fleet.typed) == [key], "the same update is the same command, also for another daemon"
        bot.say("/send docs Write them", user=ME, chat=ME)
        await until(lambda: len(fleet.typed) == 2, "the command")
        assert list(fleet.typed.values())[1][:2] == ("docs", "Write them")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/agents", "▲ <b>fix</b> waiting"),
        ("/why fix", "<b>fix</b>\n<pre>waiting, confidence high"),
        ("/output@outrider_test_bot docs", "<b>docs</b>\n<pre>$ ls docs &amp; &lt;b&gt;</pre>"),
        ("/output", "Say which agent: fix, docs."),
        ("/why nobody", "There is no agent &#x27;nobody&#x27;."),
        ("/send fix", "Say which agent and what: /send SESSION TEXT"),
        ("/start", "/agents – what they do"),
        ("hello", "Reply to a message about an agent, or say which."),
    ],
)
async def test_commands(tmp_path: Path, bot: BotApi, text: str, says: str) -> None:
    async with post(tmp_path, config(bot), fleet=LittleFleet()):
        bot.say(text, user=ME, chat=ME)
        await until(lambda: bot.sent, "the answer")
        assert says in bot.texts()[0]


async def test_a_look_at_the_terminal(tmp_path: Path, bot: BotApi) -> None:
    async with post(tmp_path, config(bot), fleet=LittleFleet()) as here:
        await asked(here)
        await until(lambda: bot.sent, "the message")
        bot.press(bot.sent[0], "Open", user=ME)
        await until(lambda: len(bot.sent) == 2, "the output")
        assert "$ ls fix" in bot.texts()[1]


async def test_a_wrong_token_is_a_sentence_without_it(tmp_path: Path, bot: BotApi) -> None:
    wrong = "123456:AAwrongwrongwrong"
    async with post(tmp_path, config(bot, token=wrong), fleet=LittleFleet()) as here:
        await asked(here)
        (failed,) = await here.statuses(NoticeStatus.FAILED)
        assert failed.error == "Telegram refuses the bot's token (Unauthorized): take the one that @BotFather gave."
        await until(lambda: here.office.ways()[0].why, "the fault to be told")
        assert here.office.ways()[0].why == failed.error
        assert wrong not in str(here.office.health()) + str(await here.all())


async def test_what_telegram_says(tmp_path: Path, bot: BotApi) -> None:
    async with post(tmp_path, config(bot, "listen = false"), fleet=LittleFleet()) as here:
        bot.fault["sendMessage"] = Reply(429, b'{"ok":false,"description":"Too Many","parameters":{"retry_after":0}}')
        await here.tell(EventName.AGENT_COMPLETE, "one")
        await here.until(lambda found: bool(found and found[0].tries and found[0].tries[0].ended_ms))
        bot.fault.clear()
        await here.statuses(NoticeStatus.SENT)
        bot.fault["sendMessage"] = Reply(400, b'{"ok":false,"description":"Bad Request: chat not found"}')
        await here.tell(EventName.AGENT_COMPLETE, "two")
        _, failed = await here.statuses(NoticeStatus.SENT, NoticeStatus.FAILED)
        assert failed.error == "Telegram: Bad Request: chat not found."
        bot.fault["sendMessage"] = Reply(cut=True)
        await here.tell(EventName.AGENT_COMPLETE, "three")
        found = await here.statuses(NoticeStatus.SENT, NoticeStatus.FAILED, NoticeStatus.UNCERTAIN)
        assert "it may have arrived" in str(found[2].error)
        assert "getUpdates" not in bot.calls


async def test_what_makes_no_sense_ends_nothing(tmp_path: Path, bot: BotApi) -> None:
    """A server that answers anything at all costs nobody but itself."""
    async with post(tmp_path, config(bot), fleet=LittleFleet()) as here:
        for body in (
            b"[" * 100_000,
            b'{"ok":false,"parameters":{"retry_after":NaN}}',
            b"\xff",
            b'{"ok":true,"result":[]}',
        ):
            bot.fault = {"sendMessage": Reply(429, body), "getUpdates": Reply(429, body)}
            await here.tell(EventName.AGENT_COMPLETE, "one")
            await here.until(lambda found: all(each.tries and each.tries[-1].ended_ms for each in found))
        bot.fault = {}
        await here.until(lambda found: all(each.status is NoticeStatus.SENT for each in found))


async def test_a_fleet_that_is_too_large_for_a_message_is_cut(tmp_path: Path, bot: BotApi) -> None:
    fleet = LittleFleet()
    fleet.agents = lambda: [agent(f"agent-{number}", State.WAITING) for number in range(200)]  # type: ignore[method-assign]
    async with post(tmp_path, config(bot), fleet=fleet):
        bot.say("/agents", user=ME, chat=ME)
        await until(lambda: bot.sent, "the answer")
        assert len(bot.texts()[0]) < 4096
        assert " more" in bot.texts()[0]


async def test_another_reader_of_the_same_bot_is_told(tmp_path: Path, bot: BotApi) -> None:
    bot.fault["getUpdates"] = Reply(
        409, b'{"ok":false,"description":"Conflict: terminated by other getUpdates request"}'
    )
    async with post(tmp_path, config(bot), fleet=LittleFleet()) as here:
        await until(lambda: here.office.ways()[0].why, "the fault to be told")
        assert "another program reads this bot's messages" in here.office.ways()[0].why
        await here.tell(EventName.AGENT_COMPLETE, "one")
        await here.statuses(NoticeStatus.SENT)


# ---- messages and what comes in ----------------------------------------------------------------------


def shown(*dialogs: Approval, dashboard: str = "") -> list[list[str]]:
    from outrider.model.event import Event, Fact

    items = [
        Item(Event(n, "here", Fact(EventName.AGENT_WAITING, each.session, 5, {"approval": each.id})), each)
        for n, each in enumerate(dialogs, 1)
    ]
    notice = Notice("n", "phone", "42", "r", 1, 1, 1, tuple(items))
    return [[str(each["text"]) for each in row] for row in keyboard(notice, dashboard)]


def test_buttons() -> None:
    assert shown(approval()) == [["✅ Approve", "❌ Deny"], ["🔎 Open"]]
    choice = [Option("Postgres"), Option("SQLite"), Option("Type something", text=True)]
    assert shown(approval(options=choice)) == [["1. Postgres"], ["2. SQLite"], ["🔎 Open"]]
    assert shown(approval(), approval("c3d4-6", "docs"))[2:] == [["✅ Approve docs", "❌ Deny docs"], ["🔎 Open docs"]]
    assert shown(approval(session="x" * 80)) == [["✅ Approve", "❌ Deny"]], (
        "what Telegram could not bring back is left out"
    )
    assert shown(approval(session="x" * 80), dashboard="https://box") == [["✅ Approve", "❌ Deny"], ["🔎 Open"]]


@pytest.mark.parametrize(
    "result",
    [None, [], {}, [1], [{"update_id": "x"}], [{"update_id": True}]],
)
def test_what_is_no_update_is_nothing(result: object) -> None:
    assert incoming.updates(result) == []


@pytest.mark.parametrize(
    "what",
    [
        {"message": {}},
        {"message": {"chat": {"id": 1}, "from": {"id": 1}}},
        {"message": {"chat": 1, "from": {"id": 1}, "text": "x"}},
        {"callback_query": {"id": "q", "from": {"id": 1}, "data": "x"}},
        {"callback_query": {"id": "q", "from": {"id": 1}, "message": {"chat": {"id": 1}}}},
        {"poll": {}},
    ],
)
def test_what_is_not_understood_is_passed_over(what: dict[str, object]) -> None:
    assert incoming.updates([{"update_id": 7, **what}]) == [incoming.Update(7, None)]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('token = "x"\nchats = [1]', "token: is no bot's token"),
        ('token = "123456:AAbbCCddEEff"\nchats = []', "chats: should be the numbers of the chats"),
        ('token = "123456:AAbbCCddEEff"\nchats = ["@me"]', "chats: must be a list of whole numbers"),
        ('token = "123456:AAbbCCddEEff"\nchats = [1]\nbase_url = "x"', "base_url: should look like https://host/path."),
        ("chats = [1]", "token: is needed once: as token, token_file or token_env."),
    ],
)
def test_what_it_may_not_say(lines: str, says: str) -> None:
    with pytest.raises(BadSetting) as caught:
        parse(f'[ways.phone]\ntype = "telegram"\n{lines}', Path("notify.toml"), Surroundings({}, lambda: 0))
    assert says in caught.value.message
    assert "AAbbCC" not in caught.value.message
