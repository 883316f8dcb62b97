"""Agents as JSON text, kept as long as they do not change."""

from collections.abc import Sequence

from outrider.model import wire
from outrider.model.agent import Agent


class EncodedAgents:
    """Agents that did not change are encoded once: a list of 100 is asked for every second by every dashboard."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[Agent, str]] = {}

    def of(self, agents: Sequence[Agent]) -> list[str]:
        """Each agent as JSON, in the same order."""
        return [self._text(agent) for agent in agents]

    def keep(self, ids: set[str]) -> None:
        """Forgets all others."""
        for gone in self._texts.keys() - ids:
            del self._texts[gone]

    def _text(self, agent: Agent) -> str:
        kept = self._texts.get(agent.id)
        if kept is None or kept[0] is not agent:  # agents are frozen: a change is another object
            kept = (agent, wire.text(wire.agent_json(agent)))
            self._texts[agent.id] = kept
        return kept[1]
