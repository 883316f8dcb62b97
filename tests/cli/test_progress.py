"""The verbs progress and progress tick, against a daemon that answers from a table."""

from collections.abc import Iterator

import pytest

from fake_daemon import FakeDaemon
from fake_daemon import daemon as serving
from outrider.cli.app import run

FOUND = {
    "session": "my-task",
    "progress": 50.0,
    "source": "spec:TASKS.md",
    "done": 1,
    "total": 2,
    "items": [
        {
            "number": 1,
            "text": "Write \x1b[31mit",
            "done": True,
            "line": 3,
            "weight": 1.0,
            "phase": "Parser",
            "depth": 0,
        },
        {"number": 2, "text": "Test it", "done": False, "line": 4, "weight": 1.0, "phase": "Parser", "depth": 1},
    ],
    "history": [],
    "eta_ms": None,
    "problem": None,
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeDaemon]:
    with serving() as one:
        yield one


def test_progress_is_listed_with_numbers(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    fake.fresh().answers["GET /api/agents/my-task/progress"] = (200, FOUND)
    assert run(["progress", "my-task"], {"OUTRIDER_URL": fake.url}) == 0
    assert capsys.readouterr().out.splitlines() == [
        "50% (from spec:TASKS.md, 1 of 2)",
        "",
        "Parser",
        "1 [x] Write  [31mit",
        "2   [ ] Test it",
    ]


def test_nothing_known_is_said(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    none = {**FOUND, "progress": None, "source": "none", "items": [], "problem": "TASKS.md is binary."}
    fake.fresh().answers["GET /api/agents/my-task/progress"] = (200, none)
    assert run(["progress", "my-task"], {"OUTRIDER_URL": fake.url}) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["TASKS.md is binary."]


def test_an_item_is_ticked_by_words_that_need_no_quotes(fake: FakeDaemon) -> None:
    fake.fresh().answers["POST /api/agents/my-task/progress/tick"] = (200, FOUND)
    assert run(["progress", "tick", "my-task", "Test", "it"], {"OUTRIDER_URL": fake.url}) == 0
    assert fake.asked[-1].body == {"item": "Test it"}
