"""Notices over HTTP: what people were told, by which ways out, and testing those."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.logic import notice_text
from outrider.logic.notices import is_open
from outrider.model.notice import Notice, NoticeRule, NoticeStatus, WayState
from outrider.web.answers import BODY, CHANGE, THING, answer, documented, routes
from outrider.web.context import Asker, Given, Strict


class TryJSON(TypedDict):
    """One attempt at sending; `error` says why it was none, or why that cannot be told."""

    number: int
    started: int
    ended: int | None
    error: str | None


class NoticeJSON(TypedDict):
    """One message by one way out to one `target` of it. `events` are the numbers of the events that it tells of, `sessions` their
    agents, `due` is when it may be sent, `round` how often the same was told."""

    id: str
    way: str
    target: str
    rule: str
    status: NoticeStatus
    urgency: str
    title: str
    text: str
    events: list[int]
    sessions: list[str]
    round: int
    escalated: bool
    open: bool
    created: int
    changed: int
    due: int
    error: str | None
    tries: list[TryJSON]


class NoticeList(TypedDict):
    """Notices, newest first."""

    notices: list[NoticeJSON]
    count: int


class WayJSON(TypedDict):
    """A way out: where it leads, what is known to be wrong with it now (or null), and how many notices wait for it."""

    name: str
    type: str
    about: str
    why: str | None
    queued: int


class NoticeRuleJSON(TypedDict):
    """A rule: which events of which agents are told, and by which ways."""

    name: str
    on: list[str]
    agents: list[str]
    kinds: list[str]
    ways: list[str]
    urgency: str
    quiet: str
    repeat_minutes: int
    escalate_minutes: int
    escalate_to: list[str]
    digest_s: int


class NotifyJSON(TypedDict):
    """Who is told what: the `file` that says so, what is wrong with it (or null; what it said before then holds), ways and rules."""

    file: str
    problem: str | None
    ways: list[WayJSON]
    rules: list[NoticeRuleJSON]


class NoticeQuery(Strict):
    """Which notices."""

    way: str | None = Field(None, description="Only those by this way.")
    status: NoticeStatus | None = Field(None, description="Only those that stand so.")
    limit: int = Field(50, ge=1, le=500, description="At most so many.")


class TryBody(Strict):
    """Which way to test."""

    way: str | None = Field(None, description="The way's name; all of them where it is left out.")


NoticeId = Annotated[str, Path(description="The notice's id.", max_length=300)]

router = routes("/api", "notices")


@router.get("/notices", response_model=NoticeList)
async def list_notices(context: Given, query: Annotated[NoticeQuery, Query()]) -> Response:
    """What people were told, or are to be told, newest first."""
    found = await context.notices.listed(way=query.way, status=query.status, limit=query.limit)
    return answer(_list([notice_json(each) for each in found]))


@router.get("/notices/{notice_id}", response_model=NoticeJSON, responses=documented(*THING))
async def get_notice(notice_id: NoticeId, context: Given) -> Response:
    """One notice."""
    return answer(notice_json(await context.notices.find(notice_id)))


@router.post("/notices/{notice_id}/retry", response_model=NoticeJSON, responses=documented(*THING, *CHANGE))
async def retry_notice(notice_id: NoticeId, context: Given) -> Response:
    """Has one sent once more that failed, or of which it cannot be told whether it arrived; under the same id."""
    return answer(notice_json(await context.notices.retry(notice_id)))


@router.get("/notify", response_model=NotifyJSON)
async def get_notify(context: Given) -> Response:
    """The ways out and the rules that are in force."""
    told: NotifyJSON = {
        "file": context.notices.path,
        "problem": context.notices.problem or None,
        "ways": [_way(each) for each in context.notices.ways()],
        "rules": [_rule(each) for each in context.notices.rules],
    }
    return answer(told)


@router.post("/notify/test", response_model=NoticeList, responses=documented(*BODY, *THING, *CHANGE))
async def try_ways(context: Given, actor: Asker, body: TryBody | None = None) -> Response:
    """Sends a test, once, and returns with what became of it."""
    found = await context.notices.test(body.way if body is not None else None, actor)
    return answer(_list([notice_json(each) for each in found]))


def _list(notices: list[NoticeJSON]) -> NoticeList:
    return {"notices": notices, "count": len(notices)}


def notice_json(notice: Notice) -> NoticeJSON:
    """The notice for faces."""
    return {
        "id": notice.id,
        "way": notice.way,
        "target": notice.target,
        "rule": notice.rule,
        "status": notice.status,
        "urgency": notice.urgency.value,
        "title": notice_text.title(notice),
        "text": notice_text.body(notice),
        "events": [item.event.seq for item in notice.items],
        "sessions": list(dict.fromkeys(item.event.fact.session for item in notice.items)),
        "round": notice.round,
        "escalated": notice.escalated,
        "open": is_open(notice),
        "created": notice.created_ms,
        "changed": notice.changed_ms,
        "due": notice.due_ms,
        "error": notice.error,
        "tries": [
            {"number": each.number, "started": each.started_ms, "ended": each.ended_ms, "error": each.error}
            for each in notice.tries
        ],
    }


def _way(state: WayState) -> WayJSON:
    return {
        "name": state.name,
        "type": state.type,
        "about": state.about,
        "why": state.why or None,
        "queued": state.queued,
    }


def _rule(rule: NoticeRule) -> NoticeRuleJSON:
    return {
        "name": rule.name,
        "on": sorted(rule.on),
        "agents": list(rule.agents),
        "kinds": sorted(rule.kinds),
        "ways": list(rule.ways),
        "urgency": rule.urgency.value,
        "quiet": rule.quiet,
        "repeat_minutes": rule.repeat_minutes,
        "escalate_minutes": rule.escalate_minutes,
        "escalate_to": list(rule.escalate_to),
        "digest_s": rule.digest_s,
    }
