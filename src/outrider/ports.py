"""What is needed of the world: a terminal to look at and type into, a bus to tell others here, a broker to tell other nodes."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from outrider.model.event import Event
from outrider.model.fleet import Entry, Feed, Letter, Place, Register
from outrider.model.pane import ANY, Glimpse, Launch, Pane, PaneRef, Screen, Sight, Terms


class Terminal(Protocol):
    """Panes of one or more tmux servers. One supervisor owns it; no other may type through it.

    Errors: PaneGone where the pane addressed is not there, TerminalAway where its server cannot be asked (unknown, not
    dead), TerminalError where tmux refused; in all three nothing was typed by that call, unless its docstring says else.
    """

    def sights(self) -> AsyncIterator[Sight]:
        """Looks at every server, for ever; one consumer. The first sight of a server has every followed screen."""
        ...

    def follow(self, refs: Collection[PaneRef]) -> None:
        """Captures the screens of these panes from now on, and of no others."""
        ...

    def urge(self, ref: PaneRef) -> None:
        """Has this pane captured at the next opportunity: it was typed into, or its agent spoke."""
        ...

    async def spawn(self, launch: Launch) -> Pane:
        """Starts a session on our own server, which is started where it is not there; the pane stays when its program exits.

        Conflict where a session of that name exists; then nothing was started.
        """
        ...

    async def look(self, ref: PaneRef, *, styled: bool = False) -> Screen:
        """The pane's screen now, asked of tmux after the call began; with colours where `styled`."""
        ...

    async def output(self, ref: PaneRef, *, lines: int, ansi: bool = False) -> tuple[str, ...]:
        """The last `lines` rows of history and screen, trailing blank rows cut."""
        ...

    async def paste(self, ref: PaneRef, text: str, terms: Terms = ANY, *, always: bool = False) -> None:
        """Pastes the text, bracketed where the program asked for it, or `always`; no Enter. Newlines go in as they are.

        OtherProgram or Touched where the terms do not hold.
        """
        ...

    async def write(self, ref: PaneRef, text: str, terms: Terms = ANY) -> None:
        """Types the text as literal keys; no Enter. Terms as for `paste`."""
        ...

    async def press(self, ref: PaneRef, keys: Sequence[str], terms: Terms = ANY) -> None:
        """Presses named keys (`Enter`, `Escape`, `C-u`) in order; InvalidInput where tmux has no key of that name. Terms as for
        `paste`, but for the program."""
        ...

    async def trace(self, ref: PaneRef, trace: str) -> None:
        """Leaves a trace with the pane, and types nothing."""
        ...

    async def traced(self, ref: PaneRef) -> str:
        """The trace that was last left with the pane, by whichever daemon; empty where none was. It goes with the pane."""
        ...

    async def end(self, ref: PaneRef) -> None:
        """Ends the pane (its session with it, if it was the last one). A pane that is gone already is no error."""
        ...

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status` (`ok` or `degraded`), `version`, a list `servers` with the state of each, `why` if degraded."""
        ...


class Pipes(Protocol):
    """What programs write, byte for byte, to whoever reads it beside the terminal. Errors as of Terminal."""

    async def pipe(self, ref: PaneRef, line: str) -> bool:
        """Has a line of sh read what the pane's program writes from now on; an empty one takes off what reads it.

        False, and nothing was done, where somebody reads it already: a pane has one reader.
        """
        ...

    def urge(self, ref: PaneRef) -> None:
        """Has this pane captured at the next opportunity."""
        ...


class LivePanes(Protocol):
    """Panes as people watch and use them live. Errors as of Terminal."""

    async def key(self, ref: PaneRef, data: bytes) -> None:
        """Gives the program these bytes as if they came from a keyboard."""
        ...

    async def paste(self, ref: PaneRef, text: str) -> None:
        """Pastes the text, bracketed where the program asked for it; no Enter."""
        ...

    def view(self, ref: PaneRef) -> AbstractAsyncContextManager[AsyncIterator[Glimpse]]:
        """What the pane shows, as it is written: a picture, then bytes. Nobody else's window changes by it."""
        ...


class Subscription(Protocol):
    """A bounded queue of events. Whoever falls behind is cut off: iteration then ends and `lagged` is true."""

    @property
    def lagged(self) -> bool:
        """Whether it ended because its reader was too slow."""
        ...

    def __aiter__(self) -> AsyncIterator[Event]: ...

    def close(self) -> None:
        """Ends it; idempotent."""
        ...


class Bus(Protocol):
    """Tells everybody here what was journalled. Publishing never waits for a subscriber."""

    def publish(self, events: Sequence[Event]) -> None:
        """Events in the order of their seq, after they were journalled."""
        ...

    def subscribe(self) -> Subscription:
        """Everything published from now on."""
        ...


class Broker(Protocol):
    """Carries what nodes tell one another. It owns nothing: what it loses, the nodes tell again.

    Every verb raises Unavailable where it cannot be asked; whether it did what it was asked is then unknown.
    """

    async def publish(self, feed: Feed, entries: Sequence[tuple[Place, str]], states: Mapping[str, str | None]) -> None:
        """Appends in order, what is there already left out. `states` replaces what is kept of agents, None forgets one."""
        ...

    async def newest(self, feed: Feed) -> Place | None:
        """The place of the newest entry; None where there is none."""
        ...

    async def read(self, after: Mapping[Feed, Place], *, wait_ms: int) -> Sequence[Entry]:
        """What stands after those places, of each feed in order; waits so long for the first."""
        ...

    async def past(self, feed: Feed, after: Place, limit: int) -> Sequence[Entry]:
        """At most so many entries after that place, without waiting."""
        ...

    async def states(self, feed: Feed) -> Mapping[str, str]:
        """The latest of each agent, by name."""
        ...

    async def trim(self, feed: Feed, before: Place) -> None:
        """Forgets entries before that place."""
        ...

    async def drop(self, feed: Feed) -> None:
        """Forgets a feed altogether."""
        ...

    async def claim(self, feed: Feed, owner: str, ttl_ms: int) -> Register:
        """Takes the name and the database for so long, each where nobody has it; who has them then, and who is there. One way there
        and back."""
        ...

    async def hold(self, feed: Feed, owner: str, ttl_ms: int) -> None:
        """Has the name and the database be that owner's for so long, whoever had them."""
        ...

    async def announce(self, feed: Feed, card: str, ttl_ms: int) -> None:
        """Puts the node's card in place of its last one, and keeps its name and its database for so long."""
        ...

    async def remind(self, cards: Mapping[str, str]) -> None:
        """Puts cards of other nodes where there are none."""
        ...

    async def forget(self, node: str) -> None:
        """Takes a node's card and name away, and the letters to it."""
        ...

    async def send(self, letters: Sequence[tuple[str, str]]) -> Sequence[str]:
        """Has them carried, each (node, body) behind all that were sent to its node before; their marks. One way there and back."""
        ...

    async def standing(self, node: str, marks: Sequence[str]) -> Collection[str]:
        """Which of them the node has not done with, as far as the broker remembers."""
        ...

    async def withdraw(self, node: str, mark: str) -> bool:
        """Takes a letter back. True: the node has not seen it and never will. False: it may have."""
        ...

    async def receive(self, node: str, *, wait_ms: int) -> Sequence[Letter]:
        """Letters to this node in order; those that were taken and not done come again after a failure. One taker a node."""
        ...

    async def done(self, node: str, marks: Sequence[str]) -> None:
        """These were dealt with, and are not brought again."""
        ...

    async def pour(self, line: str, first: int, bodies: Sequence[str]) -> None:
        """Says these on a line, numbered from `first` on; the newest are kept, and nothing of a line that is silent."""
        ...

    async def drawn(self, line: str, after: int, *, wait_ms: int) -> Sequence[tuple[int, str]]:
        """What was said on a line behind that number; waits so long for the first."""
        ...

    async def dry(self, line: str) -> None:
        """Takes away what was said on a line."""
        ...

    async def close(self) -> None:
        """Ends its connections."""
        ...
