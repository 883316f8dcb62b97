"""Policing: what the policy that an agent was spawned with says to one of its dialogs."""

from pathlib import Path

from outrider.logic.policy.decide import decide
from outrider.logic.policy.rules import Request, Verdict
from outrider.model.agent import Agent
from outrider.model.approval import Approval, Behavior, Decision
from outrider.policies.load import context
from outrider.policies.shelf import Shelf

# Other agents' names for what Claude Code calls Bash.
SHELLS = frozenset({"Shell", "shell", "run_shell_command", "bash"})
BEHAVIORS = {Verdict.ALLOW: Behavior.ALLOW, Verdict.DENY: Behavior.DENY}


class Policing:
    """Asks the policy that an agent was spawned with, as its file is now. `home` is the user's home folder, `port` our own."""

    def __init__(self, home: Path, port: int) -> None:
        self._home = home
        self._port = port
        self._shelf = Shelf()

    def __call__(self, agent: Agent, approval: Approval) -> Decision | None:
        """Its decision with the rule that made it; None where a person is to be asked, or there is no such policy."""
        policy = self._shelf.get(agent.policy or agent.auto or "")
        request = request_of(approval)
        if policy is None or request is None:
            return None
        decided = decide(policy, request, context(Path(agent.workdir), self._home, self._port))
        behavior = BEHAVIORS.get(decided.verdict)
        if behavior is None:
            return None
        return Decision(behavior, f"{policy.name}: {decided.rule}", decided.reason)


def request_of(approval: Approval) -> Request | None:
    """What the policy is asked; None where the dialog does not say what would be done."""
    tool = approval.tool
    if tool in SHELLS or (tool is None and approval.command is not None):
        tool = "Bash"
    if tool is None:
        return None
    return Request(tool, approval.command, approval.file, approval.url)
