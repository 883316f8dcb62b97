"""The viewers of live terminals, and who among them has control: at most one an agent, named to everybody who watches.

What is typed goes through the agent's one writer (`Member.hands`), so that it never lands between the keys of a command that is
being delivered. Taking and giving back control are audited, with how many bytes were typed: what they were may be a password.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from outrider.errors import Conflict, Forbidden, PaneGone
from outrider.model.actor import Actor, Scope
from outrider.model.audit import AuditRow
from outrider.model.pane import Glimpse
from outrider.ports import LivePanes
from outrider.store import Change
from outrider.supervisor.crew import Crew, Member
from outrider.supervisor.record import Record


class Viewer:
    """One person's view of one agent's pane. `glimpses` is iterated once; `told` is set when who has control has changed."""

    def __init__(self, viewers: "Viewers", member: Member, actor: Actor, glimpses: AsyncIterator[Glimpse]) -> None:
        self._viewers = viewers
        self.member = member
        self.actor = actor
        self.glimpses = glimpses
        self.told = asyncio.Event()
        self.typed = 0

    @property
    def holder(self) -> str | None:
        """Who has control, by the name of the actor."""
        held = self._viewers.holder(self.member)
        return held.actor.name if held is not None else None

    @property
    def has_control(self) -> bool:
        """Whether this viewer may type now."""
        return self._viewers.holder(self.member) is self

    async def take(self) -> None:
        """Takes control, from whoever had it. Forbidden where the actor may not type, Conflict where the agent is not running."""
        if self.actor.scope is Scope.READ:
            raise Forbidden(
                f"Typing takes a token with the scope {Scope.WRITE}; {self.actor.name} has {self.actor.scope}.",
                detail={"needed": Scope.WRITE.value, "has": self.actor.scope.value},
            )
        if not self.member.alive:
            raise Conflict(f"{self.member.agent.session} is not running any more.", detail={"alive": False})
        await self._viewers.give(self)

    async def release(self) -> None:
        """Gives control back; no error where it has none."""
        await self._viewers.take_back(self)

    async def type(self, text: str) -> None:
        """Types what a keyboard sent, escape sequences included, behind whatever is being typed already.

        Conflict where this viewer has no control.
        """
        data = text.encode("utf-8", "replace")
        async with self._hands():
            await self._viewers.terminal.key(self.member.agent.ref, data)
            self.typed += len(data)

    async def paste(self, text: str) -> None:
        """Pastes a text as one, bracketed where the program asked for that; no Enter behind it. Errors as of `type`."""
        async with self._hands():
            await self._viewers.terminal.paste(self.member.agent.ref, text)
            self.typed += len(text.encode("utf-8", "replace"))

    @asynccontextmanager
    async def _hands(self) -> AsyncIterator[None]:
        async with self.member.hands:
            self._check()
            try:
                yield
            finally:
                self.member.typed_ms = self._viewers.clock()  # no command goes in for a moment: it may not be drawn yet

    def _check(self) -> None:
        if not self.has_control:
            raise Conflict("You do not have control of this terminal; take it first.", detail={"holder": self.holder})
        if not self.member.alive:
            raise Conflict(f"{self.member.agent.session} is not running any more.", detail={"alive": False})


class Viewers:
    """All viewers of the agents here."""

    def __init__(self, *, crew: Crew, record: Record, terminal: LivePanes, clock: Callable[[], int]) -> None:
        self.terminal = terminal
        self._crew = crew
        self._record = record
        self.clock = clock
        self._watching: dict[str, set[Viewer]] = {}
        self._holders: dict[str, Viewer] = {}
        self._giving = asyncio.Lock()
        """Of two who take control in the same moment, the second takes it from the first: what that one typed is written down."""

    @asynccontextmanager
    async def watch(self, session: str, actor: Actor) -> AsyncIterator[Viewer]:
        """A new viewer of that agent, gone with its control at the end.

        NoSuchAgent, Conflict where its pane is gone, TerminalAway where tmux cannot be asked.
        """
        member = self._crew.get(session)
        key = member.agent.id
        try:
            async with self.terminal.view(member.agent.ref) as glimpses:
                viewer = Viewer(self, member, actor, glimpses)
                self._watching.setdefault(key, set()).add(viewer)
                try:
                    yield viewer
                finally:
                    self._watching[key].discard(viewer)
                    if not self._watching[key]:
                        del self._watching[key]
                    await self.take_back(viewer)
        except PaneGone:
            raise Conflict(f"The pane of {session} is gone, and its output with it.", detail={"alive": False}) from None

    def holder(self, member: Member) -> Viewer | None:
        """Who has control of that agent's terminal."""
        return self._holders.get(member.agent.id)

    def watched(self, member: Member) -> bool:
        """Whether anybody looks at that agent's terminal."""
        return member.agent.id in self._watching

    async def give(self, viewer: Viewer) -> None:
        """Gives control to that viewer, once it is written down; whoever had it has it no more."""
        async with self._giving:
            before = self.holder(viewer.member)
            if before is viewer:
                return
            if before is not None:
                await self.take_back(before)
            await self._audit(viewer, "terminal_take", {"from": before.actor.name if before is not None else None})
            self._holders[viewer.member.agent.id] = viewer
            self._tell(viewer.member)

    async def take_back(self, viewer: Viewer) -> None:
        """Ends that viewer's control, if it has it."""
        if self.holder(viewer.member) is not viewer:
            return
        del self._holders[viewer.member.agent.id]
        self._tell(viewer.member)
        typed, viewer.typed = viewer.typed, 0
        await self._audit(viewer, "terminal_release", {"bytes": typed})

    def _tell(self, member: Member) -> None:
        for viewer in self._watching.get(member.agent.id, ()):
            viewer.told.set()

    async def _audit(self, viewer: Viewer, action: str, data: dict[str, object]) -> None:
        row = AuditRow(self.clock(), viewer.actor.name, action, viewer.member.agent.session, data)
        await self._record.commit(Change(audit=(row,), durable=True))
