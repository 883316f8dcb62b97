"""Agents over HTTP: list, look, spawn, and everything that is done to one."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from outrider.errors import InvalidInput
from outrider.model import wire
from outrider.model.agent import Agent, SpawnRequest
from outrider.model.audit import AuditJSON, AuditQuery, audit_json
from outrider.model.fleet import Call
from outrider.model.state import State
from outrider.web.answers import AGENT, BODY, CHANGE, RATE, TMUX, answer, documented, encoded, routes
from outrider.web.context import Asker, Given, Service, Strict, one_of, several
from outrider.web.forwarded import elsewhere

SPAWN_S = 600.0
"""How long another node may take to start an agent: a new worktree may be set up first."""
_STATES = [state.value for state in State]

Session = Annotated[str, Path(description="The agent's tmux session name.", examples=["my-task"])]


class AgentList(TypedDict):
    """Agents in order of session name."""

    agents: list[wire.AgentJSON]
    count: int


class LogJSON(TypedDict):
    """What was done to an agent, newest first."""

    log: list[AuditJSON]
    count: int


class OutputJSON(TypedDict):
    """The last rows of an agent's pane. `lines` is how many there are in `output`, `\\n` between them."""

    session: str
    output: str
    lines: int


class AgentFilter(Strict):
    """Which agents: every filter given must match."""

    state: list[str] = Field([], description="Only these states; repeat it, or put commas between them.")
    node: list[str] = Field([], description="Only agents of these nodes.")
    kind: list[str] = Field([], description="Only these kinds.")
    q: str = Field("", description="Only agents whose session, working directory, model or branch contains this.")


class LogQuery(Strict):
    """How much of the log."""

    limit: int = Field(100, ge=1, le=1000, description="At most so many rows.")


class OutputQuery(Strict):
    """How much of the pane, and in which form."""

    lines: int = Field(100, ge=1, le=10_000, description="At most so many rows, the last ones.")
    ansi: bool = Field(False, description="With the colours and attributes as escape sequences.")


class SpawnBody(Strict):
    """An agent to be started; what is left out takes the kind's or the settings' default."""

    session: str = Field(description="A new tmux session name: letters, digits, `-` and `_`.", examples=["my-task"])
    workdir: str = Field(description="An existing directory, absolute.", examples=["/home/me/project"])
    kind: str = Field("claude", description="What to start; GET /api/kinds lists the kinds.")
    model: str | None = Field(None, description="The model, in the agent's own words.", examples=["claude-opus-4-5"])
    auto: str | None = Field(None, description="A policy preset, or `yolo`: the agent's own skip-everything flag.")
    prompt: str | None = Field(None, description="Delivered as the first command, once it is ready.")
    worktree: str | None = Field(
        None, description="Works in a new git worktree on this branch; empty: one named for it."
    )
    base: str | None = Field(
        None,
        description="The commit, branch or tag that the worktree's new branch begins at; else what is checked out.",
    )
    sandbox: str | None = Field(
        None, description="`network` or `no-network`: runs in a sandbox; `off`; else what the settings say."
    )
    spec: str | None = Field(None, description="The file of task lists that its progress is read from.")
    policy: str | None = Field(
        None, description="The policy that decides for it: a preset's name or the path of a file; implies `auto`."
    )
    stuck: dict[str, float] = Field(
        {}, description="Its own thresholds for being stuck, seconds by reason.", examples=[{"frozen": 900}]
    )
    env: dict[str, str] = Field({}, description="Added to its environment; never shown again.")
    extra: list[str] = Field([], description="Arguments for the agent itself.")
    recording: bool | None = Field(
        None, description="Whether what its pane shows is recorded; else what the settings say."
    )
    node: str | None = Field(
        None,
        description="Another node to start it on, where `workdir` is a directory of that; `any`: one with little to do.",
    )
    labels: list[str] = Field([], description="With `any`: only nodes that have all these labels.", examples=[["gpu"]])
    width: int = Field(120, ge=20, le=1000, description="Columns of its pane.")
    height: int = Field(40, ge=5, le=500, description="Rows of its pane.")


class KeysBody(Strict):
    """Keys to press, in order."""

    keys: list[str] = Field(
        min_length=1, max_length=100, description="Names as tmux has them.", examples=[["Escape"], ["C-u", "Enter"]]
    )


