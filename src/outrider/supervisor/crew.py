"""The crew: what is known of every agent while the daemon runs."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from outrider.errors import NoSuchAgent
from outrider.kinds.channels.voice import Voice
from outrider.logic.rates import SlidingWindow
from outrider.logic.tracker import Tracker
from outrider.model.agent import Agent
from outrider.model.hook import NOTHING_PAST, Past, SessionNote
from outrider.model.kind import Kind
from outrider.model.pane import Pane, PaneRef, Screen
from outrider.model.state import Verdict
from outrider.processes import Process

REMEMBERED_PROMPTS = 50


@dataclass(slots=True)
class Member:
    """One agent at work: the record that is stored, and what is only known in passing.

    `process` is the agent's own process where it is not the pane's; `prompts` are the texts it said it took in, with the
    time (ms); `ours` is the last text we sent it. `ending` says why it is being ended by us, while that is under way. `placed_ms`
    is when its pane became known: a look taken before knows nothing of it. `interrupted_ms` is when it was last interrupted by us,
    `typed_ms` when a person last pressed keys there by way of us: in a live terminal, or by the keys call.
    Whoever presses keys in its pane holds `hands`.
    """

    agent: Agent
    kind: Kind
    tracker: Tracker
    rate: SlidingWindow
    voice: Voice | None = None
    pane: Pane | None = None
    screen: Screen | None = None
    process: Process | None = None
    prompts: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REMEMBERED_PROMPTS))
    ours: str | None = None
    ending: str = ""
    placed_ms: int = 0
    interrupted_ms: int = 0
    typed_ms: int | None = None
    hands: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wrote(self, note: SessionNote) -> bool:
        """Whether a session file is its own: written by the pane's process or the agent's, or of its conversation."""
        if self.process is not None and note.pid == self.process.pid:
            return True
        if self.pane is not None and note.pid == self.pane.pid:
            return True
        return note.session_id is not None and note.session_id == self.agent.agent_session

    @property
    def alive(self) -> bool:
        """Whether its process is believed to be there."""
        return self.agent.verdict.alive

    def interrupting(self, now_ms: int) -> int:
        """Called before an interrupt. How long (ms) until what the last one did has certainly been seen; 0 lets this one be pressed."""
        if (unseen := self.interrupted_ms + self.kind.stop.apart_ms - now_ms) > 0:
            return unseen
        self.interrupted_ms = now_ms
        return 0

    def took_in(self, at_ms: int, prompt: str) -> None:
        """It said that it took that in, then: what was missed is told late."""
        taken = (at_ms, prompt)
        self.tracker.took_in(at_ms)
        self.prompts.append(taken)
        self.agent = replace(self.agent, heard=max(self.agent.heard or taken, taken))

    def learn(self, kind: Kind) -> None:
        """Its kind's file has changed; what it was started with stays as it is."""
        self.kind = kind
        self.tracker.learn(kind)

    @property
    def beneath(self) -> Verdict:
        """What it does, beneath `stuck`: that it is stuck changes nothing of what it can be told."""
        return self.tracker.last or self.agent.verdict


class Crew:
    """All members, found by session name, id, pane or generation."""

    def __init__(self) -> None:
        self._by_id: dict[str, Member] = {}

    def __iter__(self) -> Iterator[Member]:
        return iter(tuple(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, member: Member) -> None:
        """Takes it in; a dead member of the same session name must have been removed before."""
        self._by_id[member.agent.id] = member

    def remove(self, agent_id: str) -> None:
        """Forgets it; an unknown id is no error."""
        self._by_id.pop(agent_id, None)

    def by_id(self, agent_id: str) -> Member | None:
        """The member with that id."""
        return self._by_id.get(agent_id)

    def find(self, session: str) -> Member | None:
        """The member of that session name."""
        return next((member for member in self._by_id.values() if member.agent.session == session), None)

    def get(self, session: str) -> Member:
        """The member of that session name; NoSuchAgent names the nearest where there is none."""
        member = self.find(session)
        if member is None:
            raise NoSuchAgent(
                f"No agent has the session name {session!r} here. {_known(m.agent.session for m in self)}",
                detail={"session": session},
            )
        return member

    def of_generation(self, generation: str) -> Member | None:
        """The member that was spawned with that token; nothing for an empty one."""
        if not generation:
            return None
        return next((member for member in self._by_id.values() if member.agent.generation == generation), None)

    def past(self, generation: str) -> Past:
        """What that spawn's agent has told of itself; nothing of one that is not here."""
        member = self.of_generation(generation)
        if member is None:
            return NOTHING_PAST
        heard = member.agent.heard
        return Past(member.agent.agent_session, heard[0] if heard is not None else member.agent.created_ms)

    def refs(self) -> list[PaneRef]:
        """The panes of all that live and are known to stand somewhere: those to be looked at."""
        return [m.agent.ref for m in self._by_id.values() if m.agent.ended_ms is None and m.agent.ref.started]

    def by_ref(self) -> dict[PaneRef, Member]:
        """Members by their pane, those that are gone left out."""
        return {member.agent.ref: member for member in self._by_id.values() if member.agent.ended_ms is None}


def _known(sessions: Iterable[str]) -> str:
    names = sorted(sessions)
    if not names:
        return "There are no agents; `outrider spawn` starts one."
    return "Known: " + ", ".join(names[:10]) + (" …" if len(names) > 10 else "") + "."
