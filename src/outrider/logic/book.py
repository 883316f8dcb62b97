"""The book: events are counted into stretches of time, and stretches are merged into longer ones.

Comes in: the journal's events in their order, and who lives now. Goes out: amounts by session, all of which add up when stretches
are merged, except maxima and the progress, of which the last counts. The journal is the source, so that a restart that takes the
last mark up again counts everything once. While no daemon looks, no time is counted.
"""

from collections.abc import Iterable, Mapping

from outrider.model.agent import Agent
from outrider.model.event import Event, EventName
from outrider.model.history import Amounts, Mark, Standing, Stretch
from outrider.model.state import State

NODE = ""
STATE, TO = "state:", "to:"
OBSERVED, PROGRESS = "observed_ms", "progress"
_MAX = "_max_ms"
_OUTCOMES: Mapping[EventName, str] = {
    EventName.COMMAND_SENT: "sent",
    EventName.COMMAND_FAILED: "failed",
    EventName.COMMAND_UNCERTAIN: "uncertain",
}
_ENDS = frozenset({EventName.AGENT_EXITED, EventName.AGENT_KILLED})


class Book:
    """Counts from a mark on; `close` gives what was counted since the last call."""

    def __init__(self, mark: Mark, now_ms: int) -> None:
        """Takes up where `mark` ends; from then until `now_ms` nobody looked, but for as long as events tell of."""
        self._seq = mark.seq
        self._standing = dict(mark.standing)
        self._counted_ms = dict.fromkeys(mark.standing, mark.at_ms)
        self._sums: dict[str, dict[str, float]] = {}
        self._since_ms = self._last_ms = mark.at_ms
        self._resumed_ms: int | None = now_ms
        self._unseen_ms = 0

    @property
    def seq(self) -> int:
        """The last event that was counted."""
        return self._seq

    def events(self, events: Iterable[Event]) -> None:
        """Counts events of the journal, in their order; one that was counted is passed over."""
        for event in events:
            if event.seq > self._seq:
                self._seq = event.seq
                self._resume(event.fact.at_ms)
                self._count(event)
                self._last_ms = event.fact.at_ms

    def _resume(self, at_ms: int) -> None:
        """At the first moment that this daemon saw: what stood when the one before it ended stood until its last event."""
        if self._resumed_ms is None or at_ms < self._resumed_ms:
            return
        last, resumed = min(self._last_ms, self._resumed_ms), self._resumed_ms
        for session in self._standing:
            self._pass(session, last)
            self._counted_ms[session] = resumed
        self._unseen_ms, self._resumed_ms = resumed - last, None

    def _count(self, event: Event) -> None:
        fact = event.fact
        session, at, data = fact.session, fact.at_ms, fact.data
        if fact.name is EventName.STATE_CHANGE:
            self._turned(session, str(data.get("state")), at)
        elif fact.name in _OUTCOMES:
            self._add(session, _OUTCOMES[fact.name], 1)
            took = data.get("took_ms")
            if fact.name is EventName.COMMAND_SENT and isinstance(took, int | float):
                self._spent(session, "took", took)
        elif fact.name is EventName.APPROVAL_ANSWERED:
            self._add(session, "answers", 1)
        elif fact.name in _ENDS:
            self._pass(session, at)
            self._standing.pop(session, None)

    def _turned(self, session: str, state: str, at_ms: int) -> None:
        self._pass(session, at_ms)
        before = self._standing.get(session)
        if before is not None and before.state == State.WAITING and state != before.state:
            self._spent(session, "waited", at_ms - before.since_ms)
        self._add(session, f"{TO}{state}", 1)
        if state == State.ERROR:
            self._add(session, "errors", 1)
        spent = (before.tokens, before.cost_usd) if before is not None else (-1, -1.0)
        self._standing[session] = Standing(state, at_ms, *spent)
        self._counted_ms[session] = at_ms

    def _spent(self, session: str, name: str, took_ms: float) -> None:
        """Something that took so long: how often, how long in all, and at most."""
        sums = self._sums.setdefault(session, {})
        sums[f"{name}_n"] = sums.get(f"{name}_n", 0) + 1
        sums[f"{name}_ms"] = sums.get(f"{name}_ms", 0) + max(0, took_ms)
        sums[f"{name}{_MAX}"] = max(sums.get(f"{name}{_MAX}", 0), took_ms)

    def _add(self, session: str, name: str, amount: float) -> None:
        if amount:
            sums = self._sums.setdefault(session, {})
            sums[name] = sums.get(name, 0) + amount

    def _pass(self, session: str, until_ms: int) -> None:
        """Time passes for it, in the state that it is in."""
        standing = self._standing.get(session)
        if standing is not None:
            begun = self._counted_ms.get(session, standing.since_ms)
            self._add(session, STATE + standing.state, max(0, until_ms - begun))
            self._counted_ms[session] = max(begun, until_ms)

    def close(self, agents: Iterable[Agent], now_ms: int) -> tuple[tuple[Stretch, ...], Mark]:
        """What was counted since the last call, the node's first, and the mark to go on from. `agents` are all that are known."""
        living = {agent.session: agent for agent in agents if agent.verdict.alive}
        self._resume(now_ms)
        observed = max(0, now_ms - self._since_ms - self._unseen_ms)
        for session in [*self._standing]:
            self._pass(session, now_ms)
            if session not in living:
                self._standing.pop(session)
                self._counted_ms.pop(session, None)
        for agent in living.values():
            self._spend(agent, now_ms)
        stretches = self._stretches(observed)
        mark = Mark(self._seq, now_ms, dict(self._standing))
        self._sums, self._since_ms, self._unseen_ms = {}, now_ms, 0
        return stretches, mark

    def _spend(self, agent: Agent, now_ms: int) -> None:
        """What it spent since it was counted last; one that is met for the first time spent it all now."""
        counters, session = agent.counters, agent.session
        before = self._standing.get(session)
        if before is not None and before.tokens >= 0:
            self._add(session, "tokens", max(0, counters.tokens - before.tokens))
            self._add(session, "cost_usd", max(0.0, counters.cost_usd - before.cost_usd))
        else:
            self._add(session, "tokens", counters.tokens)
            self._add(session, "cost_usd", counters.cost_usd)
        if agent.progress is not None:
            self._sums.setdefault(session, {})[PROGRESS] = agent.progress
        state, since = (before.state, before.since_ms) if before else (agent.verdict.state.value, now_ms)
        self._standing[session] = Standing(state, since, counters.tokens, counters.cost_usd)
        self._counted_ms[session] = now_ms

    def _stretches(self, observed_ms: int) -> tuple[Stretch, ...]:
        at = self._since_ms
        own = [Stretch(at, session, sums) for session, sums in self._sums.items() if sums]
        whole = merged(sums for sums in self._sums.values())
        node = {name: value for name, value in whole.items() if name != PROGRESS} | {OBSERVED: float(observed_ms)}
        return (Stretch(at, NODE, node), *own)


def merged(parts: Iterable[Amounts]) -> dict[str, float]:
    """The amounts of one stretch that is made of these, in the order of time."""
    whole: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            if name == PROGRESS or name not in whole:
                whole[name] = value
            elif name.endswith(_MAX):
                whole[name] = max(whole[name], value)
            else:
                whole[name] += value
    return whole


def rolled(stretches: Iterable[Stretch], step_ms: int) -> list[Stretch]:
    """The same in stretches of `step_ms`, which begin at its multiples; in the order of time, then of session."""
    found: dict[tuple[int, str], list[Amounts]] = {}
    for each in stretches:
        found.setdefault((each.at_ms - each.at_ms % step_ms, each.session), []).append(each.amounts)
    return [Stretch(at, session, merged(parts)) for (at, session), parts in sorted(found.items())]


def begun(agents: Iterable[Agent], seq: int, now_ms: int) -> Mark:
    """Where counting begins that never was done before: now, with what was spent before left out."""
    standing = {
        agent.session: Standing(
            agent.verdict.state.value, agent.verdict.since_ms, agent.counters.tokens, agent.counters.cost_usd
        )
        for agent in agents
        if agent.verdict.alive
    }
    return Mark(seq, now_ms, standing)