class KillBody(Strict):
    """How to end it."""

    now: bool = Field(False, description="At once, without asking it to leave first.")


class RestartBody(Strict):
    """How to start it again."""

    resume: bool = Field(
        False, description="In the conversation it was in, by the agent's own id of it; 409 where none is known."
    )


class PatchBody(Strict):
    """What can be changed of an agent; what is left out stays."""

    stuck: dict[str, float] | None = Field(
        None,
        description="Its own thresholds for being stuck, in place of those it had: seconds by reason (`looping`: times).",
        examples=[{"frozen": 900, "unanswered": 60}],
    )
    recording: bool | None = Field(None, description="Whether what its pane shows is recorded from now on.")


class KeepBody(Strict):
    """Whether to hold it back."""

    keep: bool = Field(True, description="Held back from cleanup; false for no longer.")


class AdoptBody(Strict):
    """How to take in a session that somebody else started."""

    kind: str | None = Field(None, description="Which kind it is; recognised by itself where it is left out.")
    server: str | None = Field(None, description="The tmux socket it lives on (`tmux -L NAME`, or its path).")


router = routes("/api/agents", "agents")


@router.get("", response_model=AgentList)
async def list_agents(context: Given, wanted: Annotated[AgentFilter, Query()]) -> Response:
    """All agents known here, dead ones that were not forgotten included; behind them those of other nodes, as `node/session`."""
    everyone = context.engine.agents()
    context.encoded.keep({agent.id for agent in everyone})
    states = one_of(wanted.state, _STATES, "state")
    nodes, kinds, text = several(wanted.node), several(wanted.kind), wanted.q.casefold()
    chosen = [
        agent
        for agent in everyone
        if (not states or agent.verdict.state in states)
        and (not nodes or agent.node in nodes)
        and (not kinds or agent.kind in kinds)
        and (not text or text in _searched(agent))
    ]
    texts = context.encoded.of(chosen)
    texts += [
        each.text
        for each in context.fleet.agents()
        if (not states or each.agent["state"] in states)
        and (not nodes or each.agent["node"] in nodes)
        and (not kinds or each.agent["kind"] in kinds)
        and (not text or text in _searched_elsewhere(each.agent))
    ]
    return encoded(f'{{"agents":{wire.array(texts)},"count":{len(texts)}}}')


@router.post("", status_code=201, response_model=wire.AgentJSON, responses=documented(*BODY, *CHANGE))
async def spawn_agent(body: SpawnBody, context: Given, actor: Asker) -> Response:
    """Starts an agent in a new tmux session; its prompt goes in once it is ready."""
    request = SpawnRequest(**{**body.model_dump(exclude={"node", "labels"}), "extra": tuple(body.extra)})
    node = context.fleet.choose(body.labels) if body.node == "any" else body.node
    if node is not None and node != context.fleet.node:
        asked = body.model_dump_json(exclude={"node", "labels"}, exclude_none=True)
        return elsewhere(await context.fleet.call(node, Call("POST", "/api/agents", "", asked, actor), SPAWN_S), node)
    context.fleet.admit()
    agent = await context.engine.spawn(request, actor)
    return answer(wire.agent_full_json(agent, context.clock()), 201, {"location": f"/api/agents/{agent.session}"})


@router.get("/{session}", response_model=wire.AgentJSON, responses=documented(*AGENT))
async def get_agent(session: Session, context: Given) -> Response:
    """One agent, with the evidence for its state."""
    return answer(wire.agent_full_json(context.engine.agent(session), context.clock()))


@router.patch("/{session}", response_model=wire.AgentJSON, responses=documented(*AGENT, *BODY, *CHANGE))
async def patch_agent(session: Session, body: PatchBody, context: Given, actor: Asker) -> Response:
    """Changes how patient one is with it, and whether it is recorded."""
    if body.stuck is None and body.recording is None:
        raise InvalidInput("Say what to change: stuck, recording.", detail={"known": sorted(PatchBody.model_fields)})
    agent = context.engine.agent(session)
    if body.stuck is not None:
        agent = await context.engine.steward.patience(session, actor, body.stuck)
    if body.recording is not None:
        agent = await context.recordings.switch(session, actor, on=body.recording)
    return answer(wire.agent_json(agent))


@router.get("/{session}/why", response_model=wire.WhyJSON, responses=documented(*AGENT))
async def explain_agent(session: Session, context: Given) -> Response:
    """What says that the agent does what it is said to do, and what said otherwise and was not believed."""
    return answer(wire.why_json(session, context.engine.agent(session).verdict, context.clock()))


