"""The verb `notify` from outside."""

import json
from collections.abc import Iterator

import pytest

from fake_daemon import NOW, FakeDaemon, daemon
from outrider.cli import app

NOTICE = {
    "id": "db.7.phone.42",
    "way": "phone",
    "target": "42",
    "status": "failed",
    "title": "fix waits for you",
    "error": "The bot's token is refused.",
    "created": NOW,
    "tries": [{"number": 1}],
}


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeDaemon]:
    with daemon() as one:
        yield one


@pytest.fixture
def fake(serving: FakeDaemon) -> FakeDaemon:
    return serving.fresh()


def run(fake: FakeDaemon, *argv: str) -> int:
    return app.run(["notify", *argv], {"OUTRIDER_URL": fake.url})


def test_list(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answers["GET /api/notices"] = (200, {"notices": [NOTICE], "count": 1})
    assert run(fake) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("phone/42", "failed", "fix waits for you: The bot's token is refused."))
    assert run(fake, "list", "--status", "failed", "--way", "phone", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [NOTICE]
    assert fake.asked[-1].query == "way=phone&status=failed&limit=20"
    fake.answers["GET /api/notices"] = (200, {"notices": [], "count": 0})
    assert run(fake, "list") == 0
    assert capsys.readouterr().out == "Nobody was told anything.\n"


def test_ways(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    told = {
        "file": "/etc/notify.toml",
        "problem": "/etc/notify.toml:3: more: there is no such key here.",
        "ways": [{"name": "phone", "type": "telegram", "about": "42", "why": "Its token is refused.", "queued": 2}],
        "rules": [{"name": "rule 1", "on": ["agent_waiting"], "ways": ["phone"]}],
    }
    fake.answers["GET /api/notify"] = (200, told)
    assert run(fake, "ways") == 0
    out = capsys.readouterr().out
    for word in ("/etc/notify.toml:3", "telegram", "Its token is refused.", "rule 1", "agent_waiting"):
        assert word in out
    fake.answers["GET /api/notify"] = (200, {"file": "x", "problem": None, "ways": [], "rules": []})
    assert run(fake, "ways") == 0
    assert "nobody is told anything" in capsys.readouterr().out


def test_retry(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answers["POST /api/notices/db.7.phone.42/retry"] = (200, {**NOTICE, "status": "queued"})
    assert run(fake, "retry", "db.7.phone.42") == 0
    assert capsys.readouterr().out == "db.7.phone.42 is queued.\n"


@pytest.mark.parametrize(("status", "code"), [("sent", 0), ("failed", 1), ("uncertain", 1)])
def test_test(fake: FakeDaemon, capsys: pytest.CaptureFixture[str], status: str, code: int) -> None:
    fake.answers["POST /api/notify/test"] = (200, {"notices": [{**NOTICE, "status": status}], "count": 1})
    assert run(fake, "test", "phone") == code
    assert fake.asked[-1].body == {"way": "phone"}
    assert status in capsys.readouterr().out
    assert run(fake, "test") == code
    assert fake.asked[-1].body == {}
