"""Policing: what the policy that an agent was spawned with says to one of its dialogs."""

from pathlib import Path

from outrider.logic.policy.decide import decide
from outrider.logic.policy.rules import Decision, Request
from outrider.model.agent import Agent
from outrider.model.approval import Approval
from outrider.model.ruling import PartRuling, Ruling
from outrider.policies.load import context
from outrider.policies.shelf import Shelf

# Other agents' names for what Claude Code calls Bash.
SHELLS = frozenset({"Shell", "shell", "run_shell_command", "bash"})


class Policing:
    """Asks the policy that an agent was spawned with, as its file is now. `home` is the user's home folder, `port` our own."""

    def __init__(self, home: Path, port: int) -> None:
        self._home = home
        self._port = port
        self._shelf = Shelf()

    def __call__(self, agent: Agent, approval: Approval) -> Ruling | None:
        """What it says, with the rules that say so; None where there is no such policy, or the dialog does not say what it asks."""
        policy = self._shelf.get(agent.policy or agent.auto or "")
        request = request_of(approval)
        if policy is None or request is None:
            return None
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
