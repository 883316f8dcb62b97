"""The verb approvals: what waits for an answer, with what it takes to answer it."""

from collections.abc import Iterator

import pytest

from fake_daemon import FakeDaemon, agent
from fake_daemon import daemon as serving
from outrider.cli.app import run


def option(number: int, label: str) -> dict[str, object]:
    return {"number": number, "label": label, "key": str(number), "text": False, "checked": None}


ASKED = {
    "id": "1f00-ab",
    "session": "fix",
    "status": "open",
    "kind": "permission",
    "question": "Do you want to proceed?",
    "tool": "Bash",
    "command": "rm -rf \x1b[31mbuild",
    "file": None,
    "options": [option(1, "Yes"), option(2, "No")],
    "asked": 0,
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeDaemon]:
    with serving() as one:
        yield one


def test_what_waits_is_listed_with_id_and_options(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.fresh().answers["GET /api/approvals"] = (200, {"approvals": [ASKED], "count": 1})
    assert run(["approvals"], {"OUTRIDER_URL": fake.url}) == 0
    heads, row = capsys.readouterr().out.splitlines()
    assert heads.split() == ["SESSION", "WAITS", "ID", "OPTIONS", "QUESTION"]
    assert row.startswith("fix ")
    assert row.endswith("1f00-ab  1:Yes 2:No  Do you want to proceed? Bash rm -rf  [31mbuild")


def test_where_nothing_waits_that_is_said(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.fresh().answers["GET /api/approvals"] = (200, {"approvals": [], "count": 0})
    assert run(["approvals", "fix"], {"OUTRIDER_URL": fake.url}) == 0
    assert capsys.readouterr().out == "Nobody needs you.\n"


@pytest.mark.parametrize(
    "words", [("approve", "fix", "--option", ""), ("approve", "fix", "--option", " "), ("deny", "fix", "--id", "")]
)
def test_a_flag_that_was_given_nothing_answers_nothing(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    fake.fresh().answers["GET /api/agents/fix"] = (200, agent("fix"))
    fake.answers["GET /api/approvals"] = (200, {"approvals": [ASKED], "count": 1})
    fake.answers["POST /api/approvals/1f00-ab"] = (200, {**ASKED, "status": "answered", "answer": "Yes"})
    assert run(words, {"OUTRIDER_URL": fake.url}) == 2
    assert f"{words[2]} is empty: nothing was answered" in capsys.readouterr().err
    assert fake.asked == []


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_the_dialog_of_another_agent_is_not_answered_by_its_id(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    fake.fresh().answers["GET /api/approvals/1f00-ab"] = (200, ASKED)
    fake.answers |= {f"GET /api/agents/{name}": (200, agent(name)) for name in ("fix", "other")}
    fake.answers["POST /api/approvals/1f00-ab"] = (200, {**ASKED, "status": "answered", "answer": "Yes"})
    assert run([verb, "other", "--id", "1f00-ab"], {"OUTRIDER_URL": fake.url}) == 1
    assert "1f00-ab is a dialog of fix, not of other: nothing was answered" in capsys.readouterr().err
    assert [asked.method for asked in fake.asked] == ["GET", "GET"]
    assert run([verb, "fix", "--id", "1f00-ab"], {"OUTRIDER_URL": fake.url}) == 0
    assert fake.asked[-1].method == "POST"
