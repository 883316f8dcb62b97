"""The history over HTTP: series for charts, and what each agent did."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.web.answers import answer, routes
from outrider.web.context import Service, Strict

_LATEST = 2**53


class HistoryJSON(TypedDict):
    """A metric over time. `at` are the moments (Unix ms) at which its steps of `step` seconds begin, `lines` the values by name,
    one a moment, null where nothing was observed. `step` may be longer than was asked for, where no finer history is kept."""

    metric: str
    unit: str
    step: int
    since: int
    until: int
    at: list[int]
    lines: dict[str, list[float | None]]


class ShareJSON(TypedDict):
    """What one agent did: seconds by state, tokens, cost, commands that were sent, errors, seconds that it waited for answers."""

    session: str
    states: dict[str, float]
    tokens: float
    cost_usd: float
    commands: float
    errors: float
    waited_s: float


class ShareList(TypedDict):
    """Agents in order of session name."""

    agents: list[ShareJSON]
    count: int


class StripsJSON(TypedDict):
    """What each agent was mostly doing, by session: one state a step of `step` seconds from `first` (Unix ms) on, null where it was
    not there."""

    step: int
    first: int
    states: dict[str, list[str | None]]


class Span(Strict):
    """From when until when."""

    since: int | None = Field(
        None, ge=0, le=_LATEST, description="From this moment on, Unix ms; an hour before `until`."
    )
    until: int | None = Field(
        None, ge=0, le=_LATEST, description="Until this moment, Unix ms; now where it is left out."
    )


class HistoryQuery(Span):
    """Which metric, of whom, when and how finely."""

    metric: str = Field(
        "agents",
        description="agents, time_in_state, waiting, commands, latency, errors, tokens, cost, or progress.",
        examples=["agents", "latency"],
    )
    session: str | None = Field(None, max_length=200, description="Of this agent; of the whole node without it.")
    step: int | None = Field(
        None, description="Seconds a step: 15, 60, 300, 900, 3600, 21600 or 86400; chosen for the time without it."
    )


router = routes("/api", "history")


@router.get("/history", response_model=HistoryJSON)
async def get_history(engine: Service, query: Annotated[HistoryQuery, Query()]) -> Response:
    """A metric over time, for charts; never more than 3000 moments."""
    found = await engine.history.series(
        query.metric, since_ms=query.since, until_ms=query.until, session=query.session, step_s=query.step
    )
    return answer(
        {
            "metric": found.metric,
            "unit": found.unit,
            "step": found.step_ms // 1000,
            "since": found.since_ms,
            "until": found.until_ms,
            "at": list(found.at_ms),
            "lines": dict(found.lines),
        }
    )


@router.get("/history/states", response_model=StripsJSON)
async def list_strips(engine: Service, query: Annotated[Span, Query()]) -> Response:
    """What each agent was mostly doing, step by step; at most 100 steps."""
    found = await engine.history.strips(since_ms=query.since, until_ms=query.until)
    states = {session: list(strip) for session, strip in found.states.items()}
    return answer({"step": found.step_ms // 1000, "first": found.first_ms, "states": states})


@router.get("/history/agents", response_model=ShareList)
async def list_shares(engine: Service, query: Annotated[Span, Query()]) -> Response:
    """What each agent did in that time, those that are gone by now included."""
    shares = await engine.history.shares(since_ms=query.since, until_ms=query.until)
    told = [
        {
            "session": each.session,
            "states": dict(each.states_s),
            "tokens": each.tokens,
            "cost_usd": each.cost_usd,
            "commands": each.commands,
            "errors": each.errors,
            "waited_s": each.waited_s,
        }
        for each in shares
    ]
    return answer({"agents": told, "count": len(told)})
