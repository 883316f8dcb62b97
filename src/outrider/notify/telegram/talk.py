"""Talking: what is done for a message or a press, and what is said to it. Who may is decided before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from outrider.errors import InvalidInput, OutriderError
from outrider.logic.notice_text import cut
from outrider.logic.secrets import redacted
from outrider.model import wire
from outrider.model.actor import Actor, Scope
from outrider.model.agent import Agent
from outrider.model.approval import Approval, ApprovalStatus
from outrider.model.command import Command, CommandRequest
from outrider.model.notice import Notice
from outrider.model.state import State
from outrider.notify.telegram.incoming import Message, Press
from outrider.notify.telegram.message import ANSWER, SHOW, pre

HELP = """\
/agents – what they do
/why SESSION – how that is known
/output SESSION – the end of its terminal
/send SESSION TEXT – has it typed, once
Or reply to a message of mine: your text goes to the agent that it is about."""
MENU = (
    ("agents", "What the agents do"),
    ("why", "How that is known: /why SESSION"),
    ("output", "The end of its terminal: /output SESSION"),
    ("send", "Have a text typed: /send SESSION TEXT"),
    ("help", "What I understand"),
)
LINES, LONGEST = 30, 3500


class Dialogs(Protocol):
    """Where dialogs are answered."""

    async def answer(self, approval_id: str, answer: str, reason: str | None, actor: Actor) -> Approval: ...


class Fleet(Protocol):
    """What can be asked of the agents here; the same service that the API has, with the same checks."""

    @property
    def dialogs(self) -> Dialogs: ...

    def agents(self) -> Sequence[Agent]: ...

    def agent(self, session: str) -> Agent: ...

    async def output(self, session: str, *, lines: int, ansi: bool) -> str: ...

    async def command(self, session: str, request: CommandRequest, actor: Actor) -> Command: ...


@dataclass(frozen=True, slots=True)
class Said:
    """What is said to it, as HTML; `loud` where somebody who pressed a button has to see it."""

    text: str
    loud: bool = False


class Talk:
    """Does what is asked, as `telegram:USER`. `clock` gives Unix ms."""

    def __init__(self, fleet: Fleet, clock: Callable[[], int]) -> None:
        self._fleet = fleet
        self._clock = clock

    async def press(self, press: Press) -> tuple[Said, str | None]:
        """What is said to the press, and a message beside it, where there is one."""
        what, _, rest = press.data.partition(":")
        try:
            if what == SHOW:
                return Said(""), await self._output(rest)
            if what == ANSWER:
                approval_id, _, answer = rest.rpartition(":")
                done = await self._fleet.dialogs.answer(approval_id, answer, None, actor(press.sender.user))
                return Said(_answered(done)), None
        except OutriderError as error:
            return Said(error.message, loud=True), None
        return Said("I do not know this button any more.", loud=True), None

    async def message(self, message: Message, about: Notice | None, key: str) -> str | None:
        """The answer to a message; None where it is not meant for us. `about` is the notice that it answers, `key` is its own: what is
        asked twice under it is typed once."""
        word, _, rest = message.text.strip().partition(" ")
        try:
            if word.startswith("/"):
                return await self._command(word[1:].partition("@")[0], rest.strip(), message, about, key)
            if message.reply_to is None:
                return f"Reply to a message about an agent, or say which.\n{escape(HELP)}"
            if about is None:
                return "I do not know which agent that message is about. Say: /send SESSION TEXT"
            return await self._send(_only(about), message.text, message.sender.user, key)
        except OutriderError as error:
            return escape(cut(error.message, LONGEST // 4))

    async def _command(self, word: str, rest: str, message: Message, about: Notice | None, key: str) -> str | None:
        match word:
            case "agents":
                return self._agents()
            case "why":
                return self._why(self._session(rest, about))
            case "output":
                return await self._output(self._session(rest, about))
            case "send":
                session, _, text = rest.partition(" ")
                if not text.strip():
                    raise InvalidInput("Say which agent and what: /send SESSION TEXT")
                return await self._send(session, text.strip(), message.sender.user, key)
            case _:
                return escape(HELP)

    def _session(self, rest: str, about: Notice | None) -> str:
        """The agent that is named, or that the message is about, or the only one."""
        if rest:
            return rest
        if about is not None:
            return _only(about)
        alive = [agent.session for agent in self._fleet.agents() if agent.verdict.alive]
        if len(alive) == 1:
            return alive[0]
        raise InvalidInput(f"Say which agent: {', '.join(alive[:20]) or 'there is none'}.")

    def _agents(self) -> str:
        agents = [agent for agent in self._fleet.agents() if agent.verdict.alive]
        if not agents:
            return "No agents are alive."
        lines = [self._line(agent) for agent in agents]
        fit = len(lines)
        while fit and len("\n".join(lines[:fit])) > LONGEST:
            fit -= 1
        return "\n".join([*lines[:fit], *([f"… and {len(lines) - fit} more"] if fit < len(lines) else [])])

    def _line(self, agent: Agent) -> str:
        verdict = agent.verdict
        said = redacted(verdict.detail.question or verdict.detail.command or verdict.detail.file or "")
        since = max(0, (self._clock() - verdict.since_ms) // 60_000)
        mark = "▲ " if verdict.state is State.WAITING else ""
        return f"{mark}<b>{escape(agent.session)}</b> {verdict.state.value}, {since} min {escape(said[:80])}".rstrip()

    def _why(self, session: str) -> str:
        agent = self._fleet.agent(session)
        shown = wire.why_json(session, agent.verdict, self._clock())
        lines = [f"{shown['state']}, confidence {shown['confidence']}"]
        lines += [f"{each['source']} says {each['state']} ({each['rule']})" for each in shown["evidence"]]
        lines += [f"not {each['source']}: {each['why']}" for each in shown["rejected"]]
        return pre(session, [redacted(line) for line in lines])

    async def _output(self, session: str) -> str:
        return pre(session, redacted(await self._fleet.output(session, lines=LINES, ansi=False)).split("\n"))

    async def _send(self, session: str, text: str, user: int, key: str) -> str:
        command = await self._fleet.command(session, CommandRequest(text, key=key), actor(user))
        verdict = self._fleet.agent(session).verdict
        waits = " It stands at a dialog: that has to be answered first." if verdict.state is State.WAITING else ""
        return f"{escape(command.status.value)} for <b>{escape(session)}</b>.{waits}"


def actor(user: int) -> Actor:
    """Who somebody on Telegram is, for the audit and for what they may."""
    return Actor(f"telegram:{user}", Scope.WRITE)


def _only(about: Notice) -> str:
    sessions = list(dict.fromkeys(item.event.fact.session for item in about.items if item.event.fact.session))
    if len(sessions) == 1:
        return sessions[0]
    raise InvalidInput(
        f"That message is about several agents: {', '.join(sessions[:10])}. Say: /send SESSION TEXT"
        if sessions
        else "That message is about no agent. Say: /send SESSION TEXT"
    )


def _answered(done: Approval) -> str:
    if done.status is ApprovalStatus.ANSWERED:
        return f"{done.session}: answered {done.answer!r}."
    return f"{done.session}: the dialog is {done.status.value}."
