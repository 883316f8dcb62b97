"""Policing: what the policy that an agent was spawned with says to one of its dialogs."""

import os
from pathlib import Path

import structlog

from outrider.errors import OutriderError
from outrider.logic.policy.decide import decide
from outrider.logic.policy.rules import Context, Policy, Request, Verdict
from outrider.model.agent import Agent
from outrider.model.approval import Approval, Behavior, Decision
from outrider.policies.load import preset

log = structlog.get_logger()

# Other agents' names for what Claude Code calls Bash.
SHELLS = frozenset({"Shell", "shell", "run_shell_command", "bash"})
BEHAVIORS = {Verdict.ALLOW: Behavior.ALLOW, Verdict.DENY: Behavior.DENY}


class Policing:
    """Asks the preset that an agent's `auto` names. `home` is the user's home folder."""

    def __init__(self, home: Path) -> None:
        self._home = str(home)
        self._known: dict[str, Policy | None] = {}

    def __call__(self, agent: Agent, approval: Approval) -> Decision | None:
        """Its decision with the rule that made it; None where a person is to be asked, or there is no such policy."""
        policy = self._policy(agent.auto or "")
        request = request_of(approval)
        if policy is None or request is None:
            return None
        context = Context(agent.workdir, self._home, os.path.realpath, os.path.lexists)
        decided = decide(policy, request, context)
        behavior = BEHAVIORS.get(decided.verdict)
        if behavior is None:
            return None
        return Decision(behavior, f"{policy.name}: {decided.rule}", decided.reason)

    def _policy(self, name: str) -> Policy | None:
        if name not in self._known:
            try:
                self._known[name] = preset(name)
            except OutriderError as error:
                log.warning("an agent's policy cannot be used; a person is asked", policy=name, why=error.message)
                self._known[name] = None
        return self._known[name]


def request_of(approval: Approval) -> Request | None:
    """What the policy is asked; None where the dialog does not say what would be done."""
    tool = approval.tool
    if tool in SHELLS or (tool is None and approval.command is not None):
        tool = "Bash"
    if tool is None:
        return None
    return Request(tool, approval.command, approval.file, approval.url)
