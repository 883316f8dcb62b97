"""Apprise for real, against a mail server and a web server on loopback."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from notify.desk import post
from outrider.errors import BadSetting
from outrider.model.event import Event, EventName, Fact
from outrider.model.notice import Item, Notice, NoticeStatus
from outrider.notify.apprise import Apprise
from outrider.notify.catalogue import Surroundings
from outrider.notify.file import parse
from outrider.notify.way import Refused, Unsent
from receiver import Receiver, Reply
from smtp import smtp

EVENT = Event(7, "here", Fact(EventName.AGENT_WAITING, "fix", 5, {"detail": {"question": "Run it?"}}))
NOTICE = Notice("n", "mail", "1", "r", 5, 5, 5, (Item(EVENT),))


def apprise(*urls: str) -> Apprise:
    return Apprise(urls, {"PATH": os.environ["PATH"], "HOME": "/"}, 60)


def mail(port: int) -> str:
    return f"mailto://127.0.0.1:{port}?from=outrider@example.org&to=me@example.org&mode=insecure"


async def test_a_mail_arrives() -> None:
    with smtp() as box:
        await apprise(mail(box.port)).send(NOTICE)
        (sent,) = box.mails
        assert "Subject: fix waits for you" in sent
        assert "me@example.org" in sent
        box.refuses = True
        with pytest.raises(Unsent, match="apprise could not deliver: ") as caught:
            await apprise(mail(box.port)).send(NOTICE)
        assert "mode=insecure" not in str(caught.value)


async def test_each_service_is_told_by_itself_and_only_the_one_that_failed_again(
    tmp_path: Path, receiver: Receiver
) -> None:
    replies = [Reply(500)]
    receiver.answer = lambda request: replies.pop() if request.path == "/two" and replies else Reply()
    urls = [receiver.url.replace("http", "json") + path for path in ("/one", "/two")]
    config = f'[ways.all]\ntype = "apprise"\nurls = {urls}\n[[rules]]\non = ["agent_complete"]\n'.replace("'", '"')
    async with post(tmp_path, config) as here:
        await here.tell(EventName.AGENT_COMPLETE, "fix")
        await here.statuses(NoticeStatus.SENT, NoticeStatus.SENT)
    assert sorted(request.path for request in receiver.requests) == ["/one", "/two", "/two"]
    assert receiver.requests[0].json["title"] == "fix is done"


async def test_what_apprise_does_not_know_is_refused() -> None:
    with pytest.raises(Refused, match=r"apprise knows no service behind the URL number 1 \(pigeon://…\)"):
        await apprise("pigeon://s3cret").send(NOTICE)


async def test_without_apprise_that_is_said() -> None:
    way = apprise("json://127.0.0.1/")
    assert way.why == ""
    way.why = "apprise is not installed"
    with pytest.raises(Refused, match="apprise is not installed"):
        await way.send(replace(NOTICE, target="1"))


def test_what_it_may_say(tmp_path: Path) -> None:
    (tmp_path / "urls").write_text("# mine\nntfy://topic\n\nslack://a/b/c\n")
    around = Surroundings({"HOME": str(tmp_path)}, lambda: 0)
    table = '[ways.all]\ntype = "apprise"\n'
    found = parse(f'{table}urls = ["json://x"]\nurl_file = "urls"', tmp_path / "notify.toml", around)
    assert found.ways["all"].out.targets == ("1", "2", "3")
    assert found.ways["all"].out.about == "json, ntfy, slack"
    assert found.inline
    for bad, says in (("", "url: is needed once"), ('urls = ["x"]', "urls: should be addresses as apprise has them")):
        with pytest.raises(BadSetting, match=says):
            parse(table + bad, tmp_path / "notify.toml", around)
