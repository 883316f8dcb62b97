"""From the journal to a server on loopback, over ends of the daemon, faults, and changes of the file."""

import asyncio
import threading
from pathlib import Path

import pytest

from notify.desk import ME, post
from outrider.errors import Conflict, NoSuchThing
from outrider.model.event import EventName
from outrider.model.notice import Notice, NoticeStatus
from receiver import Receiver, Reply

RULES = '[[rules]]\non = ["agent_waiting", "agent_complete"]\ndigest_s = 0\n'
MINUTE_MS = 60_000
SENT, QUEUED, SENDING, FAILED, UNCERTAIN, DROPPED = (
    NoticeStatus.SENT,
    NoticeStatus.QUEUED,
    NoticeStatus.SENDING,
    NoticeStatus.FAILED,
    NoticeStatus.UNCERTAIN,
    NoticeStatus.DROPPED,
)


def hook(url: str, name: str = "hook", more: str = "") -> str:
    return f'[ways.{name}]\ntype = "webhook"\nurl = "{url}"\n{more}\n'


async def test_what_happens_is_told_once_and_what_happened_before_is_not(tmp_path: Path, receiver: Receiver) -> None:
    async with post(tmp_path) as here:
        before = await here.tell(EventName.AGENT_COMPLETE, "before")
        async with asyncio.timeout(40):
            while await here.sender.notices.cursor() != before.seq:
                await asyncio.sleep(0.01)
    async with post(tmp_path, hook(receiver.url) + RULES) as here:
        event = await here.tell(EventName.AGENT_COMPLETE, "fix")
        await here.tell(EventName.STATE_CHANGE, "fix", state="working")
        (sent,) = await here.statuses(SENT)
        assert [item.event.seq for item in sent.items] == [event.seq]
    for _ in range(2):
        async with post(tmp_path) as here:
            await here.tell(EventName.STATE_CHANGE, "fix", state="idle")
            await here.statuses(SENT)
    async with post(tmp_path) as here:
        await here.tell(EventName.AGENT_COMPLETE, "again")
        await here.statuses(SENT, SENT)
    told = [request.json["title"] for request in receiver.requests]
    assert told == ["fix is done", "again is done"]
    assert len(set(receiver.ids())) == len(receiver.ids())


async def test_a_way_that_hangs_holds_up_no_other(tmp_path: Path, receiver: Receiver) -> None:
    hold = threading.Event()
    receiver.answer = lambda request: Reply(hold=hold if request.path == "/slow" else None)
    config = hook(f"{receiver.url}/slow", "slow", "timeout_s = 60") + hook(f"{receiver.url}/fast", "fast") + RULES
    try:
        async with post(tmp_path, config) as here:
            for number in range(5):
                await here.tell(EventName.AGENT_COMPLETE, f"a{number}")
            await here.until(lambda found: [each.status for each in found if each.way == "fast"] == [SENT] * 5)
            slow = [each.status for each in await here.all() if each.way == "slow"]
            assert slow == [SENDING] + [QUEUED] * 4
            assert here.office.health()["queued"] == 5
    finally:
        hold.set()


async def test_what_could_not_be_sent_is_tried_again_and_then_shown(tmp_path: Path, receiver: Receiver) -> None:
    replies = [Reply(503), Reply(200)]
    receiver.answer = lambda _request: replies.pop(0) if replies else Reply(503)
    async with post(tmp_path, hook(receiver.url, more="attempts = 2") + RULES) as here:
        await here.tell(EventName.AGENT_COMPLETE, "one")
        (sent,) = await here.statuses(SENT)
        assert [each.error for each in sent.tries] == ["The webhook answered 503 ({}).", None]
        assert len(set(receiver.ids())) == 1
        await here.tell(EventName.AGENT_COMPLETE, "two")
        _, failed = await here.statuses(SENT, FAILED)
        assert failed.error == "The webhook answered 503 ({})."
        assert here.office.totals == {("hook", "retried"): 2, ("hook", "sent"): 1, ("hook", "failed"): 1}


