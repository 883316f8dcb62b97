"""Other nodes' agents, as those nodes told of them last; of a node that is away, with since when.

Here their address is `node/session`, which is their session name wherever this node shows them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from outrider.model import wire
from outrider.model.wire import AgentJSON, ApprovalJSON


@dataclass(frozen=True, slots=True)
class RemoteAgent:
    """One agent elsewhere; `text` is the same as `agent`, encoded. `approval` is the dialog that stands on its screen."""

    agent: AgentJSON
    approval: ApprovalJSON | None
    text: str


def told_of(agent: AgentJSON, approval: ApprovalJSON | None) -> str:
    """What a node tells of one of its agents."""
    return wire.text({"agent": agent, "approval": approval})


def changes_text(changes: Mapping[str, str | None]) -> str:
    """What a node tells of its agents that have changed: an object of what `told_of` gave, by session; null for one that is gone."""
    parts = (f"{wire.text(session)}:{told or 'null'}" for session, told in changes.items())
    return f"{{{','.join(parts)}}}"


class RemoteAgents:
    """All of them, by node and session."""

    def __init__(self) -> None:
        self._by_node: dict[str, dict[str, RemoteAgent]] = {}
        self._away: dict[str, int] = {}

    def __iter__(self) -> Iterator[RemoteAgent]:
        """In order of node and session."""
        for node in sorted(self._by_node):
            agents = self._by_node[node]
            for session in sorted(agents):
                yield agents[session]

    def __len__(self) -> int:
        return sum(map(len, self._by_node.values()))

    def find(self, node: str, session: str) -> RemoteAgent | None:
        """One, by its name on its own node."""
        return self._by_node.get(node, {}).get(session)

    def change(self, node: str, changes: str) -> None:
        """What the node told of some of its agents, as `changes_text` gives it; what is none changes nothing."""
        told = _loaded(changes)
        for session, each in told.items() if isinstance(told, dict) else ():
            self._put(node, session, each)

    def _put(self, node: str, session: str, told: object) -> None:
        """What the node told last; None, or what cannot be read: there is no such agent (any more)."""
        agents = self._by_node.setdefault(node, {})
        found = _read(node, told, self._away.get(node))
        if found is None:
            agents.pop(session, None)
        else:
            agents[session] = found

    def replace(self, node: str, told: Mapping[str, str]) -> None:
        """All agents of a node, in place of those that were known."""
        self._by_node[node] = {}
        for session, text in told.items():
            self._put(node, session, _loaded(text))

    def away(self, node: str, since_ms: int | None) -> None:
        """The node is away since then, or (None) it is not."""
        if self._away.get(node) == since_ms:
            return
        if since_ms is None:
            self._away.pop(node, None)
        else:
            self._away[node] = since_ms
        agents = self._by_node.get(node, {})
        for session, known in agents.items():
            agents[session] = _remote(known.agent, known.approval, since_ms)

    def forget(self, node: str) -> None:
        """Nothing of that node is known any more."""
        self._by_node.pop(node, None)
        self._away.pop(node, None)


def _loaded(text: str) -> object:
    """None where it is no JSON."""
    try:
        return cast("object", json.loads(text))
    except ValueError:
        return None


def _read(node: str, told: object, away_ms: int | None) -> RemoteAgent | None:
    match told:
        case {"agent": {"session": str(session)} as agent, "approval": approval}:
            address = f"{node}/{session}"
        case _:
            return None
    shown = cast("AgentJSON", {**agent, "session": address, "node": node})
    dialog = cast("ApprovalJSON", {**approval, "session": address}) if approval is not None else None
    return _remote(shown, dialog, away_ms)


def _remote(agent: AgentJSON, approval: ApprovalJSON | None, away_ms: int | None) -> RemoteAgent:
    shown = cast("AgentJSON", {name: value for name, value in agent.items() if name != "away"})
    if away_ms is not None:
        shown["away"] = away_ms
    return RemoteAgent(shown, approval, wire.text(shown))
