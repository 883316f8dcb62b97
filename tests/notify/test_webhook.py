"""Webhooks against a server on loopback: what arrives, how it is signed, and what each answer means."""

import base64
import hashlib
import hmac
import socket
import threading
from pathlib import Path

import pytest

from outrider.model.event import Event, EventName, Fact
from outrider.model.notice import Item, Notice
from outrider.notify.catalogue import Surroundings
from outrider.notify.file import parse
from outrider.notify.way import Refused, Unclear, Unsent, WayOut
from receiver import Receiver, Reply

EVENT = Event(7, "here", Fact(EventName.AGENT_WAITING, "fix", 5, {"detail": {"question": "Run it? ✓"}}))
ENCODED = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOTICE = Notice("db.7.hook.0", "hook", "", "r", 5, 5, 5, (Item(EVENT),))


def way(url: str, more: str = "") -> WayOut:
    text = f'[ways.hook]\ntype = "webhook"\nurl = "{url}"\ntimeout_s = 1\n{more}'
    return parse(text, Path("notify.toml"), Surroundings({}, lambda: 1_700_000_000)).ways["hook"].out


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        (f"whsec_{ENCODED}", base64.b64decode(ENCODED)),
        ("wörd", "wörd".encode()),
    ],
)
async def test_it_is_signed_so_that_whoever_has_the_secret_can_tell(
    receiver: Receiver, secret: str, key: bytes
) -> None:
    assert await way(f"{receiver.url}/in?x=1", f'secret = "{secret}"').send(NOTICE) is None
    (request,) = receiver.requests
    assert request.path == "/in?x=1"
    assert request.headers["webhook-id"] == "db.7.hook.0"
    assert request.headers["webhook-timestamp"] == "1700000000"
    signed = b"db.7.hook.0.1700000000." + request.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.json["title"] == "fix waits for you"
    assert request.json["id"] == "db.7.hook.0"


async def test_without_a_secret_it_is_not_signed(receiver: Receiver) -> None:
    await way(receiver.url).send(NOTICE)
    assert "webhook-signature" not in receiver.requests[0].headers


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (Reply(404, b"no such hook"), Refused, "The webhook answered 404 (no such hook)."),
        (Reply(401), Refused, "answered 401"),
        (Reply(302, b"", {"location": "http://example.org/"}), Refused, "asked elsewhere, which is not followed"),
        (Reply(500), Unsent, "answered 500"),
        (Reply(429, b"", {"retry-after": "30"}), Unsent, "answered 429"),
        (Reply(cut=True), Unclear, "it may have arrived"),
        (Reply(101, b"", {"upgrade": "x", "connection": "upgrade"}), Unclear, "does not speak HTTP"),
    ],
)
async def test_what_an_answer_means(receiver: Receiver, reply: Reply, error: type[Exception], says: str) -> None:
    receiver.answer = lambda _request: reply
    with pytest.raises(error, match=says.replace("(", r"\(").replace(")", r"\)")) as caught:
        await way(receiver.url).send(NOTICE)
    if reply.status == 429:
        assert getattr(caught.value, "after_s", None) == 30
    assert len(receiver.requests) == 1


async def test_one_that_hangs_is_given_up(receiver: Receiver) -> None:
    hold = threading.Event()
    receiver.answer = lambda _request: Reply(hold=hold)
    try:
        with pytest.raises(Unclear, match="no answer came within 1 s; it may have arrived"):
            await way(receiver.url).send(NOTICE)
    finally:
        hold.set()


async def test_one_that_is_not_there(receiver: Receiver) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/s3cret"
        with pytest.raises(Unsent, match="no connection could be made") as caught:
            await way(url).send(NOTICE)
        assert "s3cret" not in str(caught.value)
    with pytest.raises(Unsent, match="no connection could be made"):
        await way(f"http://{'x' * 70}.example/").send(NOTICE)
    with pytest.raises(Unsent, match="no connection could be made"):
        await way(receiver.url.replace("http:", "https:")).send(NOTICE)