@router.get("/{session}/log", response_model=LogJSON, responses=documented(*AGENT))
async def get_log(session: Session, engine: Service, query: Annotated[LogQuery, Query()]) -> Response:
    """Who had what done to the agent, newest first."""
    entries, _ = await engine.audit(AuditQuery(engine.agent(session).session, limit=query.limit))
    rows = [audit_json(entry) for entry in entries]
    return answer({"log": rows, "count": len(rows)})


@router.get("/{session}/output", response_model=OutputJSON, responses=documented(*AGENT, *TMUX))
async def get_output(session: Session, engine: Service, query: Annotated[OutputQuery, Query()]) -> Response:
    """The last rows of its pane, history included, trailing blank rows cut."""
    output = await engine.output(session, lines=query.lines, ansi=query.ansi)
    return answer({"session": session, "output": output, "lines": len(output.split("\n")) if output else 0})


@router.post("/{session}/interrupt", response_model=wire.AgentJSON, responses=documented(*AGENT, *CHANGE))
async def interrupt_agent(session: Session, context: Given, actor: Asker) -> Response:
    """Stops what it does now, with the keys of its kind; it stays and takes the next prompt."""
    return answer(wire.agent_json(await context.engine.interrupt(session, actor)))


@router.post("/{session}/keys", response_model=wire.AgentJSON, responses=documented(*AGENT, *BODY, *CHANGE, *RATE))
async def press_keys(session: Session, body: KeysBody, engine: Service, actor: Asker) -> Response:
    """Presses keys as they are, whatever the screen shows: for a person who is looking at it."""
    return answer(wire.agent_json(await engine.keys(session, body.keys, actor)))


@router.post("/{session}/kill", response_model=wire.AgentJSON, responses=documented(*AGENT, *BODY, *CHANGE))
async def kill_agent(session: Session, engine: Service, actor: Asker, body: KillBody | None = None) -> Response:
    """Ends it and every process it started; what it had done stays to be read until it is forgotten.

    It is first asked to leave by the keys of its kind, where its composer is on the screen.
    """
    return answer(wire.agent_json(await engine.kill(session, actor, now=body is not None and body.now)))


@router.post("/{session}/restart", response_model=wire.AgentJSON, responses=documented(*AGENT, *BODY, *CHANGE))
async def restart_agent(session: Session, engine: Service, actor: Asker, body: RestartBody | None = None) -> Response:
    """Ends it and starts it again in the same session, with the same arguments; with `resume`, in its own conversation."""
    resume = body is not None and body.resume
    return answer(wire.agent_json(await engine.restart(session, actor, resume=resume)))


@router.post("/{session}/adopt", response_model=wire.AgentJSON, responses=documented(*AGENT, *BODY, *CHANGE))
async def adopt_agent(session: Session, engine: Service, actor: Asker, body: AdoptBody | None = None) -> Response:
    """Takes in an agent that somebody else started in tmux."""
    wanted = body or AdoptBody()  # type: ignore[call-arg]  # every field has a default
    return answer(wire.agent_json(await engine.adopt(session, actor, kind=wanted.kind, server=wanted.server)))


@router.post("/{session}/keep", response_model=wire.AgentJSON, responses=documented(*AGENT, *BODY, *CHANGE))
async def keep_agent(session: Session, engine: Service, actor: Asker, body: KeepBody | None = None) -> Response:
    """Holds it back from cleanup; what was announced for it is withdrawn."""
    return answer(wire.agent_json(await engine.steward.keep(session, actor, keep=body is None or body.keep)))


@router.post("/{session}/forget", response_model=wire.AgentJSON, responses=documented(*AGENT, *CHANGE))
async def forget_agent(session: Session, engine: Service, actor: Asker) -> Response:
    """Takes it off the list; a spawned one that still lives has to be killed first."""
    return answer(wire.agent_json(await engine.forget(session, actor)))


def _searched_elsewhere(agent: wire.AgentJSON) -> str:
    return "\n".join([agent["session"], agent["workdir"], agent["model"] or "", agent["branch"] or ""]).casefold()


def _searched(agent: Agent) -> str:
    return "\n".join([agent.session, agent.workdir, agent.model or "", agent.branch or ""]).casefold()
