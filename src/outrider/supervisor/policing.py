"""Policing: what the policy that an agent was spawned with says to one of its dialogs."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from outrider.logic.launching import YOLO
from outrider.logic.policy.decide import decide
from outrider.logic.policy.rules import Decision, Request, Verdict
from outrider.model.agent import Agent
from outrider.model.approval import Approval
from outrider.model.ruling import PartRuling, Ruling
from outrider.policies.load import context
from outrider.policies.shelf import Shelf

# Other agents' names for what Claude Code calls Bash.
SHELLS = frozenset({"Shell", "shell", "run_shell_command", "bash"})
LOOK_S = 2.0


class Policing:
    """Asks the policies that agents were spawned with, as their files are now."""

    def __init__(self, home: Path, port: int, *, kept: Path, agents: Callable[[], Iterable[Agent]]) -> None:
        """`home` is the user's home folder, `port` our own; `kept` is for texts of policies; `agents` gives those that live."""
        self._home = home
        self._port = port
        self._agents = agents
        self._shelf = Shelf(kept)

    async def run(self) -> None:
        """Takes in for ever what changes; the daemon's task. So a good text is kept before any dialog asks for it."""
        named: frozenset[str] | None = None
        while True:
            now = frozenset(map(_policy, self._governed()))
            for name in now:
                self._shelf.get(name)
            if named is None or named - now:
                self._shelf.forget(now)
            named = now
            await asyncio.sleep(LOOK_S)

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status` (`ok` or `degraded`); if degraded `why`, and `agents`: whose policy cannot be used as it is now."""
        found = [(agent, fault) for agent in self._governed() if (fault := self._shelf.fault(_policy(agent)))]
        if not found:
            return {"status": "ok"}
        agents = [
            {
                "session": agent.session,
                "policy": _policy(agent),
                "line": fault.line,
                "why": fault.why,
                "then": fault.then,
            }
            for agent, fault in found
        ]
        why = " ".join(f"{agent.session}: {fault.why} Till then {fault.then}." for agent, fault in found)
        return {"status": "degraded", "why": why, "agents": agents}

    def __call__(self, agent: Agent, approval: Approval) -> Ruling | None:
        """What it says, with the rules that say so; None where the dialog does not say what it asks.

        A policy that cannot be used, and never could, has a person asked.
        """
        name, request = _policy(agent), request_of(approval)
        if request is None:
            return None
        policy = self._shelf.get(name)
        if policy is None:
            fault = self._shelf.fault(name)
            why = fault.why if fault is not None else ""
            return Ruling(name, Verdict.ASK.value, "none", name, "", f"{why} So a person is asked for everything.")
        decided = decide(policy, request, context(Path(agent.workdir), self._home, self._port))
        return Ruling(
            policy.name,
            decided.verdict.value,
            decided.rule,
            _where(decided),
            decided.part,
            decided.reason,
            tuple(map(_part, decided.parts)),
        )

    def _governed(self) -> list[Agent]:
        return [agent for agent in self._agents() if agent.policy is not None or agent.auto not in (None, YOLO)]


def _policy(agent: Agent) -> str:
    return agent.policy or agent.auto or ""


def _part(decided: Decision) -> PartRuling:
    return PartRuling(decided.verdict.value, decided.rule, _where(decided), decided.part, decided.reason)


def _where(decided: Decision) -> str:
    return f"{decided.file}:{decided.line}" if decided.line else decided.file


def request_of(approval: Approval) -> Request | None:
    """What the policy is asked; None where the dialog does not say what would be done."""
    tool = approval.tool
    if tool in SHELLS or (tool is None and approval.command is not None):
        tool = "Bash"
    if tool is None:
        return None
    return Request(tool, approval.command, approval.file, approval.url)
