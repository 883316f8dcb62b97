"""The scene: what agents were doing at a moment, as far as the journal tells; for alerts, now and yesterday."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from outrider.logic.alerts import HOUR_MS, MINUTE_MS, look
from outrider.model.agent import Agent
from outrider.model.alert import Alight, Firing, Rule, Rules, Surroundings, Watched
from outrider.model.event import Event, EventName
from outrider.model.state import State

NAMES = frozenset({EventName.STATE_CHANGE, EventName.PROGRESS, EventName.AGENT_EXITED, EventName.AGENT_KILLED})


class Scene:
    """Follows the journal. `kinds` are the kinds of sessions, as far as they are known."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._agents: dict[str, Watched] = {}

    def agents(self) -> Sequence[Watched]:
        """Everybody who lives, as far as is known."""
        return tuple(self._agents.values())

    def seed(self, agent: Agent) -> None:
        """An agent that is what it is since before the journal was followed."""
        self._agents[agent.session] = watched(agent, None)

    def event(self, event: Event) -> None:
        """What happened next."""
        fact = event.fact
        session, at = fact.session, fact.at_ms
        known = self._agents.get(session) or Watched(session, self._kinds.get(session, ""), "", at)
        match fact.name:
            case EventName.STATE_CHANGE:
                detail = fact.data.get("detail")
                reason = detail.get("reason") if isinstance(detail, Mapping) else None
                state = str(fact.data.get("state"))
                errors = tuple(each for each in known.errors_ms if each > at - HOUR_MS)
                if state == State.ERROR:
                    errors = (*errors, at)
                self._agents[session] = replace(
                    known, state=state, since_ms=at, reason=str(reason) if reason else None, errors_ms=errors
                )
            case EventName.PROGRESS:
                progress = fact.data.get("progress")
                number = float(progress) if isinstance(progress, int | float) else None
                self._agents[session] = replace(known, progress=number, moved_ms=at)
            case EventName.AGENT_EXITED | EventName.AGENT_KILLED:
                self._agents.pop(session, None)

    def now(self, agents: Iterable[Agent]) -> tuple[Watched, ...]:
        """The agents that live now, with what only the journal knows of them."""
        living = {agent.session: agent for agent in agents if agent.verdict.alive}
        self._agents = {name: each for name, each in self._agents.items() if name in living}
        return tuple(watched(agent, self._agents.get(name)) for name, agent in living.items())


def watched(agent: Agent, known: Watched | None) -> Watched:
    """An agent as alerts see it; its progress stands since it was begun where no change is known."""
    verdict = agent.verdict
    return Watched(
        agent.session,
        agent.kind,
        verdict.state.value,
        verdict.since_ms,
        verdict.detail.reason,
        agent.progress,
        known.moved_ms if known is not None and known.moved_ms else agent.created_ms,
        known.errors_ms if known is not None else (),
        agent.counters.cost_usd,
    )


def replay(rule: Rule, scene: Scene, events: Iterable[Event], since_ms: int, until_ms: int) -> tuple[Firing, ...]:
    """When that rule would have fired, looked at every minute; quiet hours and snoozing left out."""
    rules = Rules((replace(rule, snoozed_ms=0, enabled=True),))
    alight: Alight = {}
    fired: list[Firing] = []
    coming = iter(events)
    head = next(coming, None)
    for now in range(since_ms + MINUTE_MS, until_ms + MINUTE_MS, MINUTE_MS):
        while head is not None and head.fact.at_ms <= now:
            scene.event(head)
            head = next(coming, None)
        alarm = look(rules, scene.agents(), Surroundings(), alight, min(now, until_ms), minute=0)
        alight = alarm.alight
        fired += alarm.fired
    return tuple(fired)
