"""What a notice says."""

import json

import pytest

from outrider.logic import notice_text
from outrider.model.event import Event, EventName, Fact
from outrider.model.notice import Item, Notice


def notice(*items: Item, **changes: object) -> Notice:
    return Notice("n", "phone", "", "r", 1, 1, 1, items, **changes)  # type: ignore[arg-type]


def event(name: EventName, session: str = "fix", **data: object) -> Event:
    return Event(7, "here", Fact(name, session, 5, data))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        (EventName.AGENT_STUCK, {"reason": "frozen", "idleTime": 5}, "fix is stuck (frozen)"),
        (EventName.AGENT_ERROR, {"detail": {"error": "rate_limit"}}, "fix met an error (rate_limit)"),
        (EventName.AGENT_COMPLETE, {"detail": {}}, "fix is done"),
        (EventName.AGENT_EXITED, {"exitStatus": 3}, "fix ended with 3"),
        (EventName.STATE_CHANGE, {"state": "idle"}, "fix is idle"),
        (EventName.PROGRESS, {"progress": 40}, "fix is at 40 %"),
        (EventName.COMMAND_FAILED, {"command": "x"}, "fix: command failed"),
    ],
)
def test_headlines(name: EventName, data: dict[str, object], says: str) -> None:
    assert notice_text.title(notice(Item(Event(7, "here", Fact(name, "fix", 5, data))))) == says


@pytest.mark.parametrize("name", EventName)
def test_every_event_has_words(name: EventName) -> None:
    assert notice_text.title(notice(Item(event(name))))
    assert "None" not in notice_text.body(notice(Item(event(name))))


def test_a_question_says_what_is_asked() -> None:
    detail = {"question": "Run this?", "command": "rm -r build", "options": ["Yes", "No"]}
    asked = notice(Item(event(EventName.AGENT_WAITING, detail=detail)))
    assert notice_text.title(asked) == "fix waits for you"
    assert notice_text.body(asked) == "Run this?\nrm -r build\n1. Yes\n2. No"


def test_several_are_a_line_each_and_what_became_of_them() -> None:
    detail = {"question": "Run this?", "command": "rm -r build"}
    asked = Item(event(EventName.AGENT_WAITING, "a", detail=detail), None, 9, "answered 'yes' by uid:1")
    told = notice(asked, Item(event(EventName.AGENT_WAITING, "b")), Item(event(EventName.AGENT_COMPLETE, "c")))
    assert notice_text.title(told) == "2 wait for you, 1 is done"
    assert notice_text.body(told).splitlines() == [
        "a waits for you",
        "Run this? · rm -r build",
        "→ answered 'yes' by uid:1",
        "b waits for you",
        "c is done",
    ]


def test_nothing_is_endless() -> None:
    endless = notice(
        Item(event(EventName.AGENT_WAITING, detail={"question": "x" * 10**6, "options": ["y" * 999] * 999}))
    )
    assert len(notice_text.body(endless)) <= notice_text.LONGEST_TEXT


def test_programs_get_the_events_as_everybody_does() -> None:
    shown = notice_text.as_json(notice(Item(event(EventName.AGENT_COMPLETE, detail={"message": "\ud800"}))))
    assert json.loads(json.dumps(shown))["events"] == [
        {
            "seq": 7,
            "event": "agent_complete",
            "type": "agent_complete",
            "timestamp": 5,
            "node": "here",
            "session": "fix",
            "detail": {"message": "\ud800"},
        }
    ]


def test_secrets_do_not_go_out() -> None:
    detail = {"question": "Run?", "command": "curl -H 'Authorization: Bearer abcdef0123456789' https://u:pw@x.org"}
    asked = notice(Item(event(EventName.AGENT_WAITING, detail=detail)))
    for text in (notice_text.body(asked), json.dumps(notice_text.as_json(asked))):
        assert "abcdef0123456789" not in text
        assert ":pw@" not in text
        assert "x.org" in text
