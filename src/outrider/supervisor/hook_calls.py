"""Hook calls that ask for permission and wait: each can be given one answer, for a while, without a key."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from outrider.kinds.channels.answer_line import CHANNELS, Answers, decision
from outrider.logic.answering import CHOICES
from outrider.model.approval import Approval, Behavior
from outrider.model.hook import HookEvent
from outrider.supervisor.crew import Member

ASKS = "PermissionRequest"
TAKEN_S = 5.0
"""How long a hook, which looks ten times a second, may take to take its answer: on a machine that is busy beyond measure, seconds."""
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Call:
    """A hook call that waits until `until_ms`; `name` is that of its answer's file. What it tells is whole."""

    name: str
    tool: str
    command: str | None
    file: str | None
    url: str | None
    at_ms: int
    until_ms: int


class HookCalls:
    """The calls of every agent. `wait_s` is how long its hooks wait, as they were told at the spawn."""

    def __init__(self, answers: Answers, clock: Callable[[], int], wait_s: float) -> None:
        self._answers = answers
        self._clock = clock
        self._wait_ms = round(wait_s * 1000)
        self._calls: dict[str, list[Call]] = {}

    def hear(self, member: Member, event: HookEvent) -> Call | None:
        """The call that this event is, if it is one that can be answered now."""
        tool, given = event.payload.get("tool_name"), event.payload.get("tool_input")
        until = event.at_ms + self._wait_ms
        if member.kind.channel not in CHANNELS:
            return None
        if event.name != ASKS or until <= self._clock() or not isinstance(tool, str) or tool in CHOICES:
            return None
        words = given if isinstance(given, dict) else {}
        file = words.get("file_path") or words.get("notebook_path") or words.get("path")
        call = Call(
            name=event.id.partition("/")[2].removesuffix(".json"),
            tool=tool,
            command=_text(words.get("command")),
            file=_text(file),
            url=_text(words.get("url")),
            at_ms=event.at_ms,
            until_ms=until,
        )
        now = self._clock()
        waiting = {agent: [each for each in calls if each.until_ms > now] for agent, calls in self._calls.items()}
        self._calls = {agent: calls for agent, calls in waiting.items() if calls}  # nothing is kept of who asks no more
        self._calls[member.agent.id] = [*self._waiting(member), call]
        return call

    def of(self, member: Member, approval: Approval) -> Call | None:
        """The one call that waits for this dialog's answer; None where it cannot be told which, or none waits any more."""
        fitting = [each for each in self._waiting(member) if fits(each, approval)]
        return fitting[0] if len(fitting) == 1 else None

    async def tell(self, member: Member, call: Call, behavior: Behavior, reason: str | None) -> bool:
        """Gives it its answer; False where it does not take it, and then it never will."""
        self._calls[member.agent.id] = [each for each in self._waiting(member) if each is not call]
        generation = member.agent.generation
        if not self._answers.put(generation, call.name, decision(behavior, reason)):
            return False
        for _ in range(round(TAKEN_S / LOOK_S)):
            if not self._answers.lies(generation, call.name):
                break
            await asyncio.sleep(LOOK_S)
        return not self._answers.take_back(generation, call.name)

    def _waiting(self, member: Member) -> list[Call]:
        now = self._clock()
        return [each for each in self._calls.get(member.agent.id, ()) if each.until_ms > now]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def fits(call: Call, approval: Approval) -> bool:
    """Whether the dialog may be the one that the call asks about."""
    if approval.tool is not None and approval.tool != call.tool:
        return False
    if approval.command is not None and call.command is not None:
        drawn, told = (re.sub(r"\s+", "", each) for each in (approval.command, call.command))
        return told.startswith(drawn)
    if approval.file is not None and call.file is not None:
        return call.file.rpartition("/")[2] == approval.file.rpartition("/")[2]
    return approval.tool == call.tool
