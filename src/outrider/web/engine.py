"""The service that the web faces are given: what can be asked of Outrider on this node."""

from asyncio import Event as Signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from outrider.logic.chain import Head
from outrider.model.actor import Actor
from outrider.model.agent import Agent, SpawnRequest
from outrider.model.alert import Firing, Preview, Rule, Rules
from outrider.model.approval import Approval, ApprovalStatus
from outrider.model.audit import AuditEntry, AuditQuery
from outrider.model.command import Command, CommandRequest, Status
from outrider.model.event import Event
from outrider.model.kind import Kind
from outrider.model.notice import Notice, NoticeRule, NoticeStatus, WayState
from outrider.model.pane import Glimpse
from outrider.model.progress import ProgressReport
from outrider.model.worktree import Merged, Removed, WorktreeState
from outrider.ports import Subscription
from outrider.web.counted import History


class Dialogs(Protocol):
    """The dialogs of all agents here."""

    async def listed(
        self, *, session: str | None = None, status: ApprovalStatus | None = None, limit: int = 50
    ) -> Sequence[Approval]:
        """Those that stand, oldest first; with any status but `open`, those that were kept with it, newest first."""
        ...

    async def find(self, approval_id: str) -> Approval:
        """Open or closed; NoSuchThing where there is none."""
        ...

    async def answer(self, approval_id: str, answer: str, reason: str | None, actor: Actor) -> Approval:
        """Answers a dialog by an option's number or label, or `approve` or `deny`. Conflict where it is not open or has
        changed (`detail.approval` is what stands now), InvalidInput where no option is meant."""
        ...

    def policies(self) -> Mapping[str, object]:
        """JSON-shaped: `status`; `why` and `agents` where a policy cannot be used."""
        ...


class Alarms(Protocol):
    """The alert rules."""

    @property
    def rules(self) -> Rules: ...

    def firing(self) -> Sequence[Firing]:
        """What fires now, oldest first."""
        ...

    async def change(self, rules: Rules, actor: Actor) -> Rules:
        """Puts these in place of all; InvalidInput where one makes no sense, and then none is changed."""
        ...

    async def snooze(self, rule_id: str, minutes: float, actor: Actor) -> Rules:
        """Silences one; NoSuchThing where there is none of that name."""
        ...

    async def preview(self, rule: Rule) -> Preview:
        """When it would have fired in the last 24 hours."""
        ...