@pytest.mark.parametrize("kind", ["webhook", "command"])
async def test_what_was_being_sent_when_the_daemon_ended(tmp_path: Path, receiver: Receiver, kind: str) -> None:
    """A webhook gets it again under the same id; a command, that knows of none, is not run again, and that is shown."""
    hold = threading.Event()
    receiver.answer = lambda _request: Reply(hold=hold)
    run = '[ways.run]\ntype = "command"\nargv = ["sh", "-c", "echo x >> ran; exec sleep 60"]\n'
    config = hook(receiver.url) if kind == "webhook" else run
    async with post(tmp_path, config + RULES) as here:
        await here.tell(EventName.AGENT_COMPLETE, "one")
        await here.statuses(SENDING)
        while not (receiver.requests or (tmp_path / "ran").exists()):
            await asyncio.sleep(0.01)
    hold.set()
    async with post(tmp_path) as here:
        if kind == "webhook":
            (sent,) = await here.statuses(SENT)
            assert receiver.ids() == [sent.id, sent.id]
        else:
            (uncertain,) = await here.statuses(UNCERTAIN)
            assert uncertain.error == "The daemon ended in the middle of it. It may have arrived."
            assert (tmp_path / "ran").read_text() == "x\n"


async def test_a_file_that_changes_is_taken_in_and_a_broken_one_changes_nothing(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with post(tmp_path, hook(receiver.url) + RULES) as here:
        path = tmp_path / "notify.toml"
        path.write_text(hook(receiver.url) + RULES + "repeat_minutes = -1\n")
        async with asyncio.timeout(40):
            while not here.office.problem:
                await asyncio.sleep(0.01)
        assert "repeat_minutes: must be a whole number from 0, not -1." in here.office.problem
        assert here.office.health()["status"] == "degraded"
        await here.tell(EventName.AGENT_COMPLETE, "one")
        await here.statuses(SENT)
        path.write_text(hook(f"{receiver.url}/new", "new") + RULES)
        async with asyncio.timeout(40):
            while [each.name for each in here.office.ways()] != ["new"]:
                await asyncio.sleep(0.01)
        await here.tell(EventName.AGENT_COMPLETE, "two")
        await here.statuses(SENT, SENT)
        assert [request.path for request in receiver.requests] == ["/", "/new"]


async def test_what_waits_for_a_way_that_is_taken_away_is_dropped(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answer = lambda _request: Reply(503)
    async with post(tmp_path, hook(receiver.url) + RULES) as here:
        await here.tell(EventName.AGENT_COMPLETE, "one")
        await here.until(lambda found: bool(found and found[0].tries and found[0].tries[0].error))
        (tmp_path / "notify.toml").unlink()
        (dropped,) = await here.statuses(DROPPED)
        assert dropped.error == "There is no such way out any more."


async def test_a_question_that_is_answered_while_it_cannot_be_told_is_dropped(
    tmp_path: Path, receiver: Receiver
) -> None:
    receiver.answer = lambda _request: Reply(503)
    async with post(tmp_path, hook(receiver.url) + RULES) as here:
        await here.tell(EventName.AGENT_WAITING, "one", approval="a1")
        await here.until(lambda found: bool(found and found[0].tries and found[0].tries[0].error))
        await here.tell(EventName.STATE_CHANGE, "one", state="working")
        await here.statuses(DROPPED)


async def test_tests(tmp_path: Path, receiver: Receiver) -> None:
    config = hook(receiver.url) + hook(f"{receiver.url}/bad", "bad")
    receiver.answer = lambda request: Reply(503 if request.path == "/bad" else 200)
    async with post(tmp_path) as here:
        with pytest.raises(Conflict, match="There is no way out; write one into"):
            await here.office.test(None, ME)
        (tmp_path / "notify.toml").write_text(config)
        async with asyncio.timeout(40):
            while not here.office.ways():
                await asyncio.sleep(0.01)
        with pytest.raises(NoSuchThing, match=r"There is no way out 'pager'; there are: hook, bad\.$"):
            await here.office.test("pager", ME)
        (tmp_path / "notify.toml").write_text(f"{config}\n[ways.pager]\ntype = 'pigeon'\n")
        async with asyncio.timeout(40):
            while not here.office.problem:
                await asyncio.sleep(0.01)
        with pytest.raises(
            NoSuchThing, match=r"there are: hook, bad\. The file cannot be used as it is now: .*'pigeon' is no way out"
        ):
            await here.office.test("pager", ME)
        good, bad = await here.office.test(None, ME)
        assert (good.status, bad.status, len(bad.tries)) == (SENT, FAILED, 1)
        assert "asked for by uid:1" in str(receiver.requests[0].json["text"])
        assert await here.office.find(good.id) == good


async def test_nothing_is_lost_or_doubled_over_many_ends(tmp_path: Path, receiver: Receiver) -> None:
    """The daemon's tasks are cut off in the middle of whatever they do, again and again."""
    told = []
    async with post(tmp_path, hook(receiver.url) + RULES):
        pass
    for number in range(12):
        async with post(tmp_path) as here:
            for part in range(4):
                told.append(f"a{number}-{part}")
                await here.tell(EventName.AGENT_COMPLETE, told[-1])
            await asyncio.sleep(0.003 * number)  # somewhere in the middle
    async with post(tmp_path) as here:
        await here.until(lambda found: len(found) == len(told) and all(each.status is SENT for each in found))
    seen = {request.headers["webhook-id"]: request.json["title"] for request in receiver.requests}
    assert sorted(map(str, seen.values())) == sorted(f"{each} is done" for each in told)


async def test_what_failed_can_be_sent_once_more(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answer = lambda _request: Reply(404)
    async with post(tmp_path, hook(receiver.url) + RULES) as here:
        await here.tell(EventName.AGENT_COMPLETE, "one")
        (failed,) = await here.statuses(FAILED)
        receiver.answer = lambda _request: Reply()
        twice = await asyncio.gather(here.office.retry(failed.id), here.office.retry(failed.id), return_exceptions=True)
        assert [type(each) for each in twice] == [Notice, Conflict]
        (sent,) = await here.statuses(SENT)
        assert receiver.ids() == [sent.id, sent.id]
        with pytest.raises(Conflict, match="This notice is sent; only what failed"):
            await here.office.retry(sent.id)


async def test_a_daemon_that_ends_in_good_order_finishes_what_it_is_sending(tmp_path: Path) -> None:
    run = '[ways.run]\ntype = "command"\nargv = ["sh", "-c", "echo x >> began; while [ ! -e go ]; do sleep 0.01; done; echo x >> ran"]\n'
    async with post(tmp_path, run + RULES) as here:
        await here.tell(EventName.AGENT_COMPLETE, "one")
        while not (tmp_path / "began").exists():
            await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.1, (tmp_path / "go").touch)
    async with post(tmp_path) as here:
        await here.statuses(SENT)
        assert (tmp_path / "ran").read_text() == "x\n"


async def test_nobody_answers_for_long(tmp_path: Path, receiver: Receiver) -> None:
    """Told again, told to others, not in quiet hours, and not once it is answered."""
    rule = (
        'on = ["agent_waiting"]\nways = ["phone"]\nquiet = "22:00-07:00"\nrepeat_minutes = 10\nescalate_minutes = 25\n'
    )
    config = hook(f"{receiver.url}/phone", "phone") + hook(f"{receiver.url}/boss", "boss")
    async with post(tmp_path, f'{config}[[rules]]\n{rule}escalate_to = ["boss"]\n') as here:
        await here.tell(EventName.AGENT_WAITING, "fix", approval="a1")
        await here.statuses(SENT)
        here.hours.ahead_ms = 11 * MINUTE_MS
        await here.statuses(SENT, SENT)
        here.hours.ahead_ms = 26 * MINUTE_MS
        await here.until(lambda found: len(found) == 4 and all(each.status is SENT for each in found))
        told = [(request.path, request.json["title"]) for request in receiver.requests]
        assert told[0] == ("/phone", "fix waits for you")
        assert told[1] == ("/phone", "Still unanswered: fix waits for you")
        assert sorted(told[2:]) == [(f"/{way}", "Still unanswered: fix waits for you") for way in ("boss", "phone")]
        here.hours.ahead_ms, here.hours.minute = 40 * MINUTE_MS, 23 * 60
        await here.until(lambda found: len(found) == 5 and found[-1].status is QUEUED)
        await here.tell(EventName.APPROVAL_ANSWERED, "fix", approval="a1", answer="Yes", by="uid:1")
        await here.until(lambda found: found[-1].status is DROPPED)
        assert len(receiver.requests) == 4
