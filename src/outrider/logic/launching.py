"""What a spawn request becomes: the argument list and the environment of a new agent."""

import re
from collections.abc import Iterable, Mapping

from outrider.errors import Conflict, InvalidInput
from outrider.logic.sandbox import OFF
from outrider.model.agent import Agent, SpawnRequest
from outrider.model.kind import Kind

NAMED = re.compile(r"\w[\w.:-]{0,127}")
STANDARD, YOLO = "standard", "yolo"
CONVERSATION = "{conversation}"
"""In a kind's words for resuming: the id of the agent's own conversation."""
UNRESUMED = "Agents of kind {} cannot take a conversation up again by its id; restart without resuming."
GENERATION = "OUTRIDER_GENERATION"
# Set by tmux itself in every pane, or about the terminal that the daemon happens to run in.
OF_THE_TERMINAL = ("TMUX", "TMUX_PANE", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLUMNS", "LINES", "WINDOWID")
# The daemon's own: settings, and what the service manager told it.
OF_THE_DAEMON = (
    "OUTRIDER_*",
    "NOTIFY_SOCKET",
    "LISTEN_FDS",
    "LISTEN_PID",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "INVOCATION_ID",
)


def argv(kind: Kind, request: SpawnRequest, *, channel: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The agent's argument list; `channel` are the arguments that make it report to us."""
    launch = kind.launch
    words = [*launch.argv, *resumption(kind, request.conversation)]
    if request.model is not None:
        if not launch.model_flag:
            raise InvalidInput(f"Agents of kind {kind.name} take no model on their command line; leave --model out.")
        words += [*launch.model_flag, request.model]
    if request.auto is not None:
        words += autonomy(kind, request.auto)
    return (*words, *channel, *request.extra)


def resumption(kind: Kind, conversation: str | None) -> tuple[str, ...]:
    """The agent's own arguments for going on with a conversation; InvalidInput where it cannot."""
    if conversation is None:
        return ()
    if not kind.launch.resume:
        raise InvalidInput(UNRESUMED.format(kind.name))
    if not NAMED.fullmatch(conversation):
        raise InvalidInput(f"{conversation[:100]!r} is no id of a conversation that can be put on a command line.")
    return tuple(word.replace(CONVERSATION, conversation) for word in kind.launch.resume)


def autonomy(kind: Kind, preset: str) -> tuple[str, ...]:
    """The agent's own arguments for a preset of autonomy; under any policy it asks, and the policy answers."""
    known = kind.launch.auto
    if preset != YOLO and STANDARD in known:
        preset = STANDARD
    if preset not in known:
        have = ", ".join(sorted(known)) or "none"
        raise InvalidInput(
            f"Agents of kind {kind.name} have no autonomy preset {preset!r}; known: {have}.",
            detail={"field": "auto", "known": sorted(known)},
        )
    return known[preset]


def environment(
    inherited: Mapping[str, str], kind: Kind, all_kinds: Iterable[Kind], request: SpawnRequest, generation: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What to set and what to unset for a new agent.

    It inherits the daemon's environment without the marks that a running agent leaves to its children: an agent that
    finds them takes itself for a sub-agent, or reports as its parent.
    """
    marks = (*OF_THE_TERMINAL, *OF_THE_DAEMON, *(mark for each in all_kinds for mark in each.launch.unset))
    kept = {name: value for name, value in inherited.items() if not matches(name, marks)}
    kept |= kind.launch.env
    kept |= request.env
    kept[GENERATION] = generation
    unset = tuple(sorted({mark for mark in marks if not mark.endswith("*")} - kept.keys() - set(OF_THE_TERMINAL)))
    return kept, unset


def matches(name: str, marks: Iterable[str]) -> bool:
    """Whether a variable is named by one of the marks: exactly, or by its beginning where the mark ends in `*`."""
    return any(name.startswith(mark[:-1]) if mark.endswith("*") else name == mark for mark in marks)


def renewed(agent: Agent, kind: Kind, *, resume: bool) -> SpawnRequest:
    """What has it started again as it was; with `resume`, in the conversation that it was in, where its kind can."""
    return SpawnRequest(
        agent.session,
        agent.workdir,
        kind=agent.kind,
        model=agent.model,
        auto=agent.auto,
        policy=agent.policy,
        sandbox=agent.sandbox or OFF,
        conversation=_conversation(agent, kind) if resume else None,
        spec=agent.spec,
        stuck=agent.stuck,
        env=agent.env,
        extra=agent.extra,
        recording=agent.recording,
    )


def _conversation(agent: Agent, kind: Kind) -> str:
    """The id of the conversation that it was in last; Conflict where it never told one, InvalidInput where none can be taken up."""
    if not kind.launch.resume:
        raise InvalidInput(UNRESUMED.format(kind.name))
    if agent.agent_session is None:
        raise Conflict(
            f"{agent.session} has not told which conversation it is in, and another one must not go on in its place. "
            "Restart it without resuming."
        )
    return agent.agent_session