class Notices(Protocol):
    """What people were told, and the ways out by which they are."""

    @property
    def path(self) -> str:
        """The file that says whom to tell what."""
        ...

    @property
    def problem(self) -> str:
        """What is wrong with that file; '' where nothing is."""
        ...

    @property
    def rules(self) -> Sequence[NoticeRule]: ...

    @property
    def totals(self) -> Mapping[tuple[str, str], int]:
        """How often, by way and outcome, since the daemon started."""
        ...

    def ways(self) -> Sequence[WayState]: ...

    def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status`, `ways`, `queued`; `why` where degraded."""
        ...

    async def listed(
        self, *, way: str | None = None, status: NoticeStatus | None = None, limit: int = 50
    ) -> Sequence[Notice]:
        """Newest first."""
        ...

    async def find(self, notice_id: str) -> Notice:
        """One; NoSuchThing where there is none."""
        ...

    async def test(self, name: str | None, actor: Actor) -> Sequence[Notice]:
        """Sends a test by one way, or by all, and waits for what comes of it; NoSuchThing, or Conflict where there is no way."""
        ...

    async def retry(self, notice_id: str) -> Notice:
        """Has one sent once more; NoSuchThing, or Conflict where it neither failed nor is uncertain."""
        ...


class Steward(Protocol):
    """What is done for agents by itself, as far as people have a say in it."""

    async def keep(self, session: str, actor: Actor, *, keep: bool) -> Agent:
        """Holds an agent back from cleanup, or no longer; what was announced for it is withdrawn."""
        ...

    async def patience(self, session: str, actor: Actor, own: Mapping[str, float]) -> Agent:
        """Gives it thresholds of its own for being stuck, in place of those it had. InvalidInput where one is none."""
        ...


class Trees(Protocol):
    """The worktrees that were made for agents here. Each is addressed by its name: the session it was made for."""

    async def listed(self) -> Sequence[tuple[WorktreeState, str | None]]:
        """All of them, each with the living agent that works in it, in order of repository and name."""
        ...

    async def find(self, name: str) -> tuple[WorktreeState, str | None]:
        """One; NoSuchThing where there is none of that name, Conflict where several repositories have one."""
        ...

    async def directories(self, typed: str) -> Sequence[str]:
        """The directories whose path begins so, at most 50; `~` is the home."""
        ...

    async def diff(self, name: str) -> tuple[str, bool]:
        """What was changed in it, as a patch, and whether that was cut."""
        ...

    async def merge(self, name: str, into: str | None, actor: Actor) -> Merged:
        """Merges its branch. Conflict, with both trees as they were, where that cannot be done whole."""
        ...

    async def remove(self, name: str, actor: Actor, *, force: bool) -> Removed:
        """Takes it away. Conflict where an agent works in it, or work would be lost and `force` is not given."""
        ...


class Viewer(Protocol):
    """One person's view of one agent's terminal."""

    @property
    def actor(self) -> Actor: ...

    @property
    def glimpses(self) -> AsyncIterator[Glimpse]:
        """A picture, then what the pane's program writes; Over comes last."""
        ...

    @property
    def told(self) -> Signal:
        """Set when who has control has changed."""
        ...

    @property
    def holder(self) -> str | None:
        """Who has control, by the name of the actor."""
        ...

    @property
    def has_control(self) -> bool: ...

    async def take(self) -> None:
        """Takes control; Forbidden where the actor may not type, Conflict where the agent is not running."""
        ...

    async def release(self) -> None:
        """Gives control back."""
        ...

    async def type(self, text: str) -> None:
        """Types what a keyboard sent; Conflict without control."""
        ...

    async def paste(self, text: str) -> None:
        """Pastes a text as one; Conflict without control."""
        ...


class Viewers(Protocol):
    """Those who watch terminals."""

    def watch(self, session: str, actor: Actor) -> AbstractAsyncContextManager[Viewer]:
        """A new viewer; NoSuchAgent, Conflict where the pane is gone, TerminalAway where tmux cannot be asked."""
        ...


class Engine(Protocol):
    """Every method that addresses an agent raises NoSuchAgent where none of that session name is known."""

    def agents(self) -> Sequence[Agent]:
        """All agents known here, dead ones that were not forgotten included, in order of session name."""
        ...

    def agent(self, session: str) -> Agent: ...

    def kinds(self) -> Sequence[Kind]: ...

    async def spawn(self, request: SpawnRequest, actor: Actor) -> Agent: ...

    async def adopt(
        self, session: str, actor: Actor, *, kind: str | None = None, server: str | None = None
    ) -> Agent: ...

    async def kill(self, session: str, actor: Actor, *, now: bool = False) -> Agent: ...

    async def restart(self, session: str, actor: Actor, *, resume: bool = False) -> Agent: ...

    async def forget(self, session: str, actor: Actor) -> Agent: ...

    async def interrupt(self, session: str, actor: Actor) -> Agent: ...

    async def keys(self, session: str, keys: Sequence[str], actor: Actor) -> Agent: ...

    async def output(self, session: str, *, lines: int, ansi: bool) -> str: ...

    async def audit(self, query: AuditQuery) -> tuple[Sequence[AuditEntry], Head]:
        """Who had what done, and the newest line of all."""
        ...

    async def progress(self, session: str) -> ProgressReport:
        """How far the agent is: its items, its history."""
        ...

    async def tick(self, session: str, item: str, actor: Actor) -> ProgressReport:
        """Ticks the box of an item (its number, its text or a beginning of it) in the agent's spec, and what came of it.

        NoSuchThing where no item is meant, InvalidInput where several are, Conflict where its line has changed.
        """
        ...

    async def command(self, session: str, request: CommandRequest, actor: Actor) -> Command: ...

    async def commands(
        self, *, session: str | None = None, status: Status | None = None, limit: int = 50
    ) -> Sequence[Command]:
        """Newest first, with their attempts."""
        ...

    async def find_command(self, command_id: str) -> Command: ...

    async def cancel(self, command_id: str, actor: Actor) -> Command: ...

    async def retry(self, command_id: str, actor: Actor) -> Command: ...

    @property
    def dialogs(self) -> Dialogs: ...

    @property
    def steward(self) -> Steward: ...

    @property
    def trees(self) -> Trees: ...

    @property
    def history(self) -> History: ...

    @property
    def alarms(self) -> Alarms: ...

    @property
    def viewers(self) -> Viewers: ...

    async def events(
        self,
        *,
        since: int,
        limit: int,
        sessions: frozenset[str] = frozenset(),
        names: frozenset[str] = frozenset(),
    ) -> Sequence[Event]:
        """The journal after `since`, oldest first; empty filters let everything through."""
        ...

    async def last_seq(self) -> int:
        """The seq of the newest journalled event, 0 where there is none."""
        ...

    def subscribe(self) -> Subscription: ...

    async def stats(self) -> Mapping[str, object]: ...

    async def health(self) -> Mapping[str, object]:
        """JSON-shaped: `status`, `version`, `node`, `uptime` (s), `tmux`, `store`; `reason` where degraded."""
        ...
